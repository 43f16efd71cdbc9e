/** What ACME CAs have done to clients in the field, one case each. */
import { describe, expect, it } from '@jest/globals'
import { between, days, hours, minutes, plus, seconds, toRfc3339 } from '../../src/std/time.ts'
import { AcmeWorld } from './acme-world.ts'
import { plainWish } from './harness.ts'

describe('a CA that asks for patience', () => {
  it.each([
    ['in seconds', { status: 429, type: 'rateLimited', retryAfter: '7200' }, 'RateLimited'],
    ['with a date', { status: 429, type: 'rateLimited', retryAfter: 'Mon, 23 Nov 2026 14:00:00 GMT' }, 'RateLimited'],
    ['in seconds, without a word', { status: 429, type: '', retryAfter: '7200', withoutBody: true }, 'RateLimited'],
    ['because it is busy', { status: 503, type: '', retryAfter: '7200', withoutBody: true }, 'ServerFailed'],
  ])('%s is given it', async (_name, newOrderProblem, code) => {
    const world = await AcmeWorld.open({ troubles: { newOrderProblem } })
    const outcome = await world.enroller().enroll(await world.order(), world.scene.ctx())
    const wakeAt = plus(world.scene.clock.now(), hours(2))
    expect(outcome).toMatchObject({ kind: 'deferred', wakeAt, fault: { code } })
    expect(world.count('POST /order')).toBe(1)
  })
})

describe('a CA that takes its time', () => {
  it('and hides where to finalize while an order is polled still issues', async () => {
    const world = await AcmeWorld.open({ troubles: { hidesFinalize: true } })
    expect((await world.travel()).last.kind).toBe('issued')
  })

  it('in processing is looked at ever more rarely, with the same ticket and one request to issue', async () => {
    const world = await AcmeWorld.open({ troubles: { processingLooks: 40 } })
    const began = world.scene.clock.now()
    const { last, outcomes, tickets } = await world.travel()
    expect(last.kind).toBe('issued')
    expect(new Set(tickets.map((ticket) => JSON.stringify(ticket))).size).toBe(1)
    expect(world.count('POST /finalize/1')).toBe(1)
    expect(between(began, world.scene.clock.now())).toBeGreaterThan(minutes(30))
    expect(outcomes.length).toBeLessThan(50)
  })

  it('and is not ready although it said so is looked at again rather than given up', async () => {
    const world = await AcmeWorld.open({ troubles: { notReadyAnswers: 3 } })
    expect((await world.travel()).last.kind).toBe('issued')
    expect(world.fake.orders).toHaveLength(1)
  })

  it('is told once of each challenge, however often the order is looked at', async () => {
    const names = ['a', 'b', 'c'].map((host) => ({ type: 'dns', value: `${host}.example.test` }) as const)
    const world = await AcmeWorld.open({ troubles: { validationLooks: 5 } })
    expect((await world.travel({ wanted: { ...plainWish, names } })).last.kind).toBe('issued')
    expect(world.count('POST /order/1')).toBeGreaterThan(5)
    expect(['0', '1', '2'].map((id) => world.count(`POST /challenge/${id}`))).toEqual([1, 1, 1])
    expect(['0', '1', '2'].map((id) => world.count(`POST /authorization/${id}`))).toEqual([2, 2, 2])
  })
})

describe('a process that ends', () => {
  it('after the certificate was issued has its successor download it, not finalize again', async () => {
    const world = await AcmeWorld.open()
    const order = await world.order()
    const began = await world.enroller().enroll(order, world.scene.ctx())
    if (began.kind !== 'pending') throw new Error(began.kind)
    await world.enroller().poll(began.ticket, order, world.scene.ctx())
    await world.enroller().poll(began.ticket, order, world.scene.ctx())
    expect(world.fake.issued).toBe(1)
    expect(await world.enroller().poll(began.ticket, order, world.scene.ctx())).toMatchObject({ kind: 'issued' })
    expect(world.count('POST /finalize/1')).toBe(1)
  })

  it.each([
    ['was forgotten', { losesOrders: true }, seconds(0)],
    ['has run out', { orderLife: hours(1) }, hours(2)],
  ])('leaves an order that %s, and a new one is made', async (_name, troubles, later) => {
    const world = await AcmeWorld.open({ troubles })
    const order = await world.order()
    const began = await world.enroller().enroll(order, world.scene.ctx())
    if (began.kind !== 'pending') throw new Error(began.kind)
    world.scene.clock.advanceBy(later)
    const outcome = await world.enroller().poll(began.ticket, order, world.scene.ctx())
    expect(outcome).toMatchObject({ kind: 'deferred', fault: { code: 'TransactionLost' } })
    expect(outcome).not.toHaveProperty('ticket')
    world.fake.troubles.losesOrders = false
    expect((await world.travel()).last.kind).toBe('issued')
  })

  it('does not take a new order for lost because its own clock is ahead of that of the CA', async () => {
    const world = await AcmeWorld.open({ troubles: { clockSlow: days(2), orderLife: days(1) } })
    expect((await world.travel()).last.kind).toBe('issued')
    expect(world.fake.orders).toHaveLength(1)
  })
})

