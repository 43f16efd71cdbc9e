/** What a fake API server keeps: objects by collection, one revision for all, and the history that watches are served from. */
export interface FakeObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
    readonly resourceVersion?: string
    readonly labels?: Readonly<Record<string, string>>
  }
  readonly [field: string]: unknown
}

export interface FakeEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: FakeObject
  readonly revision: number
}

export interface Place {
  /** For example `/apis/perennial.dev/v1/certificates`, without the namespace. */
  readonly collection: string
  readonly namespace: string | undefined
  readonly name: string | undefined
}

/** `/api/v1/namespaces/team/secrets/one`; undefined for a path that is none. */
export function placeOf(path: string): Place | undefined {
  const match =
    /^(\/api\/[^/]+|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/status)?$/.exec(path)
  if (match === null) return undefined
  const [, root = '', namespace, plural = '', name] = match
  return {
    collection: `${root}/${plural}`,
    namespace: namespace === undefined ? undefined : decodeURIComponent(namespace),
    name: name === undefined ? undefined : decodeURIComponent(name),
  }
}

const keyOf = ({ metadata }: FakeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`

export class FakeObjects {
  #revision = 100
  #uids = 0
  readonly #collections = new Map<string, Map<string, FakeObject>>()
  readonly #history = new Map<string, FakeEvent[]>()
  readonly #listeners = new Set<(collection: string, event: FakeEvent) => void>()

  get revision(): number {
    return this.#revision
  }

  subscribe(listener: (collection: string, event: FakeEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Makes time pass for other resources: the revision grows, and this collection has no event. */
  passRevisions(count: number): void {
    this.#revision += count
  }

  list({ collection, namespace }: Place): readonly FakeObject[] {
    const all = [...(this.#collections.get(collection)?.values() ?? [])]
    return all
      .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
      .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  }

  get({ collection, namespace, name }: Place): FakeObject | undefined {
    return this.#collections.get(collection)?.get(`${namespace ?? ''}/${name ?? ''}`)
  }

  put(collection: string, object: FakeObject): FakeObject {
    const objects = this.#collections.get(collection) ?? new Map<string, FakeObject>()
    this.#collections.set(collection, objects)
    const before = objects.get(keyOf(object))
    this.#revision += 1
    const uid = before?.metadata.uid ?? `uid-${++this.#uids}`
    const stored = { ...object, metadata: { ...object.metadata, uid, resourceVersion: `${this.#revision}` } }
    objects.set(keyOf(stored), stored)
    this.#happened(collection, {
      type: before === undefined ? 'ADDED' : 'MODIFIED',
      object: stored,
      revision: this.#revision,
    })
    return stored
  }

  delete(place: Place): FakeObject | undefined {
    const had = this.get(place)
    if (had === undefined) return undefined
    this.#collections.get(place.collection)?.delete(keyOf(had))
    this.#revision += 1
    const object = { ...had, metadata: { ...had.metadata, resourceVersion: `${this.#revision}` } }
    this.#happened(place.collection, { type: 'DELETED', object, revision: this.#revision })
    return object
  }

  since(place: Place, revision: number): readonly FakeEvent[] {
    return (this.#history.get(place.collection) ?? []).filter((event) => event.revision > revision)
  }

  #happened(collection: string, event: FakeEvent): void {
    const history = this.#history.get(collection) ?? []
    history.push(event)
    this.#history.set(collection, history)
    for (const listener of this.#listeners) listener(collection, event)
  }
}
