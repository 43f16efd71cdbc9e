/** `dns01.rfc2136` of a solver, with the names and meanings that cert-manager gives the fields. */
import { z } from 'zod'
import type { JsonObject } from '../../../std/json.ts'
import type { DeepReadonly } from '../../../std/readonly.ts'
import { secretKeySelector } from '../../meta.ts'
import { matching, placed, ruled } from '../../rule.ts'
import { text } from '../../schema.ts'
import { dns01With } from './place.ts'

const tsig = { tsigKeyName: 'challenges', tsigSecretSecretRef: { name: 'tsig', key: 'secret' } }
const rfc2136With = (members: JsonObject): JsonObject =>
  dns01With({ rfc2136: { nameserver: 'ns1.example.com', ...members } })

const nameserver = matching(/^([A-Za-z0-9_.-]+(:[0-9]{1,5})?|[0-9a-fA-F:.]+|\[[0-9a-fA-F:.]+\](:[0-9]{1,5})?)$/, {
  message: 'This is no DNS server; write host, host:port or an address, IPv6 with a port in brackets.',
  accepts: ['ns1.example.com', 'ns1.example.com:5353', '192.0.2.1', '192.0.2.1:53', '2001:db8::1', '[2001:db8::1]:53'],
  rejects: ['https://ns1.example.com', 'ns1.example.com:', 'ns1 example', '[2001:db8::1'],
})

const members = z
  .object({
    nameserver: ruled(
      text(
        260,
        "The primary server of the zone: host, host:port or address, port 53 when it has none. When not given, the server that the zone's SOA record names.",
      ),
      placed([nameserver], (value) => rfc2136With({ nameserver: value })),
    ).exactOptional(),
    tsigKeyName: text(
      255,
      'The name of the key that signs updates (RFC 8945), as the server knows it.',
    ).exactOptional(),
    tsigAlgorithm: z
      .enum(['HMACMD5', 'HMACSHA1', 'HMACSHA224', 'HMACSHA256', 'HMACSHA384', 'HMACSHA512'])
      .exactOptional()
      .meta({ description: 'The algorithm of that key. HMACSHA256 when not given.' }),
    tsigSecretSecretRef: secretKeySelector(
      (tsigSecretSecretRef) => rfc2136With({ ...tsig, tsigSecretSecretRef }),
      'The entry of a Secret that holds the secret of that key: base64, as in the key file of the server.',
    ).exactOptional(),
  })
  .meta({ description: 'Records by dynamic updates (RFC 2136): BIND, Knot, PowerDNS, Windows and others.' })

export const rfc2136 = ruled(members, [
  {
    cel: 'has(self.tsigKeyName) == has(self.tsigSecretSecretRef)',
    holds: (value) => (value.tsigKeyName === undefined) === (value.tsigSecretSecretRef === undefined),
    message:
      'A key has a name and a secret: give tsigKeyName and tsigSecretSecretRef, or neither for updates that are not signed.',
    accepts: [rfc2136With(tsig), rfc2136With({})],
    rejects: [
      rfc2136With({ tsigKeyName: 'challenges' }),
      rfc2136With({ tsigSecretSecretRef: tsig.tsigSecretSecretRef }),
    ],
  },
])

export type Rfc2136Spec = DeepReadonly<z.output<typeof rfc2136>>
