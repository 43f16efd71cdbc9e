/** SCEP replies that lie or break. None is ever taken for a certificate, and each is told for what it is. */
import { describe, expect, it } from '@jest/globals'
import type { FaultCode } from '../../src/domain/fault.ts'
import type { Outcome } from '../../src/enroll/enroller.ts'
import { encodeElement } from '../../src/pki/der.ts'
import { anotherCa, makeRa, singleCa } from '../support/scep-server/material.ts'
import type { ScepTroubles } from '../support/scep-server/troubles.ts'
import { identityOf, rsaKey } from '../support/scepcustomer.ts'
import { scepWorld } from './scep-world.ts'
import type { ScepWorld } from './scep-world.ts'

/** Sends the request once. */
async function ask(world: ScepWorld): Promise<Outcome> {
  const order = await world.customer.order()
  const begun = await world.customer.begin(order)
  if (begun.kind !== 'pending' || begun.keepRequest === undefined) throw new Error('nothing was begun')
  return world.customer.poll(begun.ticket, { ...order, keptRequest: begun.keepRequest })
}

const deep = (levels: number): Uint8Array => {
  let der: Uint8Array = new Uint8Array()
  for (let level = 0; level < levels; level += 1) der = encodeElement(0x30, der)
  return der
}

const cases: readonly (readonly [string, () => ScepTroubles | Promise<ScepTroubles>, FaultCode, RegExp])[] = [
  ['for another key', () => ({ certifiesAnotherKey: true }), 'SecurityViolation', /for the key of the request/],
  ['with a wrong nonce', () => ({ wrongNonce: true }), 'SecurityViolation', /nonce/],
  ['of another transaction', () => ({ wrongTransaction: true }), 'SecurityViolation', /another transaction/],
  ['that is no CertRep', () => ({ wrongMessageType: true }), 'SecurityViolation', /no CertRep/],
  ['with a status nobody knows', () => ({ wrongStatus: '7' }), 'ReplyMalformed', /pkiStatus/],
  [
    'that another CA signed',
    async () => ({ wrongSigner: (await anotherCa()).ca }),
    'SecurityViolation',
    /not signed by/,
  ],
  [
    'that another customer of the CA signed',
    async () => ({
      wrongSigner: await makeRa((await singleCa()).ca, { name: 'Customer', usages: ['digital signature'] }),
    }),
    'SecurityViolation',
    /not signed by.*raFingerprints\.signing/,
  ],
  ['whose signature is spoiled', () => ({ spoiledSignature: true }), 'SecurityViolation', /signature.*does not hold/],
  ['encrypted to somebody else', async () => ({ encryptsTo: (await anotherCa()).ca }), 'ReplyMalformed', /decrypted/],
  ['without a certificate in it', () => ({ emptySuccess: true }), 'ReplyMalformed', /SUCCESS/],
  ['cut off', () => ({ truncatedAt: 700 }), 'ReplyMalformed', /no signed message/],
  ['cut off at once', () => ({ truncatedAt: 1 }), 'ReplyMalformed', /no signed message/],
  ['that is nothing', () => ({ truncatedAt: 0 }), 'ReplyMalformed', /empty reply/],
  ['that is a web page', () => ({ body: Buffer.from('<!DOCTYPE html><p>Sign in') }), 'ReplyMalformed', /text/],
  ['nested a hundred deep', () => ({ body: deep(100) }), 'ReplyMalformed', /no signed message/],
  [
    'that says it is 4 GiB long',
    () => ({ body: Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 1) }),
    'ReplyMalformed',
    /no signed message/,
  ],
]

