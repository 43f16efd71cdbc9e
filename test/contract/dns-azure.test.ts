import { expect, it } from '@jest/globals'
import { azureDNS } from '../../src/enroll/solvers/dns01/azuredns/provider.ts'
import { silentLogger } from '../../src/std/log.ts'
import { minutes } from '../../src/std/time.ts'
import { AzureWorld, client, subscription, tenant } from '../support/dns-providers/azure.ts'
import type { AzureOptions } from '../support/dns-providers/azure.ts'
import { contextOf } from '../support/dns-providers/context.ts'
import { json, Service } from '../support/dns-providers/service.ts'
import type { Reply } from '../support/dns-providers/service.ts'
import { dnsProviderContract } from './dns-provider-suite.ts'

const clientSecret = 'Q~8x.very/secret+client=value~'
const assertion = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQifQ.c2ln'
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const zone = { subscriptionID: subscription, resourceGroupName: 'dns zones' }

const open = { login: 'https://login.microsoftonline.com', management: 'https://management.azure.com' }
const codes: Readonly<Record<number, string>> = { 401: 'InvalidAuthenticationToken', 403: 'AuthorizationFailed' }

const world = (options: Omit<AzureOptions, 'login' | 'management'> & Partial<AzureOptions>): AzureWorld =>
  new AzureWorld({ ...open, ...options })

const shared = {
  factory: azureDNS,
  throttle: json(429, { error: { code: 'TooManyRequests', message: 'The request was throttled.' } }),
  revoke: (one: AzureWorld) => void (one.hasRights = false),
  dropZone: (one: AzureWorld) => void (one.hasZone = false),
  refusal: (status: number, message: string): Reply =>
    json(status, { error: { code: codes[status] ?? 'Strange', message } }),
}

const principal = {
  ...zone,
  clientID: client,
  tenantID: tenant,
  clientSecretSecretRef: { name: 'azure', key: 'client-secret' },
}
const credentials = { clientSecretSecretRef: { 'client-secret': clientSecret } }

dnsProviderContract({
  ...shared,
  variant: 'service principal',
  spec: principal,
  credentials,
  world: () => world({ proof: { client_secret: clientSecret }, secrets: [clientSecret] }),
})

dnsProviderContract({
  ...shared,
  variant: 'service principal, zone given, China',
  spec: { ...principal, environment: 'AzureChinaCloud', hostedZoneName: 'Example.com' },
  credentials,
  world: () =>
    world({
      login: 'https://login.chinacloudapi.cn',
      management: 'https://management.chinacloudapi.cn',
      proof: { client_secret: clientSecret },
      secrets: [clientSecret],
    }),
})

const proof = { client_assertion: assertion, client_assertion_type: assertionType }
const files = { '/var/run/secrets/azure/token': assertion }

dnsProviderContract({
  ...shared,
  variant: 'workload identity',
  spec: zone,
  credentials: {},
  ambient: {
    variables: {
      AZURE_CLIENT_ID: client,
      AZURE_TENANT_ID: tenant,
      AZURE_FEDERATED_TOKEN_FILE: '/var/run/secrets/azure/token',
    },
    files,
  },
  world: () => world({ proof, secrets: [assertion] }),
})

dnsProviderContract({
  ...shared,
  variant: 'workload identity of the spec',
  spec: { ...zone, managedIdentity: { clientID: client, tenantID: tenant } },
  credentials: {},
  ambient: { variables: { AZURE_FEDERATED_TOKEN_FILE: '/var/run/secrets/azure/token' }, files },
  world: () => world({ proof, secrets: [assertion] }),
})

dnsProviderContract({
  ...shared,
  variant: 'identity of the machine',
  spec: { ...zone, managedIdentity: { clientID: client } },
  credentials: {},
  ambient: {},
  world: () => world({ proof: undefined, identity: { client_id: client }, secrets: [] }),
})

const txt = {
  name: '_acme-challenge.www.example.com',
  zone: 'example.com',
  value: 'v',
  ttl: minutes(1),
  identifier: 'www',
}
const made = azureDNS.create(zone, 'spec.acme.solvers[0].dns01', new Map())
if ('code' in made) throw new Error(made.message)
const provider = made

it('a record set of Azure keeps its metadata, and a token that is refused is asked for anew', async () => {
  const azure = world({ proof: undefined, secrets: [] })
  azure.put(txt.name, 'other')
  const service = await Service.open(azure)
  const ctx = contextOf({ service, signal: AbortSignal.timeout(10_000), log: silentLogger, ambient: {} })
  expect(await provider.present(txt, ctx)).toEqual({ kind: 'done' })
  expect(azure.metadataOf(txt.name)).toEqual({ owner: 'mail' })
  azure.expire()
  expect(await provider.remove(txt, ctx)).toEqual({ kind: 'done' })
  expect(azure.tokens).toBe(2)
  await service.close()
})

it('an issuer that may not use the identity of the operator gets told what to name for Azure', async () => {
  const service = await Service.open(world({ proof: undefined, secrets: [] }))
  const ctx = contextOf({ service, signal: AbortSignal.timeout(10_000), log: silentLogger })
  const fresh = azureDNS.create(zone, 'spec.acme.solvers[0].dns01', new Map())
  const change = 'code' in fresh ? undefined : await fresh.present(txt, ctx)
  expect(change).toMatchObject({
    kind: 'failed',
    fault: { code: 'CredentialsMissing', message: expect.stringContaining('azureDNS.clientSecretSecretRef') },
  })
  expect(service.calls).toEqual([])
  await service.close()
})

it.each([
  [
    { AZURE_FEDERATED_TOKEN_FILE: '/gone', AZURE_CLIENT_ID: client, AZURE_TENANT_ID: tenant },
    'the file /gone, which AZURE',
  ],
  [{ AZURE_FEDERATED_TOKEN_FILE: '/gone' }, 'is not whole'],
])('of a workload identity of Azure it is told what is missing: %j', async (variables, clause) => {
  const service = await Service.open(world({ proof: undefined, secrets: [] }))
  const ambient = { variables, files: {} }
  const ctx = contextOf({ service, signal: AbortSignal.timeout(10_000), log: silentLogger, ambient })
  const message = expect.stringContaining(clause)
  const fresh = azureDNS.create(zone, 'spec.acme.solvers[0].dns01', new Map())
  const change = 'code' in fresh ? undefined : await fresh.present(txt, ctx)
  expect(change).toMatchObject({ fault: { code: 'CredentialsMissing', message } })
  await service.close()
})
