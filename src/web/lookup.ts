/**
 * What is looked up only when the page of one certificate is opened: Events about it, and the pods that read it. The operator
 * reads with its own rights, and shows what the person may list too.
 */
import type { ObjectMeta } from '../api/meta.ts'
import type { InventoryItem } from '../domain/inventory/item.ts'
import { KubeError } from '../kube/errors.ts'
import { Resource } from '../kube/resource.ts'
import type { KindRef, Selection } from '../kube/resource.ts'
import type { Transport } from '../kube/transport.ts'
import type { Clock } from '../std/clock.ts'
import { seconds } from '../std/time.ts'
import type { Access, Listed, User } from './access.ts'
import type { Moment } from './contract.ts'
import type { Lookup } from './detail.ts'
import { momentOf, secretsReadBy } from './readings.ts'
import type { ClusterEvent, Pod } from './readings.ts'
import { Remembered } from './remembered.ts'

export interface LookupOptions {
  readonly transport: Transport
  readonly access: Pick<Access, 'allowed'>
  readonly clock: Clock
}

const core = { group: '', version: 'v1', namespaced: true } as const
const eventKind: KindRef = { ...core, plural: 'events', kind: 'Event' }
const podKind: KindRef = { ...core, plural: 'pods', kind: 'Pod' }

/** One reading of a namespace serves everybody who asks within this time. */
const remembering = { age: seconds(15), most: 200 }
const deadline = seconds(10)
const pageSize = 200
/** A namespace with more than this is not read to its end, and that is said. */
const mostPages = 10

interface Reading<T> {
  readonly items: readonly T[]
  /** A sentence about what was not read. */
  readonly unread: string | undefined
}

export class Lookups {
  readonly #options: LookupOptions
  readonly #events: Resource<ClusterEvent>
  readonly #pods: Resource<Pod>
  readonly #readEvents: Remembered<Reading<Moment>>
  readonly #readPods: Remembered<Reading<PodUse>>

  constructor(options: LookupOptions) {
    this.#options = options
    this.#events = new Resource(options.transport, eventKind)
    this.#pods = new Resource(options.transport, podKind)
    this.#readEvents = new Remembered(options.clock, remembering)
    this.#readPods = new Remembered(options.clock, remembering)
  }

  /** @returns what the user may see of it; never rejects for what the API server says */
  async of(item: InventoryItem, user: User): Promise<Lookup> {
    const [events, pods] = await Promise.all([this.#eventsOf(item, user), this.#podsOf(item, user)])
    return {
      moments: events.items,
      consumers: pods.items.map(({ name }) => ({ kind: 'Pod', namespace: item.namespace, name })),
      unread: [events.unread, pods.unread].filter((sentence) => sentence !== undefined),
    }
  }

  async #eventsOf({ kind, namespace, name }: InventoryItem, user: User): Promise<Reading<Moment>> {
    if (kind !== 'Certificate') return nothing
    if (!(await this.#may(user, 'events', namespace))) return hidden('Events')
    const fieldSelector = `involvedObject.kind=Certificate,involvedObject.name=${name}`
    return this.#readEvents.get(`${namespace}/${name}`, () =>
      this.#read({ resource: this.#events, selection: { namespace, fieldSelector }, take: momentOf }),
    )
  }

  async #podsOf({ kind, namespace, name, secretName }: InventoryItem, user: User): Promise<Reading<PodUse>> {
    const read = kind === 'ConfigMap' ? `configmap/${name}` : `secret/${secretName ?? ''}`
    if (!(await this.#may(user, 'pods', namespace))) return hidden('Pods')
    const all = await this.#readPods.get(namespace, () =>
      this.#read({ resource: this.#pods, selection: { namespace }, take: usesOf }),
    )
    return { items: all.items.filter(({ uses }) => uses.has(read)), unread: all.unread }
  }

  async #may(user: User, listed: Listed, namespace: string): Promise<boolean> {
    return (await this.#options.access.allowed(user, listed, [namespace])).has(namespace)
  }

  async #read<T extends { readonly apiVersion: string; readonly kind: string; readonly metadata: ObjectMeta }, V>({
    resource,
    selection,
    take,
  }: {
    readonly resource: Resource<T>
    readonly selection: Selection
    readonly take: (object: T) => V
  }): Promise<Reading<V>> {
    const ending = new AbortController()
    const cancel = this.#options.clock.after(deadline, () => ending.abort())
    const items: V[] = []
    let pages = 0
    try {
      for await (const page of resource.pages({ ...selection, limit: pageSize }, ending.signal)) {
        items.push(...page.items.map(take))
        pages += 1
        if (pages >= mostPages) return { items, unread: `Only ${items.length} ${resource.kind.plural} were read.` }
      }
      return { items, unread: undefined }
    } catch (error) {
      if (!(error instanceof KubeError)) throw error
      return { items, unread: `The ${resource.kind.plural} could not be read: ${error.message}.` }
    } finally {
      cancel()
    }
  }
}

interface PodUse {
  readonly name: string
  readonly uses: ReadonlySet<string>
}

const usesOf = (pod: Pod): PodUse => ({ name: pod.metadata.name, uses: secretsReadBy(pod) })

const nothing = { items: [], unread: undefined } as const

const hidden = (what: string): { readonly items: readonly never[]; readonly unread: string } => ({
  items: [],
  unread: `You may not list ${what.toLowerCase()} in this namespace, so none are shown.`,
})
