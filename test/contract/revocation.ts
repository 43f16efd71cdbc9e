/** Chapter of the contract suite: revocation, for protocols that can. */
import { describe, expect, it } from '@jest/globals'
import type { Identity, RevokeOutcome } from '../../src/enroll/enroller.ts'
import { expectSentence, factsOf, faultOf } from './stage.ts'
import type { Issued, Stage } from './stage.ts'

const identityOf = ({ chain, key }: Issued): Identity => ({ chain, key })

export function revocationChapter<S>(stage: Stage<S>): void {
  describe('revocation', () => {
    it('is there exactly when the traits say so', async () => {
      const enroller = stage.enroller(await stage.open())
      expect(enroller.revoke !== undefined).toBe(enroller.traits.revokes)
    })

    it('reaches the CA, and may be asked for again, when the protocol can revoke', async () => {
      const scene = await stage.open()
      const enroller = stage.enroller(scene)
      if (enroller.revoke === undefined) return expect(enroller.traits.revokes).toBe(false)
      const issued = await stage.issue(scene)
      const first = await enroller.revoke(identityOf(issued), 'superseded', scene.ctx())
      expect(first.kind).toBe('revoked')
      expect(scene.world.revoked()).toContain(factsOf(issued.leaf).serialNumber)
      const again = await stage.enroller(scene).revoke?.(identityOf(issued), 'superseded', scene.ctx())
      expect(again?.kind).toBe('revoked')
    })

    it('is deferred with a sentence while the CA is down, when the protocol can revoke', async () => {
      const scene = await stage.open()
      const enroller = stage.enroller(scene)
      if (enroller.revoke === undefined) return expect(enroller.traits.revokes).toBe(false)
      const issued = await stage.issue(scene)
      scene.http.breakWith({ kind: 'down' })
      const outcome: RevokeOutcome = await enroller.revoke(identityOf(issued), 'keyCompromise', scene.ctx())
      expect(outcome.kind).toBe('deferred')
      expectSentence(faultOf(outcome))
    })
  })
}
