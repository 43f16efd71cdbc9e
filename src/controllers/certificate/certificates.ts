import type { Certificate } from '../../api/certificate.ts'
import { controllerOf } from '../../api/meta.ts'
import { keptObject } from '../../kube/kept.ts'
import { serverNameOf } from '../../std/ip.ts'
import { issuerKeyOf } from '../issuer/live.ts'

/** A Certificate as the cache keeps it: whole, but for the bookkeeping that nobody here reads. */
export interface CertificateProjection {
  readonly resourceVersion: string
  readonly object: Certificate
}

export const projectCertificate = (object: Certificate): CertificateProjection => ({
  resourceVersion: object.metadata.resourceVersion ?? '',
  object: keptObject(object),
})

/** `namespace/name` of the Secret that a Certificate writes. */
export const secretsOf = ({ object }: CertificateProjection): readonly string[] => [
  `${object.metadata.namespace}/${object.spec.secretName}`,
]

/** How Certificates are looked up: by the Secret they write and by the issuers they name. */
export const certificateIndexes: Record<string, (projection: CertificateProjection) => readonly string[]> = {
  secret: secretsOf,
  issuer: ({ object }) =>
    [object.spec.issuerRef, ...(object.spec.fallbackIssuerRefs ?? [])].map((ref) =>
      issuerKeyOf(ref, object.metadata.namespace ?? ''),
    ),
  controller: ({ object }) => {
    const owner = controllerOf(object.metadata)
    // Who owns an object is in its own namespace; anybody may write a uid from elsewhere.
    return owner === undefined ? [] : [`${object.metadata.namespace}/${owner.uid}`]
  },
  /** By the name that a CA asks for in a TLS handshake. */
  serverName: ({ object }) =>
    (object.status?.enrollment?.ticket?.answers ?? [])
      .filter(({ type }) => type === 'tls-alpn-01')
      .map(({ identifier }) => serverNameOf(identifier)),
  token: ({ object }) => (object.status?.enrollment?.ticket?.answers ?? []).map((answer) => answer.token),
}
