/**
 * Puts up what leads to the answers of a Certificate, and takes down whatever no answer needs any more. What is needed is read
 * off the statuses of Certificates each time, so that nothing is left behind by a crash, an edit or a deletion.
 */
import type { Certificate } from '../../api/certificate.ts'
import type { KubeObject } from '../../api/meta.ts'
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import { KubeError } from '../../kube/errors.ts'
import type { Resource } from '../../kube/resource.ts'
import { exhaustive } from '../../std/exhaustive.ts'
import type { Clock } from '../../std/clock.ts'
import { fromRfc3339, minus } from '../../std/time.ts'
import type { Duration, Instant } from '../../std/time.ts'
import { fieldManager, labels } from '../names.ts'
import type { BackendState, ChallengeBackend } from './backend.ts'
import { labelled } from './labelled.ts'
import { Lanes } from './lanes.ts'
import type { HttpRoute, Ingress } from './objects.ts'
import { clearingFor, editFor, ingressFor, routeFor } from './render.ts'
import { targetsOf } from './targets.ts'
import type { Target } from './targets.ts'

type Access<T extends KubeObject> = Pick<Resource<T>, 'kind' | 'get' | 'pages' | 'apply' | 'mergePatch' | 'delete'>

export interface RoutesParts {
  readonly ingresses: Access<Ingress>
  readonly ingressClasses: Pick<Resource<KubeObject>, 'get'>
  /** HTTPRoutes in the version that the cluster serves; undefined where it has none. */
  readonly routes: (signal: AbortSignal) => Promise<Access<HttpRoute> | undefined>
  readonly backend: Pick<ChallengeBackend, 'ensure' | 'remove' | 'services'>
  /** Every Certificate of a namespace, as it is known now. */
  readonly certificatesIn: (namespace: string) => Iterable<Certificate>
  /** Has a namespace swept from now on until nothing is needed there. */
  readonly wakeSweeper: (namespace: string) => void
  /** Empty: all. */
  readonly namespaces: readonly string[]
  /** What was changed less than this long ago stays: another replica may have put it up for what is not seen here yet. */
  readonly leeway: Duration
  readonly clock: Pick<Clock, 'now'>
}

/** Whether we changed it, or it was made, after that moment. */
function isYoung({ metadata }: KubeObject, since: Instant): boolean {
  const ours = (metadata.managedFields ?? []).filter(({ manager }) => manager === fieldManager)
  const times = [metadata.creationTimestamp, ...ours.map(({ time }) => time)]
  return times.some((time) => (fromRfc3339(time ?? '') ?? since) > since)
}

export type RouteState =
  | { readonly kind: 'ready' }
  | { readonly kind: 'waiting'; readonly note: string }
  | { readonly kind: 'failed'; readonly fault: Fault }

type Own<Kind extends Target['kind']> = Extract<Target, { kind: Kind }>

const ready: RouteState = { kind: 'ready' }
const failed = (message: string): RouteState => ({ kind: 'failed', fault: fault('RequestRejected', message) })

export class ChallengeRoutes {
  readonly #parts: RoutesParts
  /** By namespace: what is put up and what is taken down must not cross. */
  readonly #lanes = new Lanes()
  /** By namespace: the tokens that were needed when it was last swept. */
  readonly #swept = new Map<string, string>()

  constructor(parts: RoutesParts) {
    this.#parts = parts
  }

