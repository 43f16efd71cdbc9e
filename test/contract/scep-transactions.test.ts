/** SCEP transactions: approval, restarts, renewal and challenges, against the project's own server. */
import { describe, expect, it } from '@jest/globals'
import { generateKey } from '../../src/pki/key.ts'
import { days, hours, minutes } from '../../src/std/time.ts'
import { identityOf, rsaKey } from '../support/scepcustomer.ts'
import { challenge, faultOf, scepWorld, sent } from './scep-world.ts'
import type { ScepWorld } from './scep-world.ts'

describe('a request that waits for approval', () => {
  it('is asked after under one transaction by processes that each live for one step, with a nonce of its own each time', async () => {
    const world = await scepWorld({ troubles: { approval: 'manual', pollsUntilApproval: 3 } })
    const journey = await world.customer.travel(await world.customer.order(), { restarts: true })
    expect(journey.last.kind).toBe('issued')
    expect(sent(world)).toEqual(['PKCSReq', 'CertPoll', 'CertPoll', 'CertPoll', 'CertPoll'])
    const { operations } = world.fake
    expect(new Set(operations.map(({ transaction }) => transaction)).size).toBe(1)
    expect(new Set(operations.map(({ nonce }) => nonce)).size).toBe(5)
    expect(world.fake.issued).toBe(1)
  })

  it('is asked after ever more rarely, and as often as the spec says', async () => {
    const world = await scepWorld({ troubles: { approval: 'manual' } })
    const order = await world.customer.order()
    const intervals = async (spec: { pollInterval?: string }): Promise<readonly number[]> => {
      world.customer.restart({ spec })
      const begun = await world.customer.begin(order)
      if (begun.kind !== 'pending' || begun.keepRequest === undefined) throw new Error('nothing was begun')
      const kept = { ...order, keptRequest: begun.keepRequest }
      let outcome = await world.customer.poll(begun.ticket, kept)
      const waits: number[] = []
      for (let poll = 0; poll < 12 && outcome.kind === 'pending'; poll += 1) {
        waits.push(outcome.wakeAt - world.customer.now)
        world.customer.wait(hours(1))
        outcome = await world.customer.poll(outcome.ticket, kept)
      }
      return waits
    }
    const [first, second, ...others] = await intervals({})
    expect(first).toBe(10_000)
    expect(second).toBe(15 * 60_000)
    expect(others.at(-1)).toBe(30 * 60_000)
    expect(new Set(await intervals({ pollInterval: '5m' }))).toEqual(new Set([300_000]))
  })

  it.each([
    ['0', 1_000],
    ['-1', 10_000],
    ['garbage', 10_000],
    ['90', 90_000],
    ['4000000000', 86_400_000],
  ])('is asked after when the service says: Retry-After %s', async (retryAfter, wait) => {
    const world = await scepWorld({ troubles: { approval: 'manual', retryAfter } })
    const order = await world.customer.order()
    const begun = await world.customer.begin(order)
    if (begun.kind !== 'pending' || begun.keepRequest === undefined) throw new Error('nothing was begun')
    const outcome = await world.customer.poll(begun.ticket, { ...order, keptRequest: begun.keepRequest })
    expect(outcome).toMatchObject({ kind: 'pending', wakeAt: world.customer.now + wait })
  })

  it('is given up when nobody decides in the time that the spec gives', async () => {
    const world = await scepWorld({
      troubles: { approval: 'manual' },
      spec: { pendingTimeout: '2h', pollInterval: '30m' },
    })
    const journey = await world.customer.travel(await world.customer.order())
    expect(journey.last).toMatchObject({ kind: 'refused', fault: { code: 'TimedOut' } })
    expect(faultOf(journey).message).toMatch(/approved.*spec\.scep\.pendingTimeout/)
  })

  it('is refused when the administrator says no', async () => {
    const world = await scepWorld({ troubles: { approval: 'manual' } })
    const order = await world.customer.order()
    const begun = await world.customer.begin(order)
    if (begun.kind !== 'pending' || begun.keepRequest === undefined) throw new Error('nothing was begun')
    const kept = { ...order, keptRequest: begun.keepRequest }
    const waiting = await world.customer.poll(begun.ticket, kept)
    await world.fake.approve('deny')
    if (waiting.kind !== 'pending') throw new Error(waiting.kind)
    expect(await world.customer.poll(waiting.ticket, kept)).toMatchObject({ kind: 'refused' })
  })

  it('that the service has forgotten is made again as a new transaction', async () => {
    const world = await scepWorld({ troubles: { approval: 'manual' } })
    const order = await world.customer.order()
    const begun = await world.customer.begin(order)
    if (begun.kind !== 'pending' || begun.keepRequest === undefined) throw new Error('nothing was begun')
    const kept = { ...order, keptRequest: begun.keepRequest }
    const waiting = await world.customer.poll(begun.ticket, kept)
    if (waiting.kind !== 'pending') throw new Error(waiting.kind)
    world.fake.forget()
    expect(await world.customer.poll(waiting.ticket, kept)).toMatchObject({ fault: { code: 'TransactionLost' } })
    const again = await world.customer.begin(order)
    expect(again.kind === 'pending' ? again.ticket.state['transaction'] : '').not.toBe(
      begun.ticket.state['transaction'],
    )
  })

  it('survives any trouble on the way, without a second transaction', async () => {
    const world = await scepWorld({ troubles: { approval: 'manual' } })
    const order = await world.customer.order()
    const begun = await world.customer.begin(order)
    if (begun.kind !== 'pending' || begun.keepRequest === undefined) throw new Error('nothing was begun')
    const kept = { ...order, keptRequest: begun.keepRequest }
    const waiting = await world.customer.poll(begun.ticket, kept)
    if (waiting.kind !== 'pending') throw new Error(waiting.kind)
    for (const operationStatus of [400, 403, 404, 500, 503]) {
      world.fake.troubles.operationStatus = operationStatus
      const outcome = await world.customer.poll(waiting.ticket, kept)
      expect([operationStatus, outcome]).toMatchObject([operationStatus, { kind: 'deferred', ticket: waiting.ticket }])
    }
    delete world.fake.troubles.operationStatus
    await world.fake.approve()
    expect((await world.customer.poll(waiting.ticket, kept)).kind).toBe('issued')
  })
})

