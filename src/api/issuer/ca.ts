/** `spec.ca`: a CA whose key lies in a Secret; Perennial signs by itself. */
import { z } from 'zod'
import type { DeepReadonly } from '../../std/readonly.ts'
import { nameOf } from '../meta.ts'
import { placed, ruled } from '../rule.ts'
import { text } from '../schema.ts'
import { durationFrom } from '../texts.ts'
import { urlList } from './common.ts'

const crl = z
  .object({
    secretName: nameOf(
      (secretName) => ({ selfSigned: null, ca: { secretName: 'ca', crl: { secretName } } }),
      'The Secret that the list is written into, as ca.crl (DER) and ca.crl.pem. The name of the Secret with the CA and -crl when not given.',
    ).exactOptional(),
    lifetime: ruled(
      text(32, 'How long a list is valid; a new one is made at half of it. 168h (a week) when not given.'),
      placed(durationFrom('1m'), (lifetime) => ({ selfSigned: null, ca: { secretName: 'ca', crl: { lifetime } } })),
    ).exactOptional(),
  })
  .meta({
    description: 'Keep a list of revoked certificates (RFC 5280 section 5). Without it this CA cannot revoke.',
  })

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
    crl: crl.exactOptional(),
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
