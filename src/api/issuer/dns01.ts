/** `dns01` of a solver. Fields that cert-manager has too have its names and meanings. */
import { z } from 'zod'
import type { DeepReadonly } from '../../std/readonly.ts'
import { ruled } from '../rule.ts'
import { acmeDNS } from './dns01/acmedns.ts'
import { azureDNS } from './dns01/azuredns.ts'
import { cloudDNS } from './dns01/clouddns.ts'
import { cloudflare } from './dns01/cloudflare.ts'
import { digitalocean } from './dns01/digitalocean.ts'
import { httpreq } from './dns01/httpreq.ts'
import { dns01With } from './dns01/place.ts'
import { rfc2136 } from './dns01/rfc2136.ts'
import { route53 } from './dns01/route53.ts'
import { webhook } from './dns01/webhook.ts'

export const recordCheck = z.enum(['Enabled', 'Disabled']).exactOptional().meta({
  description:
    'Whether the record must be seen from here before the CA is told to look, at the authoritative servers. Disable it where the cluster sees another DNS than the CA. Enabled when not given.',
})

/** One member for each provider; a solver has one of them. */
const providers = {
  acmeDNS: acmeDNS.exactOptional(),
  azureDNS: azureDNS.exactOptional(),
  cloudDNS: cloudDNS.exactOptional(),
  cloudflare: cloudflare.exactOptional(),
  digitalocean: digitalocean.exactOptional(),
  httpreq: httpreq.exactOptional(),
  rfc2136: rfc2136.exactOptional(),
  route53: route53.exactOptional(),
  webhook: webhook.exactOptional(),
}

const providerNames = Object.keys(providers) as readonly (keyof typeof providers)[]

const members = z
  .object({
    cnameStrategy: z.enum(['None', 'Follow']).exactOptional().meta({
      description:
        'Follow: where _acme-challenge is a CNAME, the record is put at its target, in the zone that holds it. None: at the name itself. None when not given.',
    }),
    challengeType: z.enum(['dns-01', 'dns-account-01']).exactOptional().meta({
      description:
        'dns-account-01 (draft-ietf-acme-dns-account-label) puts the record below a label of the ACME account, so that several clusters can prove the same name side by side. dns-01 when not given.',
    }),
    selfCheck: recordCheck,
    ...providers,
  })
  .meta({ description: 'Prove control by a TXT record in DNS (RFC 8555 section 8.4). The only way for wildcards.' })

const token = { apiTokenSecretRef: { name: 'cloudflare', key: 'token' } }

export const dns01 = ruled(members, [
  {
    cel: `[${providerNames.map((name) => `has(self.${name})`).join(', ')}].filter(x, x).size() == 1`,
    holds: (value) => providerNames.filter((name) => value[name] !== undefined).length === 1,
    message: `A record is put by one provider of DNS: set exactly one of ${providerNames.join(', ')}.`,
    accepts: [dns01With({ cloudflare: token }), dns01With({ cnameStrategy: 'Follow', cloudflare: token })],
    rejects: [dns01With({}), dns01With({ cnameStrategy: 'Follow' }), dns01With({ cloudflare: token, route53: {} })],
  },
])

export type Dns01Spec = DeepReadonly<z.output<typeof dns01>>
