/** Writes the status of a Certificate: only if it changed, and never over what another replica has written meanwhile. */
import { parseCertificate } from '../../api/certificate.ts'
import type { Certificate, CertificateStatus } from '../../api/certificate.ts'
import { KubeError } from '../../kube/errors.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Store } from '../../kube/store.ts'
import { projectCertificate } from './certificates.ts'
import type { CertificateProjection } from './certificates.ts'
import { sameStatus } from './samestatus.ts'

/** `stale`: the status has changed since it was read, or the Certificate is gone. */
export type StatusWrite = 'written' | 'stale'

export class CertificateStatuses {
  readonly #certificates: Resource<Certificate>
  readonly #store: Store<CertificateProjection>

  constructor(certificates: Resource<Certificate>, store: Store<CertificateProjection>) {
    this.#certificates = certificates
    this.#store = store
  }

  /**
   * While an enrollment is in flight the write names the version it was decided on: a replica that lost its lease must not
   * undo the ticket of its successor.
   *
   * @param certificate - as it was when `status` was decided
   */
  async write(certificate: Certificate, status: CertificateStatus, signal: AbortSignal): Promise<StatusWrite> {
    if (sameStatus(certificate.status, status)) return 'written'
    const { resourceVersion } = certificate.metadata
    const isInFlight = status.enrollment !== undefined || certificate.status?.enrollment !== undefined
    const isPublished = status.revision !== certificate.status?.revision
    const version = isInFlight && !isPublished ? resourceVersion : undefined
    const answer = await this.#apply(certificate, { status, version }, signal)
    return answer === 'conflict' ? this.#afterConflict(certificate, status, signal) : answer
  }

  /**
   * The object has changed. Only a changed status makes ours out of date: a ticket must not be lost because somebody edits a
   * label, however often.
   */
  async #afterConflict(certificate: Certificate, status: CertificateStatus, signal: AbortSignal): Promise<StatusWrite> {
    const { name, namespace = '', uid } = certificate.metadata
    const found = await this.#certificates.get({ name, namespace }, signal)
    const live = found === undefined ? undefined : parseCertificate(found)
    if (found === undefined || live?.ok !== true || live.value.metadata.uid !== uid) return 'stale'
    if (sameStatus(live.value.status, status)) return this.#remember(found)
    if (!sameStatus(live.value.status, certificate.status ?? {})) return 'stale'
    const answer = await this.#apply(certificate, { status, version: undefined }, signal)
    return answer === 'conflict' ? 'stale' : answer
  }

  async #apply(
    { apiVersion, kind, metadata: { name, namespace = '' } }: Certificate,
    { status, version }: { status: CertificateStatus; version: string | undefined },
    signal: AbortSignal,
  ): Promise<StatusWrite | 'conflict'> {
    const metadata = { name, namespace, ...(version === undefined ? {} : { resourceVersion: version }) }
    try {
      return this.#remember(await this.#certificates.applyStatus({ apiVersion, kind, metadata, status }, signal))
    } catch (error) {
      if (error instanceof KubeError && error.reason === 'conflict') return 'conflict'
      if (error instanceof KubeError && error.reason === 'notFound') return 'stale'
      throw error
    }
  }

  #remember(object: Certificate): 'written' {
    this.#store.overlay(`${object.metadata.namespace}/${object.metadata.name}`, projectCertificate(object))
    return 'written'
  }
}
