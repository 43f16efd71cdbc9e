/** How an EST client says who it is, to whom, and when (RFC 7030 sections 3.2.3, 3.3 and 3.5). */
import { describe, expect, it } from '@jest/globals'
import { someCa } from '../support/ca-material.ts'
import { faultOf } from '../support/estcustomer.ts'
import { clientOf, estWorld, login } from './est-world.ts'

describe('a password', () => {
  it.each(['Basic', 'MD5', 'SHA-256', 'MD5-sess', 'SHA-256-sess', 'SHA-512-256', 'RFC2069'] as const)(
    'opens a server that asks by %s',
    async (scheme) => {
      const world = await estWorld({ withLogin: true, troubles: { login: { ...login, schemes: [scheme] } } })
      expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
    },
  )

  it('goes out only once the server asks for it', async () => {
    const world = await estWorld({ withLogin: true })
    await world.customer.travel(await world.customer.order())
    expect(world.fake.seen.map(({ authorization }) => authorization)).toEqual(world.fake.seen.map(() => undefined))
  })

  it('goes out with the first request where the spec says so', async () => {
    const world = await estWorld({ withLogin: true, spec: { authentication: 'Preemptive' } })
    await world.customer.travel(await world.customer.order())
    expect(world.fake.seen.at(-1)?.authorization).toMatch(/^Basic /)
  })

  it('never goes out before the fingerprint of the CA holds', async () => {
    const other = await someCa('EST CA')
    const world = await estWorld({
      withLogin: true,
      shown: [other.certificate],
      spec: { authentication: 'Preemptive' },
      troubles: { login: { ...login, schemes: ['Basic'] }, guardsEverything: true },
    })
    const outcome = await world.customer.begin(await world.customer.order())
    expect(outcome.kind).not.toBe('pending')
    expect(world.fake.seen.some(({ authorization }) => authorization !== undefined)).toBe(false)
  })

  it('that is wrong is said to be', async () => {
    const troubles = { login: { username: login.username, password: 'another', schemes: ['Basic'] as const } }
    const world = await estWorld({ withLogin: true, troubles })
    expect(faultOf(await world.customer.travel(await world.customer.order(), { steps: 1 }))).toMatchObject({
      code: 'CredentialsRejected',
      message: expect.stringContaining('401'),
    })
  })
})

describe('a client certificate', () => {
  it('is shown for the first enrollment, once the server is known', async () => {
    const ca = await someCa('EST CA')
    const identity = await clientOf(ca)
    const world = await estWorld({ ca, identity, troubles: { wantsCertificate: true } })
    expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
    expect(world.fake.seen[0]?.certificate).toBeUndefined()
    expect(world.fake.seen.at(-1)?.certificate).toEqual(identity.chain[0])
  })

  it('and a password go together', async () => {
    const ca = await someCa('EST CA')
    const identity = await clientOf(ca)
    const troubles = { wantsCertificate: true, login: { ...login, schemes: ['Basic'] as const } }
    const world = await estWorld({ ca, identity, withLogin: true, troubles })
    expect((await world.customer.travel(await world.customer.order())).last.kind).toBe('issued')
    expect(world.fake.seen.at(-1)).toMatchObject({ authorization: expect.stringMatching(/^Basic /), certificate: {} })
  })

  it('that the server does not take is said to be', async () => {
    const [ca, other] = await Promise.all([someCa('EST CA'), someCa('Other CA')])
    const world = await estWorld({ ca, identity: await clientOf(other), troubles: { wantsCertificate: true } })
    expect(faultOf(await world.customer.travel(await world.customer.order())).code).toBe('PolicyDenied')
  })
})

describe('the channel', () => {
  it.each([
    ['TLSUnique', 'TLSv1.2', 'tls-unique'],
    ['TLSExporter', 'TLSv1.3', 'tls-exporter'],
    ['Auto', 'TLSv1.2', 'tls-unique'],
    ['Auto', 'TLSv1.3', 'tls-exporter'],
  ] as const)('is in the request: %s on %s', async (channelBinding, version, wantsBinding) => {
    const world = await estWorld({ spec: { channelBinding }, version, troubles: { wantsBinding } })
    expect((await world.customer.travel(await world.customer.order(), { restarts: true })).last.kind).toBe('issued')
  })

  it('cannot be in the request by TLSUnique on TLS 1.3, and nothing is sent', async () => {
    const world = await estWorld({ spec: { channelBinding: 'TLSUnique' }, version: 'TLSv1.3' })
    const outcome = await world.customer.travel(await world.customer.order()).catch((error: unknown) => error)
    expect(JSON.stringify(outcome instanceof Error ? outcome.message : outcome)).not.toContain('"kind":"issued"')
    expect(world.fake.issued).toBe(0)
  })
})
