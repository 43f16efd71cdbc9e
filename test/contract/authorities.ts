/** Chapter of the contract suite: the CA as it shows itself. */
import { describe, expect, it } from '@jest/globals'
import { isIssuedBy } from '../../src/domain/authority/rollover.ts'
import { formatDistinguishedName } from '../../src/domain/name.ts'
import type { Authorities } from '../../src/enroll/authorities.ts'
import { generateKey } from '../../src/pki/key.ts'
import { orderFor, travel } from './drive.ts'
import { plainWish } from './harness.ts'
import { factsOf } from './stage.ts'
import type { Stage } from './stage.ts'

interface Named {
  readonly subject: string
  readonly keyId: string | undefined
}

const namesIn = (authorities: Authorities): readonly Named[] =>
  authorities.kind === 'inferred'
    ? [authorities]
    : authorities.current.map(factsOf).map(({ subject, subjectKeyId }) => ({
        subject: formatDistinguishedName(subject),
        keyId: subjectKeyId,
      }))

export function authoritiesChapter<S>(stage: Stage<S>): void {
  describe('the CA as it shows itself', () => {
    it('stands above what it issued', async () => {
      const scene = await stage.open()
      const enroller = stage.enroller(scene)
      const order = orderFor(plainWish, await generateKey(plainWish.key))
      const begun = await enroller.enroll(order, scene.ctx())
      const { last } = await travel({ scene, order, next: () => enroller, begun })
      if (last.kind !== 'issued') throw new Error(JSON.stringify(last))
      const readiness = await enroller.prepare(scene.ctx())
      const path = last.chain.map(factsOf)
      const issued = path.find(({ publicKeyHash }) => publicKeyHash === order.key.publicKeyHash)
      // What signed itself has no CA.
      if (issued?.selfSigned === true) return expect(readiness).not.toHaveProperty('authorities')
      if (readiness.kind !== 'ready' || readiness.authorities === undefined) throw new Error('no CA is shown')
      const names = namesIn(readiness.authorities)
      expect(path.filter((link) => names.some((name) => isIssuedBy(link, name)))).not.toEqual([])
    })
  })
}
