/** Writes the status of a Certificate: only if it changed, and never over what another replica has written meanwhile. */
import { parseCertificate } from '../../api/certificate.ts'
import type { Certificate, CertificateStatus } from '../../api/certificate.ts'
import { KubeError } from '../../kube/errors.ts'
import { testsOf } from '../../kube/jsonpatch.ts'
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

/** How often it is looked what is there now, when what was there again and again is not what was refused. */
const conflictTries = 5

export class CertificateStatuses {
  readonly #certificates: Resource<Certificate>
  readonly #store: Store<CertificateProjection>

  constructor(certificates: Resource<Certificate>, store: Store<CertificateProjection>) {
    this.#certificates = certificates
    this.#store = store
  }

  /**
   * Every write is of the status that was decided on, or fails: of two replicas that both believe a Certificate to be theirs, the
   * second is refused, whatever it wanted to say. First it names the version. Where that is not there any more, it tests the status
   * itself, which nobody who writes to other parts of the Certificate can stand in the way of.
   *
   * @param certificate - as it was when `status` was decided
   */
  async write(certificate: Certificate, status: CertificateStatus, signal: AbortSignal): Promise<StatusWrite> {
    if (sameStatus(certificate.status, status)) return 'written'
    let basis = certificate
    for (let tries = 0; tries < conflictTries; tries++) {
      const applied = await this.#attempt(basis, () => this.#apply(basis, status, signal))
      if (applied !== 'conflict') return applied
      const patched = await this.#attempt(basis, () => this.#patch(basis, status, signal))
      if (patched !== 'conflict') return patched
      const live = await this.#lookAgain(certificate, status, signal)
      if (typeof live === 'string') return live
      basis = live
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
  ): Promise<'written' | 'stale' | Certificate> {
    const { uid } = certificate.metadata
    const found = await this.#live(certificate, signal)
    const live = found === undefined ? undefined : parseCertificate(found)
    if (found === undefined || live?.ok !== true || live.value.metadata.uid !== uid) return 'stale'
    if (sameStatus(live.value.status, status)) return this.#remember(found)
    if (!sameStatus(live.value.status, certificate.status ?? {})) return 'stale'
    return found
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

  /** Names the version, if one is known. */
  #apply(basis: Certificate, status: CertificateStatus, signal: AbortSignal): Promise<Certificate> {
    const { apiVersion, kind, metadata } = basis
    const { name, namespace = '', resourceVersion } = metadata
    const version = resourceVersion === undefined ? {} : { resourceVersion }
    return this.#certificates.applyStatus(
      { apiVersion, kind, metadata: { name, namespace, ...version }, status },
      signal,
    )
  }

  #patch(basis: Certificate, status: CertificateStatus, signal: AbortSignal): Promise<Certificate> {
    const { name, namespace = '' } = basis.metadata
    const tests = testsOf(basis, [['metadata', 'uid'], ['status']])
    const operations = [...tests, { op: 'add', path: '/status', value: status }] as const
    return this.#certificates.jsonPatchStatus({ name, namespace }, operations, signal)
  }

  async #attempt(
    { metadata: { name, namespace = '' } }: Certificate,
    write: () => Promise<Certificate>,
  ): Promise<'written' | 'stale' | 'conflict'> {
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
