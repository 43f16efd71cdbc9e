/** The ACME account and its key, through whatever happens to either. */
import { describe, expect, it } from '@jest/globals'
import type { AcmeSpec } from '../../src/api/issuer/acme.ts'
import type { Enroller } from '../../src/enroll/enroller.ts'
import { AcmeWorld } from './acme-world.ts'

const entriesOf = async ({ scene }: AcmeWorld): Promise<readonly string[]> =>
  Object.keys((await scene.vault.load('account')) ?? {}).sort()

async function accountOf({ scene }: AcmeWorld, enroller: Enroller): Promise<unknown> {
  const readiness = await enroller.prepare(scene.ctx())
  if (readiness.kind !== 'ready') throw new Error(readiness.fault.message)
  return readiness.details?.['accountURL']
}

describe('an account', () => {
  it('is made once, and found by every process after that', async () => {
    const world = await AcmeWorld.open()
    const urls = []
    for (let i = 0; i < 3; i++) urls.push(await accountOf(world, world.enroller()))
    expect(new Set(urls).size).toBe(1)
    expect(world.count('POST /account')).toBe(4)
  })

  it('is not asked for again by enrollments after a probe', async () => {
    const world = await AcmeWorld.open()
    const enroller = world.enroller()
    await enroller.prepare(world.scene.ctx())
    const before = world.count('POST /account')
    for (let i = 0; i < 3; i++) await enroller.enroll(await world.order(), world.scene.ctx())
    expect(world.count('POST /account')).toBe(before)
  })

  it('needs its binding only to be made', async () => {
    const world = await AcmeWorld.open()
    const url = await accountOf(world, world.enroller())
    world.fake.troubles.externalAccountRequired = true
    expect(await accountOf(world, world.enroller())).toBe(url)
  })

  it('that was deactivated is told, with what to do', async () => {
    const world = await AcmeWorld.open()
    const enroller = world.enroller()
    await enroller.prepare(world.scene.ctx())
    world.fake.troubles.deactivatesAccounts = true
    const readiness = await enroller.prepare(world.scene.ctx())
    expect(readiness).toMatchObject({ kind: 'notReady', fault: { code: 'CredentialsRejected' } })
    expect(readiness).toHaveProperty('fault.message', expect.stringMatching(/deactivated; delete the Secret/))
    expect(readiness).not.toHaveProperty('details.accountURL')
  })
})

describe('the contact', () => {
  it('is given when the account is made', async () => {
    const world = await AcmeWorld.open({ spec: { email: 'one@example.com' } })
    await accountOf(world, world.enroller())
    expect(world.count('POST /account/1')).toBe(0)
  })

  it('is changed at the CA once when it changes in the spec', async () => {
    const world = await AcmeWorld.open({ spec: { email: 'one@example.com' } })
    await accountOf(world, world.enroller())
    const changed = world.enroller({ email: 'two@example.com' })
    for (let i = 0; i < 3; i++) await accountOf(world, changed)
    await accountOf(world, world.enroller({ email: 'two@example.com' }))
    expect(world.count('POST /account/1')).toBe(1)
  })

  it('is left alone when the spec has none', async () => {
    const world = await AcmeWorld.open()
    await accountOf(world, world.enroller({ email: 'one@example.com' }))
    await accountOf(world, world.enroller())
    expect(world.count('POST /account/1')).toBe(0)
  })
})

describe('the account key', () => {
  it.each<[string, Partial<AcmeSpec>, Readonly<Record<string, string>> | undefined, RegExp]>([
    ['is waited for when it must not be made', { disableAccountKeyGeneration: true }, undefined, /does not exist/],
    ['is missed under its name', { privateKeySecretRef: { name: 'account', key: 'my.key' } }, {}, /no entry my\.key/],
    ['is told when it cannot be read', {}, { 'tls.key': 'not a key' }, /the account key in Secret account/],
  ])('%s', async (_name, spec, secret, expected) => {
    const world = await AcmeWorld.open({ spec })
    const data = Object.entries(secret ?? {}).map(([name, text]) => [name, Buffer.from(text)] as const)
    if (secret !== undefined) await world.scene.vault.create('account', Object.fromEntries(data))
    const readiness = await world.enroller().prepare(world.scene.ctx())
    expect(readiness).toMatchObject({ kind: 'notReady' })
    expect(readiness).toHaveProperty('fault.message', expect.stringMatching(expected))
    expect(world.count('POST /account')).toBe(0)
  })

  it('is replaced on request, once', async () => {
    const world = await AcmeWorld.open()
    const url = await accountOf(world, world.enroller())
    const before = await world.scene.vault.load('account')
    for (let i = 0; i < 2; i++) expect(await accountOf(world, world.enroller({ accountKeyRevision: 1 }))).toBe(url)
    expect(world.count('POST /keychange')).toBe(1)
    expect(await entriesOf(world)).toEqual(['revision', 'tls.key'])
    expect(await world.scene.vault.load('account')).not.toEqual(before)
    expect((await world.travel()).last.kind).toBe('issued')
  })

  it('that is made for a spec that asks for a newer one is the newest', async () => {
    const world = await AcmeWorld.open({ spec: { accountKeyRevision: 7 } })
    await accountOf(world, world.enroller())
    expect(world.count('POST /keychange')).toBe(0)
  })

  it.each(['down', 'losesReply'] as const)('survives any one exchange of its replacement: %s', async (kind) => {
    const count = await exchangesOfReplacement()
    for (let at = 0; at < count; at++) {
      const world = await AcmeWorld.open()
      const url = await accountOf(world, world.enroller())
      world.scene.http.breakOnce(world.scene.http.count + at, { kind })
      const interrupted = await world.enroller({ accountKeyRevision: 1 }).prepare(world.scene.ctx())
      if (interrupted.kind === 'notReady') expect(interrupted.fault.message).toMatch(/ca\.test/)
      expect(await accountOf(world, world.enroller({ accountKeyRevision: 1 }))).toBe(url)
      expect(await entriesOf(world)).toEqual(['revision', 'tls.key'])
    }
  })
})

async function exchangesOfReplacement(): Promise<number> {
  const world = await AcmeWorld.open()
  await accountOf(world, world.enroller())
  const before = world.scene.http.count
  await accountOf(world, world.enroller({ accountKeyRevision: 1 }))
  const count = world.scene.http.count - before
  // The directory, each of the two keys, the change.
  expect(count).toBe(4)
  return count
}