describe('a CA that speaks unclearly', () => {
  it('without a status in the problem is understood', async () => {
    const newOrderProblem = { status: 403, type: 'rejectedIdentifier', withoutStatus: true }
    const world = await AcmeWorld.open({ troubles: { newOrderProblem } })
    const outcome = await world.enroller().enroll(await world.order(), world.scene.ctx())
    expect(outcome).toMatchObject({ kind: 'refused', fault: { code: 'NamesRejected' } })
  })

  it('with challenges of unknown types, some without a token, still issues', async () => {
    const world = await AcmeWorld.open({ troubles: { listsStrangeChallenges: true } })
    expect((await world.travel()).last.kind).toBe('issued')
  })

  it('with a certificate that is cut short is asked for it again, and issues only one', async () => {
    const world = await AcmeWorld.open({ troubles: { truncatedDownloads: 1 } })
    const { last, outcomes } = await world.travel()
    expect(last.kind).toBe('issued')
    expect(outcomes).toContainEqual(expect.objectContaining({ kind: 'deferred', ticket: expect.anything() as unknown }))
    expect(world.fake.issued).toBe(1)
  })

  it.each(['unauthorized', 'malformed', 'invalidProfile'])('of a profile it does not want: %s', async (type) => {
    const world = await AcmeWorld.open({ spec: { profile: 'default' } })
    world.fake.troubles.newOrderProblem = { status: 403, type }
    const outcome = await world.enroller().enroll(await world.order(), world.scene.ctx())
    expect(outcome.kind).toBe(type === 'invalidProfile' ? 'blocked' : 'refused')
  })

  it.each(['newOrderProblem', 'finalizeProblem'] as const)(
    'of an account that is fine blames the request (%s)',
    async (trouble) => {
      const world = await AcmeWorld.open({ troubles: { [trouble]: { status: 403, type: 'unauthorized' } } })
      const { last } = await world.travel()
      expect(last).toMatchObject({ kind: 'refused', fault: { code: 'RequestRejected' } })
    },
  )

  it('of an account that is not fine blames the issuer', async () => {
    const world = await AcmeWorld.open({ troubles: { newOrderProblem: { status: 403, type: 'unauthorized' } } })
    const enroller = world.enroller()
    await enroller.prepare(world.scene.ctx())
    world.fake.troubles.deactivatesAccounts = true
    const outcome = await enroller.enroll(await world.order(), world.scene.ctx())
    expect(outcome).toMatchObject({ kind: 'blocked', fault: { code: 'CredentialsRejected' } })
    expect(outcome).toHaveProperty('fault.message', expect.stringContaining('deactivated'))
  })
})

describe('an order that cannot succeed', () => {
  it('because of a wildcard is never made', async () => {
    const world = await AcmeWorld.open()
    const wanted = { ...plainWish, names: [{ type: 'dns', value: '*.example.test' }] } as const
    const outcome = await world.enroller().enroll(await world.order({ wanted }), world.scene.ctx())
    expect(outcome).toMatchObject({ kind: 'refused', fault: { code: 'RequestUnsupported' } })
    expect(world.fake.orders).toEqual([])
  })

  it('because the CA sees something else names what it saw, and takes the answers down', async () => {
    const world = await AcmeWorld.open({ troubles: { validationFails: true } })
    const { last } = await world.travel()
    expect(last).toMatchObject({ kind: 'refused', fault: { code: 'ValidationFailed' } })
    expect(last).toHaveProperty(
      'fault.message',
      'plain.example.test (http-01): the CA says unauthorized: plain.example.test points at another web server',
    )
    expect(world.scene.board.answers).toEqual([])
  })

  it('and is abandoned is given up at the CA as well', async () => {
    const world = await AcmeWorld.open()
    const enroller = world.enroller()
    const began = await enroller.enroll(await world.order(), world.scene.ctx())
    if (began.kind !== 'pending') throw new Error(began.kind)
    await enroller.abandon?.(began.ticket, world.scene.ctx())
    expect(world.fake.orders[0]?.status).toBe('invalid')
  })

  it('and is abandoned after the issuer moved to another CA is none of that CA’s business', async () => {
    const world = await AcmeWorld.open()
    const enroller = world.enroller()
    const began = await enroller.enroll(await world.order(), world.scene.ctx())
    if (began.kind !== 'pending') throw new Error(began.kind)
    const ticket = { ...began.ticket, state: { ...began.ticket.state, order: 'https://old.test/order/1' } }
    const before = world.fake.requests.length
    await enroller.abandon?.(ticket, world.scene.ctx())
    expect(world.fake.requests.slice(before)).toEqual([])
  })
})

describe('an order', () => {
  it('asks for a lifetime only where the issuer says so', async () => {
    const plain = await AcmeWorld.open()
    await plain.travel()
    expect(plain.fake.orders[0]?.payload).not.toHaveProperty('notAfter')
    const timed = await AcmeWorld.open({ spec: { enableDurationFeature: true } })
    await timed.travel()
    const notAfter = toRfc3339(plus(timed.fake.orders[0]?.madeAt ?? timed.scene.clock.now(), plainWish.lifetime))
    expect(timed.fake.orders[0]?.payload).toMatchObject({ notAfter })
  })
})
