/** CMP renewals, signed with what they replace, and revocations. */
import { describe, expect, it } from '@jest/globals'
import { instant, minutes } from '../../src/std/time.ts'
import { identityOf } from '../support/cmpcustomer.ts'
import { cmpWorld, faultOf, sent } from './cmp-world.ts'

describe('a renewal', () => {
  it('is a kur, signed with what it replaces, with no secret and nobody between', async () => {
    const world = await cmpWorld()
    const first = await world.customer.travel(await world.customer.order())
    const current = { ...identityOf(first), roots: [world.material.root.certificate] }
    world.customer.restart({ secret: 'forgotten by everybody' })
    const { last } = await world.customer.travel(await world.customer.order(), { current, restarts: true })
    expect(last).toMatchObject({ kind: 'issued', roots: [world.material.root.certificate] })
    expect(sent(world).slice(2)).toEqual(['kur by signature', 'certConf by signature'])
  })

  it('may keep its key', async () => {
    const world = await cmpWorld()
    const order = await world.customer.order()
    const first = await world.customer.travel(order)
    const current = { ...identityOf(first), roots: [world.material.root.certificate] }
    const { outcomes, last } = await world.customer.travel(order, { current, restarts: true })
    expect(last.kind).toBe('issued')
    expect(outcomes[0]).not.toHaveProperty('keepRequest')
  })

  it('waits through restarts', async () => {
    const world = await cmpWorld()
    const first = await world.customer.travel(await world.customer.order())
    const current = { ...identityOf(first), roots: [world.material.root.certificate] }
    Object.assign(world.fake.troubles, { approval: 'manual', pollsUntilApproval: 1 })
    const { last } = await world.customer.travel(await world.customer.order(), { current, restarts: true })
    expect(last.kind).toBe('issued')
    expect(sent(world).slice(2)).toEqual([
      'kur by signature',
      'pollReq by signature',
      'pollReq by signature',
      'certConf by signature',
    ])
  })

  it('of a certificate that has expired is a first enrollment', async () => {
    const world = await cmpWorld({ spec: { messageTimeTolerance: '100000h' } })
    const first = await world.customer.travel(await world.customer.order())
    world.customer.wait(minutes(60 * 24 * 100))
    const { last } = await world.customer.travel(await world.customer.order(), { current: identityOf(first) })
    expect(last.kind).toBe('issued')
    expect(sent(world)[2]).toBe('ir by secret')
  })

  it('asks as the spec says', async () => {
    const world = await cmpWorld({ spec: { renewal: 'cr' } })
    const first = await world.customer.travel(await world.customer.order())
    const current = { ...identityOf(first), roots: [world.material.root.certificate] }
    await world.customer.travel(await world.customer.order(), { current })
    expect(sent(world)[2]).toBe('cr by signature')
  })
})

describe('a revocation', () => {
  it('is signed with what it revokes', async () => {
    const world = await cmpWorld()
    const current = identityOf(await world.customer.travel(await world.customer.order()))
    expect(await world.customer.revoke({ ...current, roots: [world.material.root.certificate] })).toEqual({
      kind: 'revoked',
    })
    expect(sent(world)[2]).toBe('rr by signature')
    expect(world.fake.revoked).toHaveLength(1)
  })

  it('of what was revoked before is done', async () => {
    const world = await cmpWorld()
    const current = identityOf(await world.customer.travel(await world.customer.order()))
    world.fake.troubles.rejects = { bits: [10] }
    expect(await world.customer.revoke({ ...current, roots: [world.material.root.certificate] })).toEqual({
      kind: 'revoked',
    })
  })
})

describe('a confirmation that the CA lets wait', () => {
  it('is polled for, through restarts, and nothing is asked for twice', async () => {
    const world = await cmpWorld({ troubles: { delaysConfirmation: 3 } })
    const { last } = await world.customer.travel(await world.customer.order(), { restarts: true })
    expect(last.kind).toBe('issued')
    expect(world.fake.messages.map(({ type }) => type)).toEqual(['ir', 'certConf', 'pollReq', 'pollReq', 'pollReq'])
    expect(world.fake.confirmed).toHaveLength(1)
  })
})

describe('a confirmation that gets no answer', () => {
  it.each([
    ['an hour', {}, 59, 61],
    ['the time that the CA gave', { confirmWaitTime: instant(Date.UTC(2026, 10, 23, 12, 5)) }, 4, 6],
  ] as const)('is sent for %s, and then the certificate is given up', async (_name, troubles, before, after) => {
    const world = await cmpWorld({ troubles: { losesReplyOf: 'certConf', ...troubles } })
    const order = await world.customer.order()
    const first = await world.customer.begin(order)
    if (first.kind !== 'pending') throw new Error(first.kind)
    const kept = first.keepRequest === undefined ? order : { ...order, keptRequest: first.keepRequest }
    const lost = await world.customer.poll(first.ticket, kept)
    if (lost.kind !== 'deferred' || lost.ticket === undefined) throw new Error(lost.kind)
    world.customer.wait(minutes(before))
    expect(await world.customer.poll(lost.ticket, kept)).toHaveProperty('ticket')
    world.customer.wait(minutes(after - before))
    expect(await world.customer.poll(lost.ticket, kept)).toMatchObject({ fault: { code: 'TransactionLost' } })
  })
})

describe('a certificate without a name that was asked for', () => {
  it('is declined', async () => {
    const world = await cmpWorld({ troubles: { leavesOutNames: true } })
    expect(faultOf(await world.customer.travel(await world.customer.order()))).toMatchObject({
      code: 'WrongCertificate',
      message: expect.stringContaining('server.example.test'),
    })
    expect(world.fake.declined).toHaveLength(1)
  })

  it('is taken where the CA says that it changed something', async () => {
    const world = await cmpWorld({ troubles: { leavesOutNames: true, status: 'grantedWithMods' } })
    expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
  })
})