  /**
   * Everything that the answers in the Certificate's status need. Idempotent.
   *
   * @throws KubeError when the API server cannot be asked at all
   */
  async ensure(certificate: Certificate, signal: AbortSignal): Promise<RouteState> {
    const targets = targetsOf(certificate)
    if (targets.length === 0) return ready
    const { namespace = '' } = certificate.metadata
    this.#parts.wakeSweeper(namespace)
    return this.#lanes.take(namespace, async () => {
      for (const target of targets) {
        const state = await this.#carefully(target, () => this.#put(target, certificate, signal))
        if (state.kind !== 'ready') return state
      }
      return ready
    })
  }

  /**
   * Takes down, in one namespace, what no answer needs any more. Idempotent; asks nobody while the same is needed as before.
   *
   * @returns whether something is still needed, which is to be looked at again
   */
  sweep(namespace: string, signal: AbortSignal): Promise<'needed' | 'clean'> {
    return this.#lanes.take(namespace, async () => {
      const needed = this.#needed(namespace)
      const snapshot = [...needed.tokens].toSorted().join(' ')
      if (snapshot !== '' && this.#swept.get(namespace) === snapshot) return 'needed'
      const isDone = await this.#takeDown(namespace, needed, signal)
      if (snapshot === '' || !isDone) this.#swept.delete(namespace)
      else this.#swept.set(namespace, snapshot)
      return snapshot === '' && isDone ? 'clean' : 'needed'
    })
  }

  /** @returns false when something is left that is too young to be taken down */
  async #takeDown(namespace: string, needed: Needed, signal: AbortSignal): Promise<boolean> {
    const { ingresses, backend, clock, leeway } = this.#parts
    const since = minus(clock.now(), leeway)
    let isDone = true
    const old = <T extends KubeObject>(objects: readonly T[]): readonly T[] => {
      const kept = leeway > 0 ? objects.filter((object) => !isYoung(object, since)) : objects
      isDone &&= kept.length === objects.length
      return kept
    }
    for (const ingress of old(await labelled(ingresses, namespace, signal))) await this.#clear(ingress, needed, signal)
    const routes = await this.#parts.routes(signal)
    for (const route of routes === undefined ? [] : old(await labelled(routes, namespace, signal)))
      if (!needed.names.has(route.metadata.name)) await routes?.delete(route.metadata, {}, signal)
    if (!needed.backend && isDone) await backend.remove(namespace, signal)
    return isDone
  }

  /** The namespaces in which something of ours is left, needed or not. */
  async leftovers(signal: AbortSignal): Promise<readonly string[]> {
    const { ingresses, backend, namespaces } = this.#parts
    const routes = await this.#parts.routes(signal)
    const found = new Set<string>()
    for (const namespace of namespaces.length === 0 ? [undefined] : namespaces)
      for (const resource of [ingresses, backend.services, ...(routes === undefined ? [] : [routes])])
        for (const { metadata } of await labelled<KubeObject>(resource, namespace, signal))
          found.add(metadata.namespace ?? '')
    return [...found]
  }

  async #put(target: Target, certificate: Certificate, signal: AbortSignal): Promise<RouteState> {
    const { namespace = '' } = certificate.metadata
    const { kind, type } = target.service
    const backend: BackendState =
      kind === 'own' ? await this.#parts.backend.ensure(namespace, type, signal) : { kind: 'ready' }
    if (backend.kind === 'failed') return failed(backend.message)
    if (backend.kind === 'waiting') return backend
    switch (target.kind) {
      case 'ingress':
        return this.#putIngress(target, certificate, signal)
      case 'edit':
        return this.#edit(target, namespace, signal)
      case 'route':
        return this.#putRoute(target, certificate, signal)
      default:
        return exhaustive(target)
    }
  }

  async #putIngress(target: Own<'ingress'>, certificate: Certificate, signal: AbortSignal): Promise<RouteState> {
    const { ingressClassName } = target.spec
    if (ingressClassName !== undefined && !(await this.#hasClass(ingressClassName, signal)))
      return failed(
        `there is no IngressClass ${ingressClassName}, which the solver names; see kubectl get ingressclasses`,
      )
    await this.#parts.ingresses.apply(ingressFor(target, certificate), signal)
    return ready
  }

  /** Where we may not look, we believe that it is there. */
  async #hasClass(name: string, signal: AbortSignal): Promise<boolean> {
    try {
      return (await this.#parts.ingressClasses.get({ name }, signal)) !== undefined
    } catch (error) {
      if (error instanceof KubeError && error.reason === 'forbidden') return true
      throw error
    }
  }

  async #edit(target: Own<'edit'>, namespace: string, signal: AbortSignal): Promise<RouteState> {
    const { ingresses } = this.#parts
    const ingress = await ingresses.get({ namespace, name: target.name }, signal)
    if (ingress === undefined)
      return failed(
        `there is no Ingress ${target.name} in namespace ${namespace}, to which the challenge is to be added`,
      )
    const patch = editFor(ingress, target)
    if (patch !== undefined) await ingresses.mergePatch({ namespace, name: target.name }, patch, signal)
    return ready
  }

  async #putRoute(target: Own<'route'>, certificate: Certificate, signal: AbortSignal): Promise<RouteState> {
    const routes = await this.#parts.routes(signal)
    if (routes === undefined) return failed('the cluster has no HTTPRoutes: install the Gateway API, or use an Ingress')
    if (target.parents.length === 0)
      return failed(
        'the solver names no Gateway; set gatewayHTTPRoute.parentRefs, for no Gateway asked for the Certificate',
      )
    await routes.apply(routeFor(target, routes.kind, certificate), signal)
    return ready
  }

  /** What a person can mend is told; somebody who was quicker is waited for; the rest is the API server's trouble. */
  async #carefully({ kind, name }: Target, work: () => Promise<RouteState>): Promise<RouteState> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof KubeError)) throw error
      const what = `${kind === 'route' ? 'HTTPRoute' : 'Ingress'} ${name}`
      if (error.reason === 'conflict') return { kind: 'waiting', note: `${what} is being changed by somebody else` }
      if (error.reason === 'forbidden')
        return failed(`the operator may not put the challenge on ${what}: ${error.message}`)
      if (error.reason === 'invalid') return failed(`${what} was refused: ${error.message}`)
      throw error
    }
  }

  async #clear(ingress: Ingress, { tokens, names }: Needed, signal: AbortSignal): Promise<void> {
    const { ingresses } = this.#parts
    const { metadata } = ingress
    if (metadata.labels?.[labels.challenge] === 'route') {
      if (!names.has(metadata.name)) await ingresses.delete(metadata, { uid: metadata.uid ?? '' }, signal)
      return
    }
    const patch = clearingFor(ingress, tokens)
    if (patch !== undefined) await ingresses.mergePatch(metadata, patch, signal)
  }

  #needed(namespace: string): Needed {
    const targets = [...this.#parts.certificatesIn(namespace)].flatMap(targetsOf)
    return {
      tokens: new Set(targets.flatMap(({ paths }) => paths.map(({ token }) => token))),
      names: new Set(targets.map(({ name }) => name)),
      backend: targets.some(({ service }) => service.kind === 'own'),
    }
  }
}

interface Needed {
  readonly tokens: ReadonlySet<string>
  readonly names: ReadonlySet<string>
  readonly backend: boolean
}
