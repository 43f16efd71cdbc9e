/** `dns01.digitalocean` of a solver, with the names and meanings that cert-manager gives the fields. */
import { z } from 'zod'
import type { DeepReadonly } from '../../../std/readonly.ts'
import { secretKeySelector } from '../../meta.ts'
import { dns01With } from './place.ts'

export const digitalocean = z
  .object({
    tokenSecretRef: secretKeySelector(
      (tokenSecretRef) => dns01With({ digitalocean: { tokenSecretRef } }),
      'The entry of a Secret that holds a personal access token with the scopes domain:read, domain:create, domain:update and domain:delete.',
    ),
  })
  .meta({ description: 'Records at DigitalOcean.' })

export type DigitalOceanSpec = DeepReadonly<z.output<typeof digitalocean>>
