/** `spec.selfSigned`: every certificate is signed with its own key. */
import { z } from 'zod'
import type { DeepReadonly } from '../../std/readonly.ts'
import { urlList } from './common.ts'

export const selfSignedSpec = z
  .object({
    crlDistributionPoints: urlList(
      (url) => ({ selfSigned: { crlDistributionPoints: [url] } }),
      'Where issued certificates say that the list of revoked certificates is found.',
    ).exactOptional(),
  })
  .meta({ description: 'Every certificate is signed with its own key: the start of a private PKI.' })

export type SelfSignedSpec = DeepReadonly<z.output<typeof selfSignedSpec>>
