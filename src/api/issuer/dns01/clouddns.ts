/** `dns01.cloudDNS` of a solver, with the names and meanings that cert-manager gives the fields. */
import { z } from 'zod'
import type { JsonObject } from '../../../std/json.ts'
import type { DeepReadonly } from '../../../std/readonly.ts'
import { secretKeySelector } from '../../meta.ts'
import { matching, placed, ruled } from '../../rule.ts'
import { text } from '../../schema.ts'
import { dns01With } from './place.ts'

const cloudDnsWith = (members: JsonObject): JsonObject => dns01With({ cloudDNS: { project: 'example-1', ...members } })

/** Old projects have the domain of their organisation in front. */
const project = [
  matching(/^([a-z0-9.-]+:)?[a-z0-9][a-z0-9-]*$/, {
    message: 'This is not the ID of a project: use lower-case letters, digits and hyphens.',
    accepts: ['example-1', 'example.com:dns', '123456789012'],
    rejects: ['Example', 'a/b', 'a b', '-a'],
  }),
]

const zoneName = [
  matching(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, {
    message:
      'This is not the name of a managed zone: use lower-case letters, digits and hyphens. It is the name in the console, not the domain.',
    accepts: ['example-com', 'zone1'],
    rejects: ['example.com', 'Zone', 'a/b', 'zone-'],
  }),
]

export const cloudDNS = z
  .object({
    project: ruled(
      text(253, 'The ID of the project that holds the zone.'),
      placed(project, (id) => cloudDnsWith({ project: id })),
    ),
    serviceAccountSecretRef: secretKeySelector(
      (serviceAccountSecretRef) => cloudDnsWith({ serviceAccountSecretRef }),
      'The entry of a Secret that holds the key of a service account as JSON. Without it, what the operator itself runs as.',
    ).exactOptional(),
    hostedZoneName: ruled(
      text(63, 'The managed zone, by its name. Without it, the public zone of the domain is looked for.'),
      placed(zoneName, (hostedZoneName) => cloudDnsWith({ hostedZoneName })),
    ).exactOptional(),
  })
  .meta({ description: 'Records at Google Cloud DNS.' })

export type CloudDnsSpec = DeepReadonly<z.output<typeof cloudDNS>>
