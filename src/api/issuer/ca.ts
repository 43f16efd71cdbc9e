/** `spec.ca`: a CA whose key lies in a Secret; Perennial signs by itself. */
import { z } from 'zod'
import type { DeepReadonly } from '../../std/readonly.ts'
import { nameOf } from '../meta.ts'
import { urlList } from './common.ts'

export const caSpec = z
  .object({
    secretName: nameOf(
      (secretName) => ({ selfSigned: null, ca: { secretName } }),
      'The Secret with the CA: tls.crt (its certificate, then those that lead to its root), tls.key, and ca.crt (the root) where there is one.',
    ),
    crlDistributionPoints: urlList(
      (url) => ({ selfSigned: null, ca: { secretName: 'ca', crlDistributionPoints: [url] } }),
      'Where issued certificates say that the list of revoked certificates is found.',
    ).exactOptional(),
    ocspServers: urlList(
      (url) => ({ selfSigned: null, ca: { secretName: 'ca', ocspServers: [url] } }),
      'Where issued certificates say that an OCSP server answers.',
    ).exactOptional(),
    issuingCertificateURLs: urlList(
      (url) => ({ selfSigned: null, ca: { secretName: 'ca', issuingCertificateURLs: [url] } }),
      'Where issued certificates say that the certificate of this CA is found.',
    ).exactOptional(),
  })
  .meta({ description: 'A CA whose key lies in a Secret; Perennial signs certificates by itself.' })

export type CaSpec = DeepReadonly<z.output<typeof caSpec>>