describe('a reply', () => {
  it.each(cases)('%s is found out', async (_words, troubles, code, sentence) => {
    const world = await scepWorld({ troubles: await troubles() })
    const outcome = await ask(world)
    expect(outcome).toMatchObject({ fault: { code, message: expect.stringMatching(sentence) } })
    expect(outcome.kind).toMatch(code === 'SecurityViolation' ? /^refused$/ : /^(refused|deferred)$/)
  })

  it('of an earlier transaction is found out', async () => {
    const world = await scepWorld()
    const answered = world.fake.handle.bind(world.fake)
    const replies: Uint8Array[] = []
    world.fake.handle = async (request) => {
      const reply = await answered(request)
      if (typeof reply.body !== 'string') replies.push(reply.body)
      return reply
    }
    identityOf(await world.customer.travel(await world.customer.order()))
    const replayed = replies.at(-1)
    if (replayed === undefined) throw new Error('nothing to replay')
    world.fake.troubles.replays = replayed
    expect(await ask(world)).toMatchObject({ kind: 'refused', fault: { code: 'SecurityViolation' } })
  })

  it('that cannot be read leaves the transaction as it is, for it may come from something in between', async () => {
    const world = await scepWorld({ troubles: { truncatedAt: 100 } })
    expect(await ask(world)).toMatchObject({ kind: 'deferred', ticket: { phase: 'request' } })
  })
})

describe('a refusal', () => {
  it.each([
    ['0', 'deferred', 'Misconfigured', /badAlg.*spec\.scep\.digest/],
    ['1', 'deferred', 'Misconfigured', /badMessageCheck.*raFingerprints/],
    ['2', 'refused', 'RequestRejected', /badRequest.*challenge/],
    ['3', 'deferred', 'ClockSkewed', /badTime.*clock/],
    ['4', 'refused', 'TransactionLost', /badCertId/],
    [undefined, 'refused', 'RequestRejected', /no failInfo.*log of the CA/],
    ['99', 'refused', 'RequestRejected', /no failInfo 99/],
  ])('with failInfo %s', async (failInfo, kind, code, sentence) => {
    const world = await scepWorld({ troubles: { failure: failInfo === undefined ? {} : { failInfo } } })
    const outcome = await ask(world)
    expect(outcome).toMatchObject({ kind, fault: { code, message: expect.stringMatching(sentence) } })
  })

  it.each(['absent', 'empty', 'something'] as const)('whose content is %s is read', async (content) => {
    const world = await scepWorld({ troubles: { failure: { failInfo: '2', content } } })
    expect(await ask(world)).toMatchObject({ kind: 'refused', fault: { code: 'RequestRejected' } })
  })

  it('is told in the words of the CA, on one line and not too long', async () => {
    const text = `Gerät nicht\nauf der Liste ${'x'.repeat(1000)}`
    const outcome = await ask(await scepWorld({ troubles: { failure: { failInfo: '2', text } } }))
    expect(outcome).toHaveProperty(
      'fault.message',
      expect.stringMatching(/^[^\n]*"Gerät nicht auf der Liste x+"[^\n]*$/),
    )
    expect('fault' in outcome ? outcome.fault.message.length : 0).toBeLessThan(450)
  })
})

describe('a service that shows another CA', () => {
  it('is asked nothing further', async () => {
    const world = await scepWorld({ spec: { caFingerprint: '00'.repeat(32) } })
    expect(await world.customer.prepare()).toMatchObject({
      kind: 'notReady',
      fault: {
        code: 'SecurityViolation',
        message: expect.stringMatching(/spec\.scep\.caFingerprint.*CN=SCEP CA.*nothing was sent/),
      },
    })
    expect(await world.customer.begin(await world.customer.order())).toMatchObject({ kind: 'refused' })
    expect(world.fake.operations).toEqual([])
  })

  it('is not given what an earlier one was asked', async () => {
    const world = await scepWorld()
    const order = await world.customer.order({ key: await rsaKey(1) })
    const begun = await world.customer.begin(order)
    if (begun.kind !== 'pending' || begun.keepRequest === undefined) throw new Error('nothing was begun')
    world.customer.restart({ spec: { caFingerprint: '00'.repeat(32) } })
    const outcome = await world.customer.poll(begun.ticket, { ...order, keptRequest: begun.keepRequest })
    expect(outcome).toMatchObject({ kind: 'refused', fault: { code: 'SecurityViolation' } })
    expect(world.fake.operations).toEqual([])
  })
})
