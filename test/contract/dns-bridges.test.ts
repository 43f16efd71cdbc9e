import { expect, it } from '@jest/globals'
import { httpreq } from '../../src/enroll/solvers/dns01/httpreq/provider.ts'
import { webhook } from '../../src/enroll/solvers/dns01/webhook/provider.ts'
import { silentLogger } from '../../src/std/log.ts'
import { minutes } from '../../src/std/time.ts'
import { HttpreqWorld, WebhookWorld } from '../support/dns-providers/bridges.ts'
import { contextOf } from '../support/dns-providers/context.ts'
import { json, Service } from '../support/dns-providers/service.ts'
import type { Reply } from '../support/dns-providers/service.ts'
import { dnsProviderContract } from './dns-provider-suite.ts'

const login = { username: 'perennial', password: 'correct horse/battery+staple' }
const words = (status: number, body: string): Reply => ({ status, headers: { 'content-type': 'text/plain' }, body })

const bridge = {
  factory: httpreq,
  throttle: words(429, 'slow down'),
  refusal: words,
  /** Any 2xx is success: the protocol has no reply of its own. */
  trusting: [
    'answers a captive portal page',
    'answers nothing',
    'answers an empty list',
    'answers null',
    'answers half of something',
  ],
}

dnsProviderContract({
  ...bridge,
  spec: { endpoint: 'https://bridge.example.com:8443/dns/' },
  credentials: {},
  world: () => new HttpreqWorld(),
})

dnsProviderContract({
  ...bridge,
  variant: 'with a password',
  spec: { endpoint: 'https://bridge.example.com:8443/dns', credentialsSecretRef: { name: 'bridge' } },
  credentials: { credentialsSecretRef: login },
  world: () => new HttpreqWorld(login),
  revoke: (world) => world.revoke(),
})

const spec = {
  groupName: 'acme.example.com',
  solverName: 'example',
  config: { region: 'eu', nested: { list: [1, null] } },
}

dnsProviderContract({
  factory: webhook,
  spec,
  credentials: {},
  world: () => new WebhookWorld(),
  throttle: json(429, { kind: 'Status', message: 'too many requests' }),
  impatient: true,
  revoke: (world) => void (world.mayCreate = false),
  refusal: (status, message) => json(status, { kind: 'Status', message }),
})

it.each([
  [undefined, false],
  [{}, true],
])(
  'a DNS webhook is told where Secrets lie, its configuration, and what it may use: ambient %j',
  async (ambient, may) => {
    const world = new WebhookWorld()
    const service = await Service.open(world)
    const provider = webhook.create(spec, 'spec.acme.solvers[0].dns01', new Map())
    if ('code' in provider) throw new Error(provider.message)
    const txt = { name: '_acme-challenge.x.example.com', zone: 'example.com', value: 'v', ttl: minutes(1) }
    const ctx = contextOf({ service, signal: AbortSignal.timeout(10_000), log: silentLogger, ambient })
    await provider.present({ ...txt, identifier: 'www.example.com' }, ctx)
    await service.close()
    expect(world.requests).toEqual([
      {
        uid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
        action: 'Present',
        type: 'dns-01',
        dnsName: 'www.example.com',
        key: 'v',
        resourceNamespace: 'perennial',
        resolvedFQDN: '_acme-challenge.x.example.com.',
        resolvedZone: 'example.com.',
        allowAmbientCredentials: may,
        config: spec.config,
      },
    ])
  },
)

it('what a DNS webhook says of its failure is told, and tried again', async () => {
  const world = new WebhookWorld()
  world.hasZone = false
  const service = await Service.open(world)
  const provider = webhook.create(spec, 'spec.acme.solvers[0].dns01', new Map())
  if ('code' in provider) throw new Error(provider.message)
  const txt = { name: '_acme-challenge.x.example.com', zone: 'example.com', value: 'v', ttl: minutes(1) }
  const ctx = contextOf({ service, signal: AbortSignal.timeout(10_000), log: silentLogger })
  const change = await provider.present({ ...txt, identifier: 'www.example.com' }, ctx)
  await service.close()
  expect(change).toMatchObject({
    kind: 'deferred',
    fault: { code: 'ServerFailed', message: expect.stringContaining('saying "failed to find zone example.com."') },
  })
})
