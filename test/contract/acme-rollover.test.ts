/** One ACME account: shared by issuers and replicas, and given a new key by a process that may die at any point. */
import { describe, expect, it } from '@jest/globals'
import type { Ctx, Enroller, Outcome } from '../../src/enroll/enroller.ts'
import { Killed, deathsIn, mortal } from '../support/mortalvault.ts'
import { AcmeWorld } from './acme-world.ts'

const keyEntries = ['revision', 'tls.key']
const rolled = { accountKeyRevision: 1 } as const

const entriesOf = async ({ scene }: AcmeWorld): Promise<readonly string[]> =>
  Object.keys((await scene.vault.load('account')) ?? {}).sort()

const keyOf = async ({ scene }: AcmeWorld): Promise<string> =>
  Buffer.from((await scene.vault.load('account'))?.['tls.key'] ?? []).toString()

async function accountOf({ scene }: AcmeWorld, enroller: Enroller, ctx: Ctx = scene.ctx()): Promise<unknown> {
  const readiness = await enroller.prepare(ctx)
  if (readiness.kind !== 'ready') throw new Error(readiness.fault.message)
  return readiness.details?.['accountURL']
}

describe('a process that dies while it replaces the account key', () => {
  it.each(deathsIn(2))('$point write $write loses neither account nor key', async (death) => {
    const world = await AcmeWorld.open()
    const url = await accountOf(world, world.enroller())
    const before = await keyOf(world)
    const ctx = world.scene.ctx()
    const dying = world.enroller(rolled).prepare({ ...ctx, vault: mortal(ctx.vault, death) })
    await expect(dying).rejects.toThrow(Killed)
    expect(await accountOf(world, world.enroller(rolled))).toBe(url)
    expect(await entriesOf(world)).toEqual(keyEntries)
    expect(await keyOf(world)).not.toBe(before)
    expect(world.count('POST /keychange')).toBe(1)
    expect((await world.travel()).last.kind).toBe('issued')
  })

  it('is outlived by another issuer of the account, after which nothing is left to be done', async () => {
    const world = await AcmeWorld.open()
    const url = await accountOf(world, world.enroller())
    const ctx = world.scene.ctx()
    const vault = mortal(ctx.vault, { write: 1, point: 'before' })
    await expect(world.enroller(rolled).prepare({ ...ctx, vault })).rejects.toThrow(Killed)
    // This one asks for no new key by itself.
    expect(await accountOf(world, world.enroller())).toBe(url)
    expect(await accountOf(world, world.enroller(rolled))).toBe(url)
    expect(await entriesOf(world)).toEqual(keyEntries)
    expect(world.count('POST /keychange')).toBe(1)
  })
})

describe('replicas and issuers that share an account Secret', () => {
  it('make one account with one key, however they race', async () => {
    const world = await AcmeWorld.open()
    const urls = await Promise.all([1, 2, 3, 4].map(() => accountOf(world, world.enroller())))
    expect(new Set(urls).size).toBe(1)
  })

  it('replace its key once, however they race', async () => {
    const world = await AcmeWorld.open()
    const url = await accountOf(world, world.enroller())
    await Promise.all([1, 2, 3].map(() => world.enroller(rolled).prepare(world.scene.ctx())))
    expect(await accountOf(world, world.enroller(rolled))).toBe(url)
    expect(await entriesOf(world)).toEqual(keyEntries)
    expect((await world.travel()).last.kind).toBe('issued')
  })

  it('go on with the new key when another has replaced it', async () => {
    const world = await AcmeWorld.open()
    const enroller = world.enroller()
    await accountOf(world, enroller)
    await accountOf(world, world.enroller(rolled))
    expect((await enroller.enroll(await world.order(), world.scene.ctx())).kind).toBe('pending')
  })

  it('order anew, at once, when the answers of an order speak of the old key', async () => {
    const world = await AcmeWorld.open()
    const enroller = world.enroller()
    const order = await world.order()
    const begun = await enroller.enroll(order, world.scene.ctx())
    if (begun.kind !== 'pending') throw new Error(begun.kind)
    await accountOf(world, world.enroller(rolled))
    const outcome: Outcome = await enroller.poll(begun.ticket, order, world.scene.ctx())
    expect(outcome).toMatchObject({ kind: 'deferred', fault: { code: 'TransactionLost' } })
    expect(outcome).not.toHaveProperty('ticket')
    expect((await world.travel()).last.kind).toBe('issued')
  })
})

describe('a new key that belongs to another account', () => {
  it('is thrown away, and another is made', async () => {
    const world = await AcmeWorld.open()
    const url = await accountOf(world, world.enroller())
    world.fake.troubles.keyTaken = 'https://ca.test/account/99'
    const refused = await world.enroller(rolled).prepare(world.scene.ctx())
    expect(refused).toMatchObject({ kind: 'notReady' })
    expect(await entriesOf(world)).toEqual(['tls.key'])
    world.fake.troubles.keyTaken = undefined
    expect(await accountOf(world, world.enroller(rolled))).toBe(url)
    expect(await entriesOf(world)).toEqual(keyEntries)
  })

  it('is none when the other account is this very one', async () => {
    const world = await AcmeWorld.open()
    const url = await accountOf(world, world.enroller())
    world.fake.troubles.keyTaken = String(url)
    expect(await accountOf(world, world.enroller(rolled))).toBe(url)
  })
})
