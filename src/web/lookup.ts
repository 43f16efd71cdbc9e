/**
 * What is looked up only when the page of one certificate is opened: Events about it, the pods that
 * read it and the webhooks that rely on it. The operator
 * reads with its own rights, and shows what the person may list too.
 */
import type { ObjectMeta } from '../api/meta.ts'
import type { Consumer, InventoryItem } from '../domain/inventory/item.ts'
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
import { isUsedBy, webhookKinds, webhookUse } from './webhooks.ts'
import type { WebhookConfiguration, WebhookUse } from './webhooks.ts'

export interface LookupOptions {
  readonly transport: Transport
  readonly access: Pick<Access, 'allowed' | 'mayEverywhere'>
  readonly clock: Clock
  /** Of the certificates in PEM, lower-case hex; none where it cannot be read. */
  readonly fingerprintsIn: (pem: string) => readonly string[]
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
  readonly #readWebhooks: Remembered<Reading<WebhookUse>>

  constructor(options: LookupOptions) {
    this.#options = options
    this.#events = new Resource(options.transport, eventKind)
    this.#pods = new Resource(options.transport, podKind)
    this.#readEvents = new Remembered(options.clock, remembering)
    this.#readPods = new Remembered(options.clock, remembering)
    this.#readWebhooks = new Remembered(options.clock, remembering)
  }

  /** @returns what the user may see of it; never rejects for what the API server says */
  async of(item: InventoryItem, user: User): Promise<Lookup> {
    const [events, pods, mutating, validating] = await Promise.all([
      this.#eventsOf(item, user),
      this.#podsOf(item, user),
      this.#webhooksOf(item, user, 'mutatingwebhookconfigurations'),
      this.#webhooksOf(item, user, 'validatingwebhookconfigurations'),
    ])
    const unread = [events, pods, mutating, validating].map((reading) => reading.unread)
    return {
      moments: events.items,
      consumers: [pods, mutating, validating].flatMap(({ items }) => items),
      unread: unread.filter((sentence) => sentence !== undefined),
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

  async #podsOf({ kind, namespace, name, secretName }: InventoryItem, user: User): Promise<Reading<Consumer>> {
    const read = kind === 'ConfigMap' ? `configmap/${name}` : `secret/${secretName ?? ''}`
    if (!(await this.#may(user, 'pods', namespace))) return hidden('Pods')
    const all = await this.#readPods.get(namespace, () =>
      this.#read({ resource: this.#pods, selection: { namespace }, take: usesOf }),
    )
    const users = all.items.filter(({ uses }) => uses.has(read))
    return { items: users.map((pod) => ({ kind: 'Pod', namespace, name: pod.name })), unread: all.unread }
  }

  /** Few people may list them, so nothing is said where somebody may not. */
  async #webhooksOf(item: InventoryItem, user: User, plural: keyof typeof webhookKinds): Promise<Reading<Consumer>> {
    const { transport, access, fingerprintsIn } = this.#options
    if (!(await access.mayEverywhere(user, plural))) return nothing
    const { kind } = webhookKinds[plural]
    const resource = new Resource<WebhookConfiguration>(transport, webhookKinds[plural])
    const take = (one: WebhookConfiguration): WebhookUse => webhookUse(one, fingerprintsIn)
    const all = await this.#readWebhooks.get(plural, () => this.#read({ resource, selection: {}, take }))
    const users = all.items.filter((one) => isUsedBy(item, one))
    return { items: users.map(({ name }) => ({ kind, namespace: '', name })), unread: all.unread }
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
