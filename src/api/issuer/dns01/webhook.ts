/** `dns01.webhook` of a solver, with the names and meanings that cert-manager gives the fields. */
import { z } from 'zod'
import type { JsonObject } from '../../../std/json.ts'
import type { DeepReadonly } from '../../../std/readonly.ts'
import { matching, placed, ruled } from '../../rule.ts'
import { anyObject, text } from '../../schema.ts'
import { objectName } from '../../texts.ts'
import { dns01With } from './place.ts'

const webhookWith = (members: JsonObject): JsonObject =>
  dns01With({ webhook: { groupName: 'acme.example.com', solverName: 'example', ...members } })

/** A segment of a path of the API server. */
const solverName = [
  matching(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, {
    message: 'This cannot be the name of a solver: use letters, digits, hyphens, underscores and dots.',
    accepts: ['hetzner', 'lego-solver', 'my.solver_1'],
    rejects: ['a/b', '../secrets', 'a b', 'a?b', '.hidden'],
  }),
]

export const webhook = z
  .object({
    groupName: ruled(
      text(253, 'The API group of the webhook, as it was installed, for example acme.example.com.'),
      placed(objectName, (groupName) => webhookWith({ groupName })),
    ),
    solverName: ruled(
      text(63, 'The name of the solver, as its webhook documents it.'),
      placed(solverName, (name) => webhookWith({ solverName: name })),
    ),
    config: anyObject('What the webhook wants to know, as it documents it.').exactOptional(),
  })
  .meta({
    description: "Records by a DNS webhook that was made for cert-manager, called through the cluster's API server.",
  })

export type WebhookSpec = DeepReadonly<z.output<typeof webhook>>
