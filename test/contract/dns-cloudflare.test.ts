import { cloudflare } from '../../src/enroll/solvers/dns01/cloudflare/provider.ts'
import { CloudflareWorld } from '../support/dns-providers/cloudflare.ts'
import { json } from '../support/dns-providers/service.ts'
import type { Reply } from '../support/dns-providers/service.ts'
import { dnsProviderContract } from './dns-provider-suite.ts'

const token = 'Qg8dVh3s-cf-token-4Hn2Kx9'
const key = 'c2547eb745079dac9320b638f5e225cf483cc5cfdda41'

const refusal = (status: number, message: string): Reply =>
  json(status, { success: false, errors: [{ code: 1000 + status, message }], messages: [], result: null })

const shared = {
  factory: cloudflare,
  throttle: json(429, { success: false, errors: [{ code: 10013, message: 'Rate limit exceeded.' }], result: null }),
  dropZone: (world: CloudflareWorld) => void world.zones.splice(0),
  refusal,
}

dnsProviderContract({
  ...shared,
  variant: 'token',
  spec: { apiTokenSecretRef: { name: 'cloudflare', key: 'token' } },
  credentials: { apiTokenSecretRef: { token: `${token}\n` } },
  world: () => new CloudflareWorld({ authorization: `Bearer ${token}` }, [token]),
  revoke: (world) => world.accept({ authorization: 'Bearer another' }),
})

dnsProviderContract({
  ...shared,
  variant: 'global key',
  spec: { email: 'dns@example.com', apiKeySecretRef: { name: 'cloudflare', key: 'key' } },
  credentials: { apiKeySecretRef: { key } },
  world: () => new CloudflareWorld({ 'x-auth-email': 'dns@example.com', 'x-auth-key': key }, [key]),
  revoke: (world) => world.accept({ 'x-auth-key': 'another' }),
})
