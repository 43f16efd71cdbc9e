/** SCEP renewals and challenges, against the project's own server. */
import { describe, expect, it } from '@jest/globals'
import { generateKey } from '../../src/pki/key.ts'
import { days, minutes } from '../../src/std/time.ts'
import { identityOf, rsaKey } from '../support/scepcustomer.ts'
import { challenge, faultOf, scepWorld, sent } from './scep-world.ts'
import type { ScepWorld } from './scep-world.ts'

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

  it.each([400, 403, 404, 500])('falls back to such a PKCSReq where RenewalReq gets HTTP %i', async (renewalStatus) => {
    const world = await scepWorld({ troubles: { renewalStatus } })
    expect((await renew(world)).last.kind).toBe('issued')
    expect(sent(world)).toEqual(['RenewalReq', 'PKCSReq'])
  })

  it('is repeated where the service is only out of order', async () => {
    const world = await scepWorld()
    const current = identityOf(await world.customer.travel(await world.customer.order()))
    const order = await world.customer.order({ key: await rsaKey(1) })
    const begun = await world.customer.begin(order, current)
    if (begun.kind !== 'pending' || begun.keepRequest === undefined) throw new Error('nothing was begun')
    world.fake.troubles.renewalStatus = 503
    const outcome = await world.customer.poll(begun.ticket, { ...order, keptRequest: begun.keepRequest })
    expect(outcome).toMatchObject({ kind: 'deferred', ticket: begun.ticket })
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
    expect(journey.last).toMatchObject({ kind: 'deferred', fault: { code: 'CredentialsRejected' } })
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

  it('that was changed before the request was sent goes into a new request', async () => {
    const world = await open()
    const order = await world.customer.order()
    const begun = await world.customer.begin(order)
    if (begun.kind !== 'pending' || begun.keepRequest === undefined) throw new Error('nothing was begun')
    world.customer.restart({ challenge: 'the-next-one' })
    const outcome = await world.customer.poll(begun.ticket, { ...order, keptRequest: begun.keepRequest })
    expect(outcome).toMatchObject({ kind: 'deferred', fault: { code: 'TransactionLost' } })
    expect(outcome).not.toHaveProperty('ticket')
    expect(world.fake.operations).toEqual([])
    world.fake.troubles.oneTimeChallenges?.add('the-next-one')
    expect((await world.customer.travel(order)).last.kind).toBe('issued')
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
