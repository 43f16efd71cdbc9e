/** Replies to CMP requests that must not count, and what is said of them. */
import { beforeAll, describe, expect, it } from '@jest/globals'
import type { CmpSpec } from '../../src/api/issuer/cmp.ts'
import { certificatesPem } from '../../src/pki/pem.ts'
import { sha256Hex } from '../../src/pki/hash.ts'
import { days, minus, plus, instant } from '../../src/std/time.ts'
import { certified, cmcRa, singleCa, withRa } from '../support/cmp-ca/material.ts'
import type { Material } from '../support/cmp-ca/material.ts'
import type { CmpTroubles } from '../support/cmp-ca/troubles.ts'
import { identityOf } from '../support/cmpcustomer.ts'
import { cmpWorld, faultOf } from './cmp-world.ts'
import type { CmpWorld } from './cmp-world.ts'

const start = instant(Date.UTC(2026, 10, 23, 12))

let stranger: Material
beforeAll(async () => {
  stranger = await singleCa()
})

describe('a reply under the secret does not count', () => {
  const nested = Buffer.concat(Array.from({ length: 100 }, () => Buffer.from([0x30, 0x80])))
  it.each([
    ['of another transaction', { wrongTransaction: true }, 'SecurityViolation', /another transaction/],
    ['with another nonce', { wrongNonce: true }, 'SecurityViolation', /nonce/],
    ['without a nonce', { lacksNonce: true }, 'SecurityViolation', /nonce/],
    ['without protection', { unprotected: true }, 'SecurityViolation', /not protected/],
    ['under another secret', { wrongSecret: 'guess' }, 'SecurityViolation', /not protected by the secret/],
    ['with a spoiled MAC', { spoiled: true }, 'SecurityViolation', /not protected by the secret/],
    ['with a MAC of a million rounds', { iterations: 1_000_000 }, 'ReplyMalformed', /iterations/],
    ['signed by nobody known', { signsAlways: true }, 'SecurityViolation', /no CA is known/],
    ['from yesterday', { messageTime: minus(start, days(1)) }, 'ClockSkewed', /clock/],
    ['from tomorrow', { messageTime: plus(start, days(1)) }, 'ClockSkewed', /clock/],
    ['of another kind', { wrongBody: 'cp' }, 'ReplyMalformed', /answered the ir with cp/],
    ['that announces something', { wrongBody: 15 }, 'ReplyMalformed', /ckuann/],
    ['to another request', { wrongRequestId: 7 }, 'SecurityViolation', /request 7/],
    ['with two answers', { severalResponses: true }, 'ReplyMalformed', /2 answers/],
    ['that grants nothing', { lacksCertificate: true }, 'ReplyMalformed', /no certificate/],
    ['for another key', { certifiesAnotherKey: true }, 'SecurityViolation', /another key/],
    ['that is cut off', { truncatedAt: 200 }, 'ReplyMalformed', /cannot be read/],
    ['nested a hundred deep', { body: nested }, 'ReplyMalformed', /cannot be read/],
    ['that is a web page', { body: Buffer.from('<html>login</html>') }, 'ServerFailed', /no CMP message/],
    ['that is empty', { body: Buffer.alloc(0) }, 'ServerFailed', /empty/],
  ] as const satisfies readonly (readonly [string, CmpTroubles, string, RegExp])[])(
    '%s',
    async (_name, troubles, code, message) => {
      const world = await cmpWorld({ troubles })
      const order = await world.customer.order()
      const first = await world.customer.begin(order)
      if (first.kind !== 'pending') throw new Error(first.kind)
      const outcome = await world.customer.poll(first.ticket, order)
      expect(outcome).toMatchObject({ fault: { code, message: expect.stringMatching(message) } })
      expect(outcome.kind).not.toBe('issued')
      expect(world.fake.confirmed).toEqual([])
    },
  )

  it('that was given to somebody before', async () => {
    const other = await cmpWorld()
    await other.customer.travel(await other.customer.order())
    const world = await cmpWorld({ troubles: { replays: other.fake.messages[0]?.bytes ?? new Uint8Array() } })
    expect(faultOf(await world.customer.travel(await world.customer.order())).code).toBe('SecurityViolation')
  })

  it('that is one byte short, wherever the byte is missing', async () => {
    for (const truncatedAt of [1, 2, 3, 10, 50, 100, 300, 500]) {
      const world = await cmpWorld({ troubles: { truncatedAt } })
      const order = await world.customer.order()
      const first = await world.customer.begin(order)
      if (first.kind !== 'pending') throw new Error(first.kind)
      expect((await world.customer.poll(first.ticket, order)).kind).toBe('deferred')
    }
  })
})

