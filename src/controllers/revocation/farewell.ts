/**
 * Holds a Certificate whose `revocationPolicy.onDelete` says so until its revocation is ordered. The order outlives the
 * Certificate, so an unreachable CA holds up nothing for good: it gets {@link patience}, because while the Secret is still
 * there the certificate's own key can sign the request.
 */
import { parseCertificate } from '../../api/certificate.ts'
import type { Certificate } from '../../api/certificate.ts'
import { farewellOf, isSoonThrough, revokeFinalizer } from '../../domain/revocation/farewell.ts'
import { KubeError } from '../../kube/errors.ts'
import { regardingOf } from '../../kube/events.ts'
import type { EventRecorder } from '../../kube/events.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Store } from '../../kube/store.ts'
import type { Verdict } from '../../runtime/worker.ts'
import type { Clock } from '../../std/clock.ts'
import { fromRfc3339, minutes, plus, seconds } from '../../std/time.ts'
import { changeFinalizer } from '../certificate/finalizers.ts'
import type { CertificateProjection } from '../certificate/certificates.ts'
import { orderName, orderNameStart } from './orders.ts'
import type { RevocationOrders } from './orders.ts'
import type { RevocationProjection } from './revocations.ts'
import type { Targets } from './target.ts'

export interface FarewellParts {
  readonly store: Store<CertificateProjection>
  readonly certificates: Pick<Resource<Certificate>, 'mergePatch' | 'jsonPatch'>
  readonly revocations: Store<RevocationProjection>
  readonly targets: Pick<Targets, 'find'>
  readonly clock: Clock
  readonly orders: Pick<RevocationOrders, 'deleted'>
  readonly events: Pick<EventRecorder, 'record'>
}

const patience = minutes(2)
const lookAgain = seconds(2)

/** An API server says 405 of a kind that is being deleted, and 404 once it is. */
const takesNone = ({ reason, status }: KubeError): boolean =>
  reason === 'forbidden' || reason === 'notFound' || reason === 'invalid' || status === 405

interface NotOrdered {
  readonly serialNumber: string
  /** A clause that begins with "because". */
  readonly why: string
}

/** Whether anything has to be done about a Certificate here: most never come. */
export const concernsFarewell = (certificate: Certificate): boolean => farewellOf(certificate).kind !== 'nothing'

export class Farewell {
  readonly #parts: FarewellParts

  constructor(parts: FarewellParts) {
    this.#parts = parts
  }

  /** @param key - `namespace/name` of the Certificate */
  async reconcile(key: string, signal: AbortSignal): Promise<Verdict> {
    const object = this.#parts.store.get(key)?.object
    if (object === undefined) return { kind: 'done' }
    const { kind } = farewellOf(object)
    if (kind === 'order') {
      const order = await this.#order(object, signal)
      if (order !== undefined && this.#isWorthWaiting(object, order))
        return { kind: 'wakeAt', at: plus(this.#parts.clock.now(), lookAgain) }
    }
    if (kind === 'nothing') return { kind: 'done' }
    const change = { finalizer: revokeFinalizer, kind: kind === 'hold' ? 'add' : 'remove' } as const
    return changeFinalizer(this.#parts, { certificate: object, change }, signal)
  }

  #isWorthWaiting({ metadata }: Certificate, order: string): boolean {
    const since = fromRfc3339(metadata.deletionTimestamp ?? '')
    if (since === undefined || this.#parts.clock.now() >= plus(since, patience)) return false
    return isSoonThrough(this.#parts.revocations.get(`${metadata.namespace}/${order}`)?.object.status?.conditions ?? [])
  }

  /**
   * A certificate that was never there needs no revocation; a namespace that ends takes no more objects, nor does a kind.
   *
   * @returns the name of the order, if there is one
   */
  async #order(object: Certificate, signal: AbortSignal): Promise<string | undefined> {
    const parsed = parseCertificate(object)
    if (!parsed.ok) return undefined
    const { metadata, spec } = parsed.value
    const found = await this.#parts.targets.find(
      {
        apiVersion: object.apiVersion,
        kind: 'CertificateRevocation',
        metadata: { name: metadata.name, namespace: metadata.namespace ?? '' },
        spec: { secretRef: { name: spec.secretName } },
      },
      signal,
    )
    if (!found.ok || found.value.certificateName !== metadata.name) return this.#withoutSecret(object)
    const order = orderName(metadata.name, found.value)
    if (this.#parts.revocations.get(`${metadata.namespace}/${order}`)?.object.status?.target !== undefined) return order
    try {
      await this.#parts.orders.deleted(parsed.value, found.value, signal)
      return order
    } catch (error) {
      if (!(error instanceof KubeError) || !takesNone(error)) throw error
      const why = `because the order cannot be written: ${error.message}`
      this.#tellOfNone(object, { serialNumber: found.value.serialNumber, why })
      return undefined
    }
  }

  /** Whoever deletes the Secret as well may be faster: then nobody has what an order needs, unless it is written already. */
  #withoutSecret(object: Certificate): string | undefined {
    const { metadata, status } = object
    const { serialNumber } = status ?? {}
    if (serialNumber === undefined) return undefined
    const namespace = metadata.namespace ?? ''
    const start = `${namespace}/${orderNameStart(metadata.name, serialNumber)}`
    const written = [...this.#parts.revocations.keys()].find((key) => key.startsWith(start))
    if (written !== undefined) return written.slice(namespace.length + 1)
    const why = `because Secret ${object.spec.secretName} no longer holds it; order it with spec.certificate of a CertificateRevocation, or at the CA.`
    this.#tellOfNone(object, { serialNumber, why })
    return undefined
  }

  #tellOfNone(object: Certificate, { serialNumber, why }: NotOrdered): void {
    this.#parts.events.record({
      regarding: regardingOf(object),
      type: 'Warning',
      reason: 'NotRevoked',
      message: `The certificate ${serialNumber} was not revoked, ${why}`,
    })
  }
}
