import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from '@jest/globals'
import { cloudDNS } from '../../src/enroll/solvers/dns01/clouddns/provider.ts'
import { silentLogger } from '../../src/std/log.ts'
import { minutes } from '../../src/std/time.ts'
import { contextOf } from '../support/dns-providers/context.ts'
import { googleError, GoogleWorld } from '../support/dns-providers/google.ts'
import { Service } from '../support/dns-providers/service.ts'
import type { Reply } from '../support/dns-providers/service.ts'
import { dnsProviderContract } from './dns-provider-suite.ts'

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
const account = { email: 'dns01@example-1.iam.gserviceaccount.com', keyId: '0123456789abcdef', privateKey }
const file = JSON.stringify({
  type: 'service_account',
  project_id: 'example-1',
  private_key_id: account.keyId,
  private_key: privateKey,
  client_email: account.email,
  token_uri: 'https://attacker.example.com/token',
})
const lines = privateKey.split('\n').filter((line) => line.length > 20 && !line.startsWith('---'))

const codes: Readonly<Record<number, string>> = { 401: 'authError', 403: 'forbidden', 404: 'notFound' }

const shared = {
  factory: cloudDNS,
  throttle: googleError(403, 'rateLimitExceeded', 'Rate Limit Exceeded'),
  revoke: (world: GoogleWorld) => void (world.hasRights = false),
  dropZone: (world: GoogleWorld) => void (world.hasZone = false),
  refusal: (status: number, message: string): Reply => googleError(status, codes[status] ?? 'strange', message),
}

const spec = { project: 'example-1', serviceAccountSecretRef: { name: 'google', key: 'key.json' } }
const credentials = { serviceAccountSecretRef: { 'key.json': file } }
const withKey = (): GoogleWorld => new GoogleWorld({ account, secrets: lines })

dnsProviderContract({ ...shared, variant: 'service account', spec, credentials, world: withKey })

dnsProviderContract({
  ...shared,
  variant: 'service account, zone given',
  spec: { ...spec, hostedZoneName: 'public-zone' },
  credentials,
  world: withKey,
})

dnsProviderContract({
  ...shared,
  variant: 'workload identity',
  spec: { project: 'example-1' },
  credentials: {},
  ambient: {},
  world: () => new GoogleWorld({ secrets: [] }),
})

dnsProviderContract({
  ...shared,
  variant: 'key of the process',
  spec: { project: 'example-1' },
  credentials: {},
  ambient: { variables: { GOOGLE_APPLICATION_CREDENTIALS: '/var/google.json' }, files: { '/var/google.json': file } },
  world: withKey,
})

const txt = {
  name: '_acme-challenge.www.example.com',
  zone: 'example.com',
  value: 'v',
  ttl: minutes(1),
  identifier: 'www',
}
const field = 'spec.acme.solvers[0].dns01'

it('one token of Google serves many changes, and one that is refused is asked for anew', async () => {
  const google = new GoogleWorld({ secrets: [] })
  const service = await Service.open(google)
  const provider = cloudDNS.create({ project: 'example-1' }, field, new Map())
  if ('code' in provider) throw new Error(provider.message)
  const ctx = contextOf({ service, signal: AbortSignal.timeout(10_000), log: silentLogger, ambient: {} })
  for (const value of ['a', 'b', 'c']) expect((await provider.present({ ...txt, value }, ctx)).kind).toBe('later')
  expect(google.tokens).toBe(1)
  google.expire()
  expect(await provider.remove({ ...txt, value: 'a' }, ctx)).toEqual({ kind: 'done' })
  expect(google.tokens).toBe(2)
  await service.close()
})

it.each([
  ['{"type":"authorized_user","client_email":"a@b"}', 'type "service_account"'],
  [
    JSON.stringify({ type: 'service_account', client_email: 'a@b', private_key: 'hunter2' }),
    'private_key cannot be used',
  ],
  ['hunter2', 'it is no JSON'],
])('a key of Google that is %j is told by what is wrong with it', (text, why) => {
  const secrets = new Map([[`${field}.cloudDNS.serviceAccountSecretRef`, { 'key.json': Buffer.from(text) }]])
  const made = cloudDNS.create(spec, field, secrets)
  expect(made).toMatchObject({ code: 'CredentialsRejected', message: expect.stringContaining(why) })
  expect(JSON.stringify(made)).not.toContain('hunter2')
})

it('a file for Google that is not there is told as such', async () => {
  const service = await Service.open(new GoogleWorld({ secrets: [] }))
  const provider = cloudDNS.create({ project: 'example-1' }, field, new Map())
  const ambient = { variables: { GOOGLE_APPLICATION_CREDENTIALS: '/gone' }, files: {} }
  const ctx = contextOf({ service, signal: AbortSignal.timeout(10_000), log: silentLogger, ambient })
  const change = 'code' in provider ? undefined : await provider.present(txt, ctx)
  const message = expect.stringContaining('it is not there, or may not be read; mend it, or set')
  expect(change).toMatchObject({ kind: 'failed', fault: { code: 'CredentialsMissing', message } })
  await service.close()
})