describe('a refusal', () => {
  it.each([
    [[0], 'Misconfigured', 'deferred'],
    [[1], 'CredentialsRejected', 'deferred'],
    [[19], 'PolicyDenied', 'refused'],
    [[25], 'ServerFailed', 'deferred'],
    [[], 'RequestRejected', 'refused'],
  ] as const)('with the bits %j is %s', async (bits, code, kind) => {
    for (const inError of [true, false]) {
      const world = await cmpWorld({ troubles: { rejects: { bits, text: 'not \u001b[31mtoday', inError } } })
      const { last } = await world.customer.travel(await world.customer.order())
      expect(last).toMatchObject({ kind, fault: { code, message: expect.stringContaining('saying "not [31mtoday"') } })
    }
  })

  it.each(['Refuse', 'Accept'] as const)(
    'that is not protected counts only where it may: %s',
    async (unprotectedErrors) => {
      const world = await cmpWorld({
        spec: { unprotectedErrors },
        troubles: { unprotected: true, rejects: { bits: [19], inError: true } },
      })
      expect(faultOf(await world.customer.travel(await world.customer.order())).code).toBe(
        unprotectedErrors === 'Accept' ? 'PolicyDenied' : 'ReplyMalformed',
      )
    },
  )
})

/** The outcome of a renewal at a world whose CA has changed its ways since the first enrollment. */
async function renewed(
  material: Material,
  { troubles, spec }: { readonly troubles?: CmpTroubles; readonly spec?: Partial<CmpSpec> } = {},
): Promise<{ readonly world: CmpWorld; readonly outcome: Awaited<ReturnType<CmpWorld['customer']['travel']>> }> {
  const world = await cmpWorld({ material })
  const current = identityOf(await world.customer.travel(await world.customer.order()))
  world.customer.restart({ spec: spec ?? {} })
  Object.assign(world.fake.troubles, troubles)
  const outcome = await world.customer.travel(await world.customer.order(), {
    current: { ...current, roots: [material.root.certificate] },
  })
  return { world, outcome }
}

describe('the signature of a reply counts', () => {
  it('of the CA itself', async () => {
    expect((await renewed(await singleCa())).outcome.last.kind).toBe('issued')
  })

  it('of a registration authority of the CA', async () => {
    expect((await renewed(await withRa())).outcome.last.kind).toBe('issued')
  })

  it('where it does not come with its certificate, of a CA that is known', async () => {
    expect((await renewed(await singleCa(), { troubles: { leavesOutSigner: true } })).outcome.last.kind).toBe('issued')
  })

  it('of one who left his certificate out of the last reply only', async () => {
    expect((await renewed(await withRa(), { troubles: { barePkiConf: true } })).outcome.last.kind).toBe('issued')
  })

  it('of the one that the spec names, without any authority', async () => {
    const material = await withRa({ usages: ['digital signature'] })
    const spec = { signerFingerprint: sha256Hex(material.signer.certificate).toUpperCase() }
    expect((await renewed(material, { spec })).outcome.last.kind).toBe('issued')
  })

  it('of a CA in the bundle, also under a request by secret', async () => {
    const material = await singleCa()
    const world = await cmpWorld({
      material,
      spec: { caBundle: certificatesPem([material.root.certificate]) },
      troubles: { signsAlways: true },
    })
    const { last } = await world.customer.travel(await world.customer.order())
    expect(last).toMatchObject({ kind: 'issued', warning: expect.stringContaining('signed its reply') })
  })

  it('of a client of the CA never', async () => {
    const { outcome } = await renewed(await withRa({ usages: ['digital signature'] }))
    expect(faultOf(outcome)).toMatchObject({
      code: 'SecurityViolation',
      message: expect.stringContaining('no authority'),
    })
  })

  it('of a key that is not for signatures never', async () => {
    const { outcome } = await renewed(await withRa({ usages: ['key agreement', cmcRa] }))
    expect(faultOf(outcome).message).toContain('not for signatures')
  })

  it('of a stranger never, whatever he brings along', async () => {
    const { outcome } = await renewed(await singleCa(), { troubles: { wrongSigner: stranger.ca } })
    expect(faultOf(outcome)).toMatchObject({ code: 'SecurityViolation' })
  })

  it('of a stranger with the authority of another CA never', async () => {
    const wrongSigner = await certified(stranger.ca, { usages: ['digital signature', cmcRa] })
    const { outcome } = await renewed(await singleCa(), { troubles: { wrongSigner } })
    expect(faultOf(outcome)).toMatchObject({ code: 'SecurityViolation' })
  })

  it('never where it is spoiled', async () => {
    const { outcome } = await renewed(await singleCa(), { troubles: { spoiled: true } })
    expect(faultOf(outcome)).toMatchObject({
      code: 'SecurityViolation',
      message: expect.stringContaining('does not hold'),
    })
  })

  it('never where the reply names another sender', async () => {
    const { outcome } = await renewed(await singleCa(), { troubles: { wrongSender: true } })
    expect(faultOf(outcome)).toMatchObject({
      code: 'SecurityViolation',
      message: expect.stringContaining('another sender'),
    })
  })

  it('never of another than the one that the spec names', async () => {
    const { outcome } = await renewed(await singleCa(), { spec: { signerFingerprint: 'ab'.repeat(32) } })
    expect(faultOf(outcome)).toMatchObject({
      code: 'SecurityViolation',
      message: expect.stringContaining('signerFingerprint'),
    })
  })
})
