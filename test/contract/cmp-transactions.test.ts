/** CMP transactions: waiting, restarts, lost replies, confirmation. */
import { describe, expect, it } from '@jest/globals'
import type { Outcome } from '../../src/enroll/enroller.ts'
import { minutes, seconds } from '../../src/std/time.ts'
import { singleCa } from '../support/cmp-ca/material.ts'
import type { CmpTroubles } from '../support/cmp-ca/troubles.ts'
import { cmpWorld, faultOf, sent } from './cmp-world.ts'

describe('a first enrollment', () => {
  it('asks under the secret, confirms, and has a certificate', async () => {
    const world = await cmpWorld()
    const { last } = await world.customer.travel(await world.customer.order())
    expect(last).toMatchObject({ kind: 'issued', roots: [world.material.root.certificate] })
    expect(sent(world)).toEqual(['ir by secret', 'certConf by secret'])
    expect(world.fake.confirmed).toHaveLength(1)
  })

  it.each([
    ['cr', 'cr'],
    ['p10cr', 'p10cr'],
  ] as const)('asks with %s where the spec says so', async (enrollment, type) => {
    const world = await cmpWorld({ spec: { enrollment } })
    expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
    expect(sent(world)[0]).toBe(`${type} by secret`)
  })

  it('takes certReqId 0 for an answer to a PKCS #10 request, and confirms what was said', async () => {
    const world = await cmpWorld({ spec: { enrollment: 'p10cr' }, troubles: { zeroForPkcs10: true } })
    expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
    expect(world.fake.confirmed).toHaveLength(1)
  })

  it.each([
    ['granted', true, ['ir by secret']],
    ['not granted', false, ['ir by secret', 'certConf by secret']],
  ] as const)('asks for implicit confirmation, which is %s', async (_name, grantsImplicitConfirm, messages) => {
    const world = await cmpWorld({ spec: { implicitConfirm: 'Request' }, troubles: { grantsImplicitConfirm } })
    expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
    expect(sent(world)).toEqual(messages)
  })

  it('confirms a certificate whose signature has no hash by SHA-512, in version 3', async () => {
    const material = await singleCa({ algorithm: 'Ed25519', size: 0 })
    const world = await cmpWorld({ material })
    expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
    expect(world.fake.messages.map(({ type, pvno }) => `${type} ${pvno}`)).toEqual(['ir 2', 'certConf 3'])
  })

  it('names the profile that the spec asks for', async () => {
    const world = await cmpWorld({ spec: { certProfile: 'machine' } })
    await world.customer.travel(await world.customer.order())
    expect(world.fake.messages[0]?.generalInfo).toContain('1.3.6.1.5.5.7.4.21')
  })

  it.each([
    ['AsGiven', undefined, '/cmp'],
    ['WellKnown', undefined, '/cmp/.well-known/cmp/initialization'],
    ['WellKnown', 'tls servers', '/cmp/.well-known/cmp/p/tls%20servers/initialization'],
  ] as const)('with paths %s and label %s goes to %s', async (paths, label, path) => {
    const world = await cmpWorld({ spec: { paths, ...(label === undefined ? {} : { label }) } })
    await world.customer.travel(await world.customer.order())
    expect(new Set(world.fake.messages.map((one) => one.path))).toEqual(new Set([path]))
  })

  it('speaks version 3 to a CA that does not take version 2', async () => {
    const world = await cmpWorld({ troubles: { onlyVersion: 3 } })
    expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
    expect(world.fake.messages.map(({ type, pvno }) => `${type} ${pvno}`)).toEqual(['ir 2', 'ir 3', 'certConf 3'])
  })

  it('says what the CA changed', async () => {
    const world = await cmpWorld({ troubles: { status: 'grantedWithMods', words: 'shorter life' } })
    const { last } = await world.customer.travel(await world.customer.order())
    expect(last).toMatchObject({ kind: 'issued', warning: expect.stringMatching(/grantedWithMods.*shorter life/) })
  })
})

describe('a request that waits', () => {
  it.each([
    ['a response of status waiting', {}],
    ['an error of status waiting', { delaysWholeMessage: true }],
    ['a last reply that echoes the first nonce', { echoesFirstNonce: true }],
  ] as const satisfies readonly (readonly [string, CmpTroubles])[])(
    'by %s is polled for, through restarts',
    async (_name, troubles) => {
      const world = await cmpWorld({ troubles: { approval: 'manual', pollsUntilApproval: 2, ...troubles } })
      const { last } = await world.customer.travel(await world.customer.order(), { restarts: true })
      expect(last.kind).toBe('issued')
      expect(world.fake.messages.map(({ type }) => type)).toEqual(['ir', 'pollReq', 'pollReq', 'pollReq', 'certConf'])
      expect(new Set(world.fake.messages.map(({ transaction }) => transaction)).size).toBe(1)
      expect(world.fake.issued).toBe(1)
    },
  )

  it.each([
    [30, 30],
    [0, 1],
    [-1, 1],
    [3_153_600_000, 86_400],
  ])('is asked after when the CA says: checkAfter %d is %d seconds', async (checkAfter, expected) => {
    const world = await cmpWorld({ troubles: { approval: 'manual', checkAfter } })
    const order = await world.customer.order()
    const first = pendingOf(await world.customer.begin(order))
    const second = pendingOf(await world.customer.poll(first.ticket, order))
    const third = pendingOf(await world.customer.poll(second.ticket, order))
    expect(third.wakeAt - world.customer.now).toBe(seconds(expected))
  })

  it('shows the words of the CA', async () => {
    const world = await cmpWorld({ troubles: { approval: 'manual', reason: 'the RA officer is at lunch' } })
    const order = await world.customer.order()
    const first = pendingOf(await world.customer.begin(order))
    const second = pendingOf(await world.customer.poll(first.ticket, order))
    expect(pendingOf(await world.customer.poll(second.ticket, order)).note).toContain('the RA officer is at lunch')
  })

  it('may be denied', async () => {
    const world = await cmpWorld({ troubles: { approval: 'manual' } })
    const order = await world.customer.order()
    const first = pendingOf(await world.customer.begin(order))
    const second = pendingOf(await world.customer.poll(first.ticket, order))
    await world.fake.approve('deny')
    expect(await world.customer.poll(second.ticket, order)).toMatchObject({
      kind: 'refused',
      fault: { code: 'PolicyDenied' },
    })
  })

  it('is given up after pendingTimeout', async () => {
    const world = await cmpWorld({ spec: { pendingTimeout: '1h' }, troubles: { approval: 'manual' } })
    const order = await world.customer.order()
    const first = pendingOf(await world.customer.begin(order))
    world.customer.wait(minutes(61))
    expect(await world.customer.poll(first.ticket, order)).toMatchObject({
      kind: 'refused',
      fault: { code: 'TimedOut' },
    })
  })
})

