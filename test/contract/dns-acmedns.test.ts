import { expect, it } from '@jest/globals'
import { acmeDNS } from '../../src/enroll/solvers/dns01/acmedns/provider.ts'
import { silentLogger } from '../../src/std/log.ts'
import { minutes } from '../../src/std/time.ts'
import { account, AcmeDnsWorld } from '../support/dns-providers/acmedns.ts'
import { contextOf } from '../support/dns-providers/context.ts'
import { json, Service } from '../support/dns-providers/service.ts'
import { dnsProviderContract } from './dns-provider-suite.ts'

const spec = { host: 'https://auth.example.com/', accountSecretRef: { name: 'acme-dns', key: 'acmedns.json' } }

dnsProviderContract({
  factory: acmeDNS,
  spec,
  credentials: { accountSecretRef: { 'acmedns.json': JSON.stringify({ 'Example.com': account }) } },
  world: () => new AcmeDnsWorld(),
  throttle: json(429, { error: 'slow down' }),
  revoke: (world) => void (world.password = 'another'),
  refusal: (status, error) => json(status, { error }),
  keeps: 2,
  removal: 'none',
})

it('an acme-dns account is missed by its domain', async () => {
  const service = await Service.open(new AcmeDnsWorld())
  const field = 'spec.acme.solvers[0].dns01'
  const entry = Buffer.from(JSON.stringify({ 'api.example.com': account }))
  const provider = acmeDNS.create(
    spec,
    field,
    new Map([[`${field}.acmeDNS.accountSecretRef`, { 'acmedns.json': entry }]]),
  )
  if ('code' in provider) throw new Error(provider.message)
  const txt = { name: '_acme-challenge.www.example.com', zone: 'example.com', value: 'v', ttl: minutes(1) }
  const ctx = contextOf({ service, signal: AbortSignal.timeout(10_000), log: silentLogger })
  const change = await provider.present({ ...txt, identifier: 'www.example.com' }, ctx)
  await service.close()
  expect(change).toMatchObject({
    kind: 'failed',
    fault: { code: 'CredentialsMissing', message: expect.stringContaining('no acme-dns account for www.example.com') },
  })
})
