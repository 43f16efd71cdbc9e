/** `dns01.cloudflare` of a solver, with the names and meanings that cert-manager gives the fields. */
import { z } from 'zod'
import type { JsonObject } from '../../../std/json.ts'
import type { DeepReadonly } from '../../../std/readonly.ts'
import { secretKeySelector } from '../../meta.ts'
import { placed, ruled } from '../../rule.ts'
import { text } from '../../schema.ts'
import { email } from '../../texts.ts'
import { dns01With } from './place.ts'

const cloudflareWith = (cloudflare: JsonObject): JsonObject => dns01With({ cloudflare })
const secret = { name: 'cloudflare', key: 'token' }
const login = { email: 'dns@example.com', apiKeySecretRef: secret }

const members = z
  .object({
    apiTokenSecretRef: secretKeySelector(
      (apiTokenSecretRef) => cloudflareWith({ apiTokenSecretRef }),
      'The entry of a Secret that holds an API token with the permissions Zone:Read and DNS:Edit.',
    ).exactOptional(),
    apiKeySecretRef: secretKeySelector(
      (apiKeySecretRef) => cloudflareWith({ email: 'dns@example.com', apiKeySecretRef }),
      'The entry of a Secret that holds the global API key of the account of email, which may do everything. Prefer a token.',
    ).exactOptional(),
    email: ruled(
      text(254, 'The address of the account that apiKeySecretRef belongs to.'),
      placed(email, (address) => cloudflareWith({ ...login, email: address })),
    ).exactOptional(),
  })
  .meta({ description: 'Records at Cloudflare.' })

export const cloudflare = ruled(members, [
  {
    cel: 'has(self.apiTokenSecretRef) != has(self.apiKeySecretRef)',
    holds: (value) => (value.apiTokenSecretRef === undefined) !== (value.apiKeySecretRef === undefined),
    message: 'Cloudflare wants one credential: set exactly one of apiTokenSecretRef and apiKeySecretRef.',
    accepts: [cloudflareWith({ apiTokenSecretRef: secret }), cloudflareWith(login)],
    rejects: [cloudflareWith({}), cloudflareWith({ ...login, apiTokenSecretRef: secret })],
  },
  {
    cel: '!has(self.apiKeySecretRef) || has(self.email)',
    holds: (value) => value.apiKeySecretRef === undefined || value.email !== undefined,
    message: 'A global API key goes with the address of its account: set email.',
    field: 'email',
    accepts: [cloudflareWith(login)],
    rejects: [cloudflareWith({ apiKeySecretRef: secret })],
  },
])

export type CloudflareSpec = DeepReadonly<z.output<typeof cloudflare>>