describe('a transaction is bound', () => {
  const begin = async (
    world: ScepWorld,
  ): Promise<{ ticket: Parameters<typeof world.customer.poll>[0]; keptRequest: Uint8Array }> => {
    const begun = await world.customer.begin(await world.customer.order())
    if (begun.kind !== 'pending' || begun.keepRequest === undefined) throw new Error('nothing was begun')
    return { ticket: begun.ticket, keptRequest: begun.keepRequest }
  }

  it('to its key', async () => {
    const world = await scepWorld()
    const { ticket, keptRequest } = await begin(world)
    const other = await world.customer.order({ key: await rsaKey(1) })
    expect(await world.customer.poll(ticket, { ...other, keptRequest })).toMatchObject({
      fault: { code: 'TransactionLost' },
    })
    expect(world.fake.operations).toEqual([])
  })

  it('to its service', async () => {
    const world = await scepWorld()
    const { ticket, keptRequest } = await begin(world)
    world.customer.restart({ spec: { url: 'http://ca.test/other' } })
    const order = await world.customer.order()
    expect(await world.customer.poll(ticket, { ...order, keptRequest })).toMatchObject({
      fault: { code: 'TransactionLost' },
    })
    expect(world.fake.operations).toEqual([])
  })

  it('to bytes that are the same however often they are sent', async () => {
    const world = await scepWorld()
    const { ticket, keptRequest } = await begin(world)
    const order = { ...(await world.customer.order()), keptRequest }
    for (let time = 0; time < 3; time += 1) {
      world.customer.restart()
      expect((await world.customer.poll(ticket, order)).kind).toBe('issued')
    }
    const messages = world.fake.operations.map(({ message }) => Buffer.from(message).toString('hex'))
    expect(new Set(messages).size).toBe(1)
    expect(world.fake.issued).toBe(1)
  })

  it('to its id when nothing was kept, as where the key is used again', async () => {
    const world = await scepWorld()
    const { ticket } = await begin(world)
    const order = await world.customer.order()
    await world.customer.poll(ticket, order)
    expect((await world.customer.poll(ticket, order)).kind).toBe('issued')
    expect(new Set(world.fake.operations.map(({ transaction }) => transaction)).size).toBe(1)
    expect(world.fake.issued).toBe(1)
  })
})

