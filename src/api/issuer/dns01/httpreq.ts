/** `dns01.httpreq` of a solver: the protocol that lego calls httpreq, for bridges of one's own. */
import { z } from 'zod'
import type { JsonObject } from '../../../std/json.ts'
import type { DeepReadonly } from '../../../std/readonly.ts'
import { nameOf } from '../../meta.ts'
import { placed, ruled } from '../../rule.ts'
import { text } from '../../schema.ts'
import { http } from '../../texts.ts'
import { dns01With } from './place.ts'

const httpreqWith = (members: JsonObject): JsonObject =>
  dns01With({ httpreq: { endpoint: 'https://bridge.example.com', ...members } })

export const httpreq = z
  .object({
    endpoint: ruled(
      text(2048, 'The URL under which /present and /cleanup lie.'),
      placed(http, (endpoint) => httpreqWith({ endpoint })),
    ),
    credentialsSecretRef: z
      .object({
        name: nameOf((name) => httpreqWith({ credentialsSecretRef: { name } }), 'The name of the Secret.'),
      })
      .exactOptional()
      .meta({ description: 'A Secret with the entries username and password, for HTTP Basic.' }),
  })
  .meta({
    description:
      'Records by a service of your own that takes {"fqdn", "value"} at /present and /cleanup, as the provider httpreq of lego sends them.',
  })

export type HttpreqSpec = DeepReadonly<z.output<typeof httpreq>>
