/** CMP renewals, signed with what they replace, and revocations. */
import { describe, expect, it } from '@jest/globals'
import { minutes } from '../../src/std/time.ts'
import { identityOf } from '../support/cmpcustomer.ts'
import { cmpWorld, sent } from './cmp-world.ts'

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
