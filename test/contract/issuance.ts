/** Chapter of the contract suite: what a healthy CA gives. */
import { describe, expect, it } from '@jest/globals'
import type { SubjectName } from '../../src/domain/wanted.ts'
import { generateKey } from '../../src/pki/key.ts'
import { milliseconds } from '../../src/std/time.ts'
import { orderFor, throughJson, travel } from './drive.ts'
import { plainWish } from './harness.ts'
import { factsOf } from './stage.ts'
import type { Stage } from './stage.ts'

const text = (name: SubjectName): string => `${name.type} ${'oid' in name ? name.oid : ''} ${name.value}`

export function issuanceChapter<S>(stage: Stage<S>): void {
  describe('a healthy CA', () => {
    it('is found ready, with a sentence and details that survive JSON', async () => {
      const scene = await stage.openUnprepared()
      const readiness = await stage.enroller(scene).prepare(scene.ctx())
      expect(readiness).toMatchObject({ kind: 'ready', message: expect.stringMatching(/\S+ \S+/) })
      const { message, details } = { details: undefined, message: '', ...readiness }
      expect(JSON.parse(JSON.stringify({ message, details }))).toEqual({ message, details })
    })

    it('is found ready again by a second process, and by the same one asking twice', async () => {
      const scene = await stage.open()
      const other = stage.enroller(scene)
      expect((await other.prepare(scene.ctx())).kind).toBe('ready')
      expect((await other.prepare(scene.ctx())).kind).toBe('ready')
    })

    it.each(Object.entries(stage.harness.wishes))(
      'issues a leaf with the key and names of the order: %s',
      async (_words, wanted) => {
        const scene = await stage.open()
        const { leaf, key } = await stage.issue(scene, wanted)
        const facts = factsOf(leaf)
        expect(facts.publicKeyHash).toBe(key.publicKeyHash)
        expect(facts.names.map(text).sort()).toEqual(wanted.names.map(text).sort())
        expect(facts.isCA).toBe(wanted.isCA)
        expect(facts.notBefore).toBeLessThanOrEqual(scene.clock.now())
        expect(facts.notAfter).toBeGreaterThan(scene.clock.now())
      },
    )

    it('gives the lifetime that was asked for, where the protocol says so', async () => {
      const scene = await stage.open()
      const { leaf } = await stage.issue(scene)
      const facts = factsOf(leaf)
      const given = facts.notAfter - facts.notBefore
      const honoured = stage.enroller(scene).traits.lifetime === 'honoured'
      expect(honoured ? given : plainWish.lifetime).toBe(plainWish.lifetime)
    })

    it('renews with a new key into a certificate with a serial number of its own', async () => {
      const scene = await stage.open()
      const first = await stage.issue(scene)
      const key = await generateKey(plainWish.key)
      const enroller = stage.enroller(scene)
      const order = { ...orderFor(plainWish, key), replaces: factsOf(first.leaf) }
      const identity = { chain: first.chain, key: first.key }
      const begun = await enroller.renew(order, identity, scene.ctx())
      const { last } = await travel({ scene, order, next: () => enroller, begun })
      if (last.kind !== 'issued') throw new Error(JSON.stringify(last))
      const renewed = last.chain.map(factsOf).find((facts) => facts.publicKeyHash === key.publicKeyHash)
      expect(renewed?.serialNumber).not.toBe(factsOf(first.leaf).serialNumber)
    })

    it('never holds a caller: what is pending says when to ask again, and asking early does no harm', async () => {
      const scene = await stage.open()
      const key = await generateKey(plainWish.key)
      const order = orderFor(plainWish, key)
      const enroller = stage.enroller(scene)
      let outcome = await enroller.enroll(order, scene.ctx())
      for (let step = 0; outcome.kind === 'pending' && step < 60; step++) {
        expect(outcome.wakeAt).toBeGreaterThanOrEqual(scene.clock.now())
        expect(outcome.note).toMatch(/\S/)
        // half of the time that was asked for: the poll must cope
        scene.clock.advanceBy(milliseconds(Math.ceil((outcome.wakeAt - scene.clock.now()) / 2)))
        outcome = await enroller.poll(throughJson(outcome.ticket), order, scene.ctx())
      }
      expect(outcome.kind).toBe('issued')
    })
  })
}