describe('a renewal', () => {
  const renew = async (world: ScepWorld, number = 1): Promise<ReturnType<typeof world.customer.travel>> => {
    const { customer } = world
    const current = identityOf(await customer.travel(await customer.order()))
    world.fake.operations.length = 0
    return customer.travel(await customer.order({ key: await rsaKey(number) }), { current, restarts: true })
  }

  it('is a RenewalReq that the old certificate signs, without a challenge', async () => {
    const world = await scepWorld()
    expect((await renew(world)).last.kind).toBe('issued')
    expect(world.fake.operations).toMatchObject([{ messageType: '17', isRenewal: true, challenge: undefined }])
  })

  it('with the same key needs nothing to be kept', async () => {
    const world = await scepWorld()
    const { customer } = world
    const current = identityOf(await customer.travel(await customer.order()))
    const order = await customer.order()
    const begun = await customer.begin(order, current)
    if (begun.kind !== 'pending') throw new Error(begun.kind)
    expect((await customer.poll(begun.ticket, order)).kind).toBe('issued')
    expect(world.fake.operations.at(-1)).toMatchObject({ messageType: '17', isRenewal: true })
  })

  it('is a PKCSReq that the old certificate signs where RenewalReq is not listed', async () => {
    const world = await scepWorld({ troubles: { capabilities: 'SCEPStandard' } })
    expect((await renew(world)).last.kind).toBe('issued')
    expect(world.fake.operations).toMatchObject([{ messageType: '19', isRenewal: true }])
  })

  it('falls back to such a PKCSReq where RenewalReq is listed and refused', async () => {
    const world = await scepWorld({ troubles: { refusesRenewalReq: true } })
    expect((await renew(world)).last.kind).toBe('issued')
    expect(sent(world)).toEqual(['RenewalReq', 'PKCSReq'])
    expect(new Set(world.fake.operations.map(({ transaction }) => transaction)).size).toBe(2)
  })

  it('falls back to a first enrollment with the challenge where the CA takes neither', async () => {
    const world = await scepWorld({ troubles: { refusesRenewalReq: true, refusesSignedPkcsReq: true } })
    expect((await renew(world)).last.kind).toBe('issued')
    expect(sent(world)).toEqual(['RenewalReq', 'PKCSReq', 'PKCSReq'])
    expect(world.fake.operations.at(-1)).toMatchObject({ isRenewal: false, challenge })
  })

  it.each(['RenewalReq', 'PKCSReq'] as const)(
    'that the spec wants as %s is refused when the CA refuses that',
    async (renewal) => {
      const world = await scepWorld({
        troubles: { refusesRenewalReq: true, refusesSignedPkcsReq: true },
        spec: { renewal },
      })
      expect((await renew(world)).last).toMatchObject({ kind: 'refused', fault: { code: 'RequestRejected' } })
      expect(sent(world)).toEqual([renewal])
    },
  )

  it('that comes too late is a first enrollment', async () => {
    const world = await scepWorld()
    const current = identityOf(await world.customer.travel(await world.customer.order()))
    world.customer.wait(days(91))
    world.fake.operations.length = 0
    const journey = await world.customer.travel(await world.customer.order({ key: await rsaKey(1) }), { current })
    expect(journey.last.kind).toBe('issued')
    expect(world.fake.operations).toMatchObject([{ messageType: '19', isRenewal: false, challenge }])
  })

  it('for another subject is a first enrollment', async () => {
    const world = await scepWorld()
    const current = identityOf(await world.customer.travel(await world.customer.order()))
    world.fake.operations.length = 0
    const wanted = { subject: [[{ oid: '2.5.4.3', value: 'other.example.test' }]] }
    const journey = await world.customer.travel(await world.customer.order({ key: await rsaKey(1), wanted }), {
      current,
    })
    expect(journey.last.kind).toBe('issued')
    expect(world.fake.operations).toMatchObject([{ messageType: '19', isRenewal: false }])
  })

  it('into an EC key is signed and decrypted by the RSA key that goes', async () => {
    const world = await scepWorld()
    const current = identityOf(await world.customer.travel(await world.customer.order()))
    const key = await generateKey({ algorithm: 'ECDSA', size: 256 })
    const journey = await world.customer.travel(await world.customer.order({ key }), { current, restarts: true })
    expect(journey.last.kind).toBe('issued')
    expect(world.fake.operations.at(-1)).toMatchObject({ messageType: '17' })
  })

  it('waits for approval like a first enrollment', async () => {
    const world = await scepWorld()
    const current = identityOf(await world.customer.travel(await world.customer.order()))
    Object.assign(world.fake.troubles, { approval: 'manual', pollsUntilApproval: 1 })
    world.fake.operations.length = 0
    const journey = await world.customer.travel(await world.customer.order({ key: await rsaKey(1) }), {
      current,
      restarts: true,
    })
    expect(journey.last.kind).toBe('issued')
    expect(sent(world)).toEqual(['RenewalReq', 'CertPoll', 'CertPoll'])
    expect(world.fake.operations.every(({ isRenewal }) => isRenewal)).toBe(true)
  })
})

