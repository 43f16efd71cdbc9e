/** `dns01.acmeDNS` of a solver, with the names and meanings that cert-manager gives the fields. */
import { z } from 'zod'
import type { JsonObject } from '../../../std/json.ts'
import type { DeepReadonly } from '../../../std/readonly.ts'
import { secretKeySelector } from '../../meta.ts'
import { placed, ruled } from '../../rule.ts'
import { text } from '../../schema.ts'
import { http } from '../../texts.ts'
import { dns01With } from './place.ts'

const accountSecretRef = { name: 'acme-dns', key: 'acmedns.json' }
const acmeDnsWith = (members: JsonObject): JsonObject =>
  dns01With({ acmeDNS: { host: 'https://auth.example.com', accountSecretRef, ...members } })

export const acmeDNS = z
  .object({
    host: ruled(
      text(2048, 'The URL of the acme-dns server, for example https://auth.example.com.'),
      placed(http, (host) => acmeDnsWith({ host })),
    ),
    accountSecretRef: secretKeySelector(
      (ref) => acmeDnsWith({ accountSecretRef: ref }),
      'The entry of a Secret that holds the accounts as JSON: an object with the registration of each domain under its name.',
    ),
  })
  .meta({
    description:
      'Records at an acme-dns server, to which _acme-challenge of each domain leads by a CNAME. It keeps two values for each account.',
  })

export type AcmeDnsSpec = DeepReadonly<z.output<typeof acmeDNS>>
