/** The fake CA under the eyes of a client that is not ours: without this, client and server might share one misreading. */
import { X509Certificate } from 'node:crypto'
import { Client, crypto } from 'acme-client'
import type { ClientExternalAccountBindingOptions } from 'acme-client'
import { afterEach, describe, expect, it } from '@jest/globals'
import { instant } from '../../../../src/std/time.ts'
import type { FakeAcme, FakeAcmeOptions } from '../../../support/acme-server/fake.ts'
import { serveFake } from '../../../support/acme-server/serve.ts'
import { someCa } from '../../../support/ca-material.ts'

const start = instant(Date.UTC(2026, 10, 23, 12))
const stops: (() => Promise<void>)[] = []

async function open(options: Partial<FakeAcmeOptions> = {}): Promise<FakeAcme> {
  const { fake, stop } = await serveFake({ ca: await someCa('Fake ACME CA'), now: () => start, ...options })
  stops.push(stop)
  return fake
}

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function witness(
  { directoryUrl }: FakeAcme,
  externalAccountBinding?: ClientExternalAccountBindingOptions,
): Promise<Client> {
  const accountKey = await crypto.createPrivateEcdsaKey('P-256')
  const binding = externalAccountBinding === undefined ? {} : { externalAccountBinding }
  return new Client({ directoryUrl, accountKey, backoffMin: 1, backoffMax: 5, ...binding })
}

interface Wish {
  readonly names: readonly string[]
  readonly preferredChain?: string
}

async function order(client: Client, fake: FakeAcme, { names, preferredChain }: Wish): Promise<string> {
  const identifiers = names.map((value) => ({ type: 'dns', value }))
  const made = await client.createOrder({ identifiers })
  for (const authorization of await client.getAuthorizations(made)) {
    const challenge = authorization.challenges.find(({ type }) => type === 'http-01')
    if (challenge === undefined) throw new Error('no challenge that can be answered')
    fake.answers.set(challenge.token, await client.getChallengeKeyAuthorization(challenge))
    await client.completeChallenge(challenge)
    await client.waitForValidStatus(challenge)
  }
  const [, request] = await crypto.createCsr({ altNames: [...names] }, await crypto.createPrivateEcdsaKey('P-256'))
  await client.finalizeOrder(made, request)
  return client.getCertificate(made, preferredChain)
}

describe('acme-client and the fake CA', () => {
  it('agree on a whole order, with nonces refused and a CA that takes its time', async () => {
    const fake = await open()
    fake.troubles.nonceRefusals = 2
    fake.troubles.processingLooks = 2
    const client = await witness(fake)
    await client.createAccount({ termsOfServiceAgreed: true, contact: ['mailto:someone@example.com'] })
    const pem = await order(client, fake, { names: ['a.example.test', 'b.example.test'] })
    const [leaf, root] = crypto.splitPemChain(pem).map((text) => new X509Certificate(text))
    expect(leaf?.subjectAltName).toBe('DNS:a.example.test, DNS:b.example.test')
    expect(root !== undefined && leaf?.verify(root.publicKey)).toBe(true)
    expect(fake.issued).toBe(1)
  })

  it('agree on revocation, once', async () => {
    const fake = await open()
    const client = await witness(fake)
    await client.createAccount({ termsOfServiceAgreed: true })
    const pem = await order(client, fake, { names: ['a.example.test'] })
    await client.revokeCertificate(pem)
    expect(fake.revoked).toHaveLength(1)
    await expect(client.revokeCertificate(pem)).rejects.toThrow('alreadyRevoked')
  })

  it('agree that a wrong answer makes an order invalid', async () => {
    const fake = await open()
    fake.troubles.validationFails = true
    const client = await witness(fake)
    await client.createAccount({ termsOfServiceAgreed: true })
    await expect(order(client, fake, { names: ['a.example.test'] })).rejects.toThrow('points at another web server')
    expect(fake.issued).toBe(0)
  })

  it('agree on the binding of an external account', async () => {
    const hmacKey = Buffer.alloc(32, 7).toString('base64url')
    const fake = await open({ macKeys: { 'customer-1': hmacKey } })
    fake.troubles.externalAccountRequired = true
    const account = { termsOfServiceAgreed: true }
    await expect((await witness(fake)).createAccount(account)).rejects.toThrow('externalAccountRequired')
    const wrong = { kid: 'customer-1', hmacKey: Buffer.alloc(32, 8).toString('base64url') }
    await expect((await witness(fake, wrong)).createAccount(account)).rejects.toThrow('unauthorized')
    const right = await witness(fake, { kid: 'customer-1', hmacKey })
    expect(await right.createAccount(account)).toMatchObject({ status: 'valid' })
  })

  it('agree on the replacement of an account key', async () => {
    const fake = await open()
    const client = await witness(fake)
    await client.createAccount({ termsOfServiceAgreed: true })
    const url = client.getAccountUrl()
    await client.updateAccountKey(await crypto.createPrivateEcdsaKey('P-384'))
    expect(client.getAccountUrl()).toBe(url)
    await order(client, fake, { names: ['a.example.test'] })
    expect(fake.issued).toBe(1)
  })

  it('agree on a second chain', async () => {
    const fake = await open({ alternate: await someCa('Another Root') })
    const client = await witness(fake)
    await client.createAccount({ termsOfServiceAgreed: true })
    const usual = await order(client, fake, { names: ['a.example.test'] })
    const other = await order(client, fake, { names: ['a.example.test'], preferredChain: 'Another Root' })
    const topIssuer = (pem: string): string =>
      new X509Certificate(crypto.splitPemChain(pem).at(-1) ?? '').issuer.replace('CN=', '')
    expect([topIssuer(usual), topIssuer(other)]).toEqual(['Fake ACME CA', 'Another Root'])
  })

  it('agree that an authorization can be given up', async () => {
    const fake = await open()
    const client = await witness(fake)
    await client.createAccount({ termsOfServiceAgreed: true })
    const made = await client.createOrder({ identifiers: [{ type: 'dns', value: 'a.example.test' }] })
    const [authorization] = await client.getAuthorizations(made)
    if (authorization === undefined) throw new Error('no authorization')
    expect(await client.deactivateAuthorization(authorization)).toMatchObject({ status: 'deactivated' })
    expect(await client.getOrder(made)).toMatchObject({ status: 'invalid' })
  })
})
