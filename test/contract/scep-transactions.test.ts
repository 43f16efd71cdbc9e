/** SCEP transactions: approval, restarts and what binds them, against the project's own server. */
import { describe, expect, it } from '@jest/globals'
import { hours } from '../../src/std/time.ts'
import { rsaKey } from '../support/scepcustomer.ts'
import { faultOf, scepWorld, sent } from './scep-world.ts'
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