describe('a challenge that counts once', () => {
  const oneTime = { spec: { challengeUse: 'OneTime' as const } }
  const open = (): Promise<ScepWorld> =>
    scepWorld({ ...oneTime, troubles: { oneTimeChallenges: new Set([challenge]) } })

  it('is spent on one transaction, however often that is repeated', async () => {
    const world = await open()
    const order = await world.customer.order()
    const begun = await world.customer.begin(order)
    if (begun.kind !== 'pending' || begun.keepRequest === undefined) throw new Error('nothing was begun')
    const kept = { ...order, keptRequest: begun.keepRequest }
    world.fake.troubles.operationStatus = 503
    expect((await world.customer.poll(begun.ticket, kept)).kind).toBe('deferred')
    delete world.fake.troubles.operationStatus
    world.customer.restart()
    expect((await world.customer.poll(begun.ticket, kept)).kind).toBe('issued')
  })

  it('is not sent again in another transaction, not by another process either', async () => {
    const world = await open()
    await world.customer.travel(await world.customer.order())
    world.customer.restart()
    const journey = await world.customer.travel(await world.customer.order({ key: await rsaKey(1) }))
    expect(journey.last).toMatchObject({ kind: 'blocked', fault: { code: 'CredentialsRejected' } })
    expect(faultOf(journey).message).toMatch(/one-time challenge.*new one/)
    expect(world.fake.operations).toHaveLength(1)
  })

  it('makes room for the next one', async () => {
    const world = await open()
    await world.customer.travel(await world.customer.order())
    world.fake.troubles.oneTimeChallenges?.add('the-next-one')
    world.customer.restart({ challenge: 'the-next-one' })
    expect((await world.customer.travel(await world.customer.order({ key: await rsaKey(1) }))).last.kind).toBe('issued')
  })

  it('is not needed to renew', async () => {
    const world = await open()
    const current = identityOf(await world.customer.travel(await world.customer.order()))
    const journey = await world.customer.travel(await world.customer.order({ key: await rsaKey(1) }), { current })
    expect(journey.last.kind).toBe('issued')
    expect(world.fake.operations.at(-1)).toMatchObject({ messageType: '17', challenge: undefined })
  })
})

describe('a challenge', () => {
  it('of any length and alphabet reaches the CA as it is', async () => {
    const long = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${'x'.repeat(6000)}.Straße_☃`
    const world = await scepWorld({ troubles: { challenge: long }, challenge: long })
    expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
  })

  it('is asked for again soon after the clock was wrong', async () => {
    const world = await scepWorld({ troubles: { failure: { failInfo: '3' } } })
    const journey = await world.customer.travel(await world.customer.order())
    expect(journey.last).toMatchObject({ kind: 'deferred', fault: { code: 'ClockSkewed' } })
    expect(faultOf(journey).message).toMatch(/clocks/)
    world.customer.wait(minutes(1))
    delete world.fake.troubles.failure
    expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
  })
})
