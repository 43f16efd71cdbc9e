import { digitalocean } from '../../src/enroll/solvers/dns01/digitalocean/provider.ts'
import { DigitalOceanWorld } from '../support/dns-providers/digitalocean.ts'
import { json } from '../support/dns-providers/service.ts'
import { dnsProviderContract } from './dns-provider-suite.ts'

const token = 'dop_v1_0123456789abcdef0123456789abcdef'

dnsProviderContract({
  factory: digitalocean,
  spec: { tokenSecretRef: { name: 'digitalocean', key: 'access-token' } },
  credentials: { tokenSecretRef: { 'access-token': token } },
  world: () => new DigitalOceanWorld(token),
  throttle: json(429, { id: 'too_many_requests', message: 'API Rate limit exceeded.' }),
  revoke: (world) => void (world.token = 'another'),
  dropZone: (world) => void (world.hasDomain = false),
  refusal: (status, message) => json(status, { id: 'refused', message }),
})
