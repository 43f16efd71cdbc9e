import type { CertificateRevocation } from '../../api/revocation.ts'
import { keptObject } from '../../kube/kept.ts'
import { issuerKeyOf } from '../issuer/live.ts'

/** A CertificateRevocation as the cache keeps it. */
export interface RevocationProjection {
  readonly resourceVersion: string
  readonly object: CertificateRevocation
}

export const projectRevocation = (object: CertificateRevocation): RevocationProjection => ({
  resourceVersion: object.metadata.resourceVersion ?? '',
  object: keptObject(object),
})

/** How open orders are looked up; those that are done are left alone. */
export const revocationIndexes: Record<string, (projection: RevocationProjection) => readonly string[]> = {
  namespace: (projection) => (isOpen(projection) ? [projection.object.metadata.namespace ?? ''] : []),
  issuer: (projection) => {
    const { spec, status, metadata } = projection.object
    const ref = spec.issuerRef ?? status?.target?.issuerRef
    return ref === undefined || !isOpen(projection) ? [] : [issuerKeyOf(ref, metadata.namespace ?? '')]
  },
}

const isOpen = ({ object }: RevocationProjection): boolean =>
  object.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') !== true
