/** The Certificates that claimants have: looked up in the cache, written and taken away. */
import { createHash } from 'node:crypto'
import type { Certificate } from '../../api/certificate.ts'
import { apiVersion, controllerOf } from '../../api/meta.ts'
import type { KubeObject } from '../../api/meta.ts'
import type { Claimant } from '../../domain/ingress/claimant.ts'
import type { Apply, Existing, IngressStep } from '../../domain/ingress/decide.ts'
import type { WantedCertificate } from '../../domain/ingress/wanted.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Store } from '../../kube/store.ts'
import type { Clock } from '../../std/clock.ts'
import { isJsonObject } from '../../std/json.ts'
import type { Logger } from '../../std/log.ts'
import type { Instant } from '../../std/time.ts'
import { projectCertificate } from '../certificate/certificates.ts'
import type { CertificateProjection } from '../certificate/certificates.ts'
import { annotations } from '../names.ts'
import { Pace } from './pace.ts'

export interface ClaimedCertificatesParts {
  readonly resource: Resource<Certificate>
  readonly store: Store<CertificateProjection>
  readonly clock: Clock
  readonly log: Logger
}

export type Acted =
  { readonly kind: 'done' } | { readonly kind: 'nothing' } | { readonly kind: 'later'; readonly at: Instant }

export class ClaimedCertificates {
  readonly #parts: ClaimedCertificatesParts
  readonly #pace: Pace

  constructor(parts: ClaimedCertificatesParts) {
    this.#parts = parts
    this.#pace = new Pace(parts.clock, (certificate) =>
      parts.log.warn('a Certificate is changed each time it is written as its Ingress or Gateway asks', {
        certificate,
      }),
    )
  }

  find(key: string): Existing | undefined {
    const projection = this.#parts.store.get(key)
    return projection === undefined ? undefined : existing(projection)
  }

  /** @param value - `namespace/` and the name of the Secret, or the uid of the controller */
  having(index: 'secret' | 'controller', value: string): readonly Existing[] {
    return this.#parts.store.byIndex(index, value).flatMap((key) => this.find(key) ?? [])
  }

  /** @returns when to come again, where it is too early to mend what is changed by others time and again */
  async act(step: IngressStep, claimant: Claimant, signal: AbortSignal): Promise<Acted> {
    return step.kind === 'remove' ? this.#remove(step.name, claimant, signal) : this.#apply(step, claimant, signal)
  }

  async #apply(step: Apply, claimant: Claimant, signal: AbortSignal): Promise<Acted> {
    const { resource, store } = this.#parts
    const key = `${claimant.namespace}/${step.wanted.name}`
    const before = store.get(key)
    const uid = before?.object.metadata.uid ?? ''
    if (step.kind === 'mend') {
      const until = this.#pace.mayMend(uid, key)
      if (until !== undefined) return { kind: 'later', at: until }
    } else this.#pace.forget(uid)
    const object = certificateFor(step, claimant, before?.object.metadata.resourceVersion)
    // A Certificate that somebody made meanwhile is not to be taken over.
    const written =
      before === undefined ? await resource.applyNew(object, signal) : await resource.apply(object, signal)
    // Told to everybody: the watch brings what is known already, which wakes nobody.
    store.put(key, projectCertificate(written))
    return { kind: 'done' }
  }

  async #remove(name: string, claimant: Claimant, signal: AbortSignal): Promise<Acted> {
    const { resource, store } = this.#parts
    const { namespace } = claimant
    const key = `${namespace}/${name}`
    const { uid, resourceVersion } = store.get(key)?.object.metadata ?? {}
    if (uid === undefined || resourceVersion === undefined) return { kind: 'nothing' }
    const answer = await resource.delete({ namespace, name }, { uid, resourceVersion }, signal)
    store.remove(key)
    this.#pace.forget(uid)
    return { kind: answer === 'deleted' ? 'done' : 'nothing' }
  }
}

export function hashOf(wanted: WantedCertificate): string {
  return createHash('sha256').update(JSON.stringify(wanted)).digest('hex').slice(0, 32)
}

function certificateFor({ wanted, hash }: Apply, claimant: Claimant, resourceVersion: string | undefined): Certificate {
  const { name, spec, labels, annotations: notes } = wanted
  const owner = { apiVersion: claimant.apiVersion, kind: claimant.kind, name: claimant.name, uid: claimant.uid }
  const metadata = {
    namespace: claimant.namespace,
    name,
    labels,
    annotations: { ...notes, [annotations.wantedHash]: hash },
    ownerReferences: [{ ...owner, controller: true }],
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  }
  // The spec has been held to the schema of Certificates.
  return { apiVersion, kind: 'Certificate', metadata, spec: spec as object as Certificate['spec'] }
}

function existing({ object }: CertificateProjection): Existing {
  const { metadata, spec } = object
  return {
    name: metadata.name,
    secretName: spec.secretName,
    controller: controllerOf(metadata)?.uid,
    hash: metadata.annotations?.[annotations.wantedHash],
    isEnding: metadata.deletionTimestamp !== undefined,
    object: asJson(object),
  }
}

const asJson = (object: KubeObject): Existing['object'] => (isJsonObject(object) ? object : {})