describe('a lost reply', () => {
  it('to the request has the same bytes sent again', async () => {
    const world = await cmpWorld({ troubles: { losesReplyOf: 'ir' } })
    const order = await world.customer.order()
    const first = pendingOf(await world.customer.begin(order))
    const kept = first.keepRequest === undefined ? order : { ...order, keptRequest: first.keepRequest }
    expect(await world.customer.poll(first.ticket, kept)).toMatchObject({ kind: 'deferred', ticket: first.ticket })
    world.customer.restart()
    await world.customer.poll(first.ticket, kept)
    const [one, two] = world.fake.messages
    expect(two?.bytes).toEqual(one?.bytes)
    expect(world.fake.issued).toBe(1)
  })

  it('to the request, of a CA that takes no message twice, is asked for by a poll', async () => {
    const world = await cmpWorld({ troubles: { losesReplyOf: 'ir', refusesKnownTransactions: true } })
    const order = await world.customer.order()
    const first = pendingOf(await world.customer.begin(order))
    const kept = first.keepRequest === undefined ? order : { ...order, keptRequest: first.keepRequest }
    await world.customer.poll(first.ticket, kept)
    delete world.fake.troubles.losesReplyOf
    const known = pendingOf(await world.customer.poll(first.ticket, kept))
    expect(await world.customer.poll(known.ticket, kept)).toMatchObject({ kind: 'issued' })
    expect(world.fake.messages.map(({ type }) => type)).toEqual(['ir', 'ir', 'pollReq', 'certConf'])
    expect(world.fake.issued).toBe(1)
  })

  it('to the confirmation has it sent again, after a restart too, from the ticket', async () => {
    const world = await cmpWorld({ troubles: { losesReplyOf: 'certConf' } })
    const order = await world.customer.order()
    const first = pendingOf(await world.customer.begin(order))
    const kept = first.keepRequest === undefined ? order : { ...order, keptRequest: first.keepRequest }
    const lost = await world.customer.poll(first.ticket, kept)
    if (lost.kind !== 'deferred' || lost.ticket === undefined) throw new Error(`expected a ticket, got ${lost.kind}`)
    expect(lost.ticket.phase).toBe('confirmation')
    delete world.fake.troubles.losesReplyOf
    world.customer.restart()
    expect(await world.customer.poll(lost.ticket, kept)).toMatchObject({ kind: 'issued' })
    expect(world.fake.messages.map(({ type }) => type)).toEqual(['ir', 'certConf', 'certConf'])
    expect(world.fake.issued).toBe(1)
  })
})

describe('a confirmation', () => {
  it('that the CA has had already is as good as answered', async () => {
    const world = await cmpWorld({ troubles: { rejectsConfirmation: 11 } })
    expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
  })

  it('that the CA refuses leaves no certificate', async () => {
    const world = await cmpWorld({ troubles: { rejectsConfirmation: 2 } })
    expect(faultOf(await world.customer.travel(await world.customer.order())).message).toContain('refused the certConf')
  })

  it('declines a certificate for another key', async () => {
    const world = await cmpWorld({ troubles: { certifiesAnotherKey: true } })
    expect(faultOf(await world.customer.travel(await world.customer.order())).code).toBe('SecurityViolation')
    expect(world.fake.declined).toHaveLength(1)
    expect(world.fake.confirmed).toHaveLength(0)
  })
})

describe('a ticket', () => {
  it.each([['another address', { url: 'http://other.test/cmp' }, /url has changed/]] as const)(
    'is worth nothing with %s',
    async (_name, spec, message) => {
      const world = await cmpWorld({ troubles: { approval: 'manual' } })
      const order = await world.customer.order()
      const first = pendingOf(await world.customer.begin(order))
      world.customer.restart({ spec })
      expect(await world.customer.poll(first.ticket, order)).toMatchObject({
        kind: 'deferred',
        fault: { code: 'TransactionLost', message: expect.stringMatching(message) },
      })
    },
  )

  it('is worth nothing with another key', async () => {
    const world = await cmpWorld({ troubles: { approval: 'manual' } })
    const first = pendingOf(await world.customer.begin(await world.customer.order()))
    expect(await world.customer.poll(first.ticket, await world.customer.order())).toMatchObject({
      kind: 'deferred',
      fault: { code: 'TransactionLost' },
    })
  })
})

function pendingOf(outcome: Outcome): Extract<Outcome, { kind: 'pending' }> {
  if (outcome.kind !== 'pending') throw new Error(`expected to wait, got ${JSON.stringify(outcome)}`)
  return outcome
}
