/** Finalizers of Certificates: written as a whole, on what was decided on. */
import type { Certificate } from '../../api/certificate.ts'
import { KubeError } from '../../kube/errors.ts'
import { testsOf } from '../../kube/jsonpatch.ts'
import type { PatchOperation } from '../../kube/jsonpatch.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Store } from '../../kube/store.ts'
import type { Verdict } from '../../runtime/worker.ts'
import { projectCertificate } from './certificates.ts'
import type { CertificateProjection } from './certificates.ts'

export interface FinalizerParts {
  readonly certificates: Pick<Resource<Certificate>, 'mergePatch' | 'jsonPatch'>
  readonly store: Store<CertificateProjection>
}

export interface FinalizerChange {
  readonly finalizer: string
  readonly kind: 'add' | 'remove'
}

/** What is decided on when a Certificate is to be held or let go. A `generation` grows with the spec. */
const basis = [
  ['metadata', 'uid'],
  ['metadata', 'generation'],
  ['metadata', 'deletionTimestamp'],
  ['metadata', 'finalizers'],
  ['status'],
] as const

/** @returns `done` when it is written, or the Certificate is gone; `retry` when somebody else was faster */
export async function changeFinalizer(
  { certificates, store }: FinalizerParts,
  { certificate, change: { finalizer, kind } }: { certificate: Certificate; change: FinalizerChange },
  signal: AbortSignal,
): Promise<Extract<Verdict, { kind: 'done' | 'retry' }>> {
  const { name, namespace = '', resourceVersion, finalizers: had = [] } = certificate.metadata
  const others = had.filter((one) => one !== finalizer)
  const finalizers = kind === 'add' ? [...others, finalizer] : others
  const ways = [
    () => certificates.mergePatch({ name, namespace }, { metadata: { resourceVersion, finalizers } }, signal),
    () => certificates.jsonPatch({ name, namespace }, [...testsOf(certificate, basis), setTo(finalizers)], signal),
  ]
  for (const write of ways) {
    const answer = await attempt(write)
    if (answer === 'conflict') continue
    if (answer !== 'gone' && answer.metadata.deletionTimestamp === undefined)
      store.overlay(`${namespace}/${name}`, projectCertificate(answer))
    return { kind: 'done' }
  }
  return { kind: 'retry' }
}

const setTo = (value: readonly string[]): PatchOperation => ({ op: 'add', path: '/metadata/finalizers', value })

async function attempt(write: () => Promise<Certificate>): Promise<Certificate | 'conflict' | 'gone'> {
  try {
    return await write()
  } catch (error) {
    if (!(error instanceof KubeError)) throw error
    if (error.reason === 'conflict') return 'conflict'
    if (error.reason === 'notFound') return 'gone'
    throw error
  }
}
