/** Finalizers of Certificates: written as a whole, on the version that was decided on. */
import type { Certificate } from '../../api/certificate.ts'
import { KubeError } from '../../kube/errors.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Store } from '../../kube/store.ts'
import type { Verdict } from '../../runtime/worker.ts'
import { projectCertificate } from './certificates.ts'
import type { CertificateProjection } from './certificates.ts'

export interface FinalizerParts {
  readonly certificates: Pick<Resource<Certificate>, 'mergePatch'>
  readonly store: Store<CertificateProjection>
}

export interface FinalizerChange {
  readonly finalizer: string
  readonly kind: 'add' | 'remove'
}

/** @returns `done` when it is written, or the Certificate is gone; `retry` when somebody else was faster */
export async function changeFinalizer(
  { certificates, store }: FinalizerParts,
  { metadata, change: { finalizer, kind } }: Pick<Certificate, 'metadata'> & { readonly change: FinalizerChange },
  signal: AbortSignal,
): Promise<Extract<Verdict, { kind: 'done' | 'retry' }>> {
  const { name, namespace = '', resourceVersion } = metadata
  const others = (metadata.finalizers ?? []).filter((one) => one !== finalizer)
  const finalizers = kind === 'add' ? [...others, finalizer] : others
  try {
    const patch = { metadata: { resourceVersion, finalizers } }
    const patched = await certificates.mergePatch({ name, namespace }, patch, signal)
    if (patched.metadata.deletionTimestamp === undefined)
      store.overlay(`${namespace}/${name}`, projectCertificate(patched))
    return { kind: 'done' }
  } catch (error) {
    if (!(error instanceof KubeError)) throw error
    if (error.reason === 'conflict') return { kind: 'retry' }
    if (error.reason === 'notFound') return { kind: 'done' }
    throw error
  }
}
