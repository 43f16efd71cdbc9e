/** Writes the status of a Certificate: only if it changed, and never over what another replica has written meanwhile. */
import { parseCertificate } from '../../api/certificate.ts'
import type { Certificate, CertificateStatus } from '../../api/certificate.ts'
import { KubeError } from '../../kube/errors.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Store } from '../../kube/store.ts'
import { projectCertificate } from './certificates.ts'
import type { CertificateProjection } from './certificates.ts'
import { sameStatus } from './samestatus.ts'

/**
 * `stale`: the status has changed since it was read, or the Certificate is gone. `contended`: somebody changes the object again
 * and again, and not its status; the same is to be written once more.
 */
export type StatusWrite = 'written' | 'stale' | 'contended'

/** How often the version is looked up anew when somebody else touches the Certificate in the same moment. */
const conflictTries = 5

export class CertificateStatuses {
  readonly #certificates: Resource<Certificate>
  readonly #store: Store<CertificateProjection>

  constructor(certificates: Resource<Certificate>, store: Store<CertificateProjection>) {
    this.#certificates = certificates
    this.#store = store
  }

  /**
   * Every write names a version whose status is the one that was decided on: of two replicas that both believe a Certificate to
   * be theirs, the second is refused, whatever it wanted to say.
   *
   * @param certificate - as it was when `status` was decided
   */
  async write(certificate: Certificate, status: CertificateStatus, signal: AbortSignal): Promise<StatusWrite> {
    if (sameStatus(certificate.status, status)) return 'written'
    let version = certificate.metadata.resourceVersion
    for (let tries = 0; tries < conflictTries; tries++) {
      const answer = await this.#apply(certificate, { status, version }, signal)
      if (answer !== 'conflict') return answer
      const live = await this.#lookAgain(certificate, status, signal)
      if (typeof live === 'string') return live
      version = live.version
    }
    return 'contended'
  }

  /**
   * The object has changed. Only a changed status makes ours out of date: a ticket must not be lost because somebody edits a
   * label, however often.
   */
  async #lookAgain(
    certificate: Certificate,
    status: CertificateStatus,
    signal: AbortSignal,
  ): Promise<'written' | 'stale' | { readonly version: string | undefined }> {
    const { uid } = certificate.metadata
    const found = await this.#live(certificate, signal)
    const live = found === undefined ? undefined : parseCertificate(found)
    if (found === undefined || live?.ok !== true || live.value.metadata.uid !== uid) return 'stale'
    if (sameStatus(live.value.status, status)) return this.#remember(found)
    if (!sameStatus(live.value.status, certificate.status ?? {})) return 'stale'
    return { version: found.metadata.resourceVersion }
  }

  /** As a list of one: to list is allowed for the cache, and to get would be one grant more. */
  async #live({ metadata: { name, namespace } }: Certificate, signal: AbortSignal): Promise<Certificate | undefined> {
    const fieldSelector = `metadata.name=${name}`
    for await (const { items } of this.#certificates.pages({ namespace, fieldSelector }, signal)) {
      const found = items.find(({ metadata }) => metadata.name === name)
      if (found !== undefined) return found
    }
    return undefined
  }

  async #apply(
    { apiVersion, kind, metadata: { name, namespace = '' } }: Certificate,
    { status, version }: { status: CertificateStatus; version: string | undefined },
    signal: AbortSignal,
  ): Promise<'written' | 'stale' | 'conflict'> {
    const metadata = { name, namespace, ...(version === undefined ? {} : { resourceVersion: version }) }
    const write = (): Promise<Certificate> =>
      this.#certificates.applyStatus({ apiVersion, kind, metadata, status }, signal)
    try {
      return await this.#store.writing(`${namespace}/${name}`, async () => this.#remember(await write()))
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
