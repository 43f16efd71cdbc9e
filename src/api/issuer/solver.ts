/** A solver: for which names it is, and how it proves control of them. */
import { z } from 'zod'
import type { JsonObject } from '../../std/json.ts'
import { placed, ruled } from '../rule.ts'
import { list, text, textMap } from '../schema.ts'
import { dnsName } from '../texts.ts'
import { solverWith } from './acmeplace.ts'
import { dns01, recordCheck } from './dns01.ts'
import { http01, selfCheck } from './http01.ts'

/** Bounds what the server may have to check: every name of every solver. */
const selectorNames = 100

const selecting = (selector: JsonObject): JsonObject => solverWith({ selector, http01: {} })

const selector = z.object({
  matchLabels: textMap(
    z.string().max(63).meta({ description: 'The value of a label.' }),
    'Labels that the Certificate must carry.',
  ).exactOptional(),
  dnsNames: list(
    ruled(
      text(253, 'A DNS name.'),
      placed(dnsName, (name) => selecting({ dnsNames: [name] })),
    ),
    { max: selectorNames, description: 'Names that this solver is for, exactly as written.' },
  ).exactOptional(),
  dnsZones: list(
    ruled(
      text(253, 'A DNS zone.'),
      placed(dnsName, (zone) => selecting({ dnsZones: [zone] })),
    ),
    {
      max: selectorNames,
      description: 'Zones that this solver is for, with everything below them. The longest match wins.',
    },
  ).exactOptional(),
})

const tlsAlpn01 = z.object({ selfCheck }).meta({
  description:
    'Prove control over TLS on port 443 (RFC 8737), which must lead to the port of the operator that --tls-alpn01-address names, without being terminated on the way.',
})

const dnsPersist01 = z.object({ selfCheck: recordCheck }).meta({
  description:
    'Prove control by a TXT record at _validation-persist that a person puts into DNS once (draft-ietf-acme-dns-persist). Until it is there, the status of the Certificate says what to put where.',
})

const members = z
  .object({
    selector: selector.exactOptional().meta({ description: 'What this solver is for. Everything, when not given.' }),
    http01: http01.exactOptional(),
    tlsAlpn01: tlsAlpn01.exactOptional(),
    dns01: dns01.exactOptional(),
    dnsPersist01: dnsPersist01.exactOptional(),
  })
  .meta({ description: 'A way to prove control of names.' })

const ways = ['http01', 'tlsAlpn01', 'dns01', 'dnsPersist01'] as const

export const solver = ruled(members, [
  {
    cel: `[${ways.map((way) => `has(self.${way})`).join(', ')}].filter(x, x).size() == 1`,
    holds: (value) => ways.filter((way) => value[way] !== undefined).length === 1,
    message: `A solver proves control in one way: set exactly one of ${ways.join(', ')}.`,
    accepts: [
      solverWith({ http01: {} }),
      solverWith({ tlsAlpn01: {} }),
      solverWith({ tlsAlpn01: { selfCheck: 'Disabled' } }),
      solverWith({ dnsPersist01: {} }),
    ],
    rejects: [
      solverWith({}),
      solverWith({ selector: { dnsZones: ['example.com'] } }),
      solverWith({ http01: {}, tlsAlpn01: {} }),
      solverWith({ http01: {}, dnsPersist01: {} }),
    ],
  },
])
