/** Everybody in the cluster who may ask for certificates, and how they are looked up. */
import type { Claimant, Route } from '../../domain/ingress/claimant.ts'
import { Store } from '../../kube/store.ts'
import type { Logger } from '../../std/log.ts'
import { claimantKey, claimantKinds, splitClaimantKey } from './kinds.ts'
import type { ClaimantKey, ClaimantKind } from './kinds.ts'
import type { ClaimantProjection, RouteProjection } from './projection.ts'

const secretsNamed = ({ claimant }: ClaimantProjection): readonly string[] =>
  claimant.entries.flatMap(({ secretNames }) => secretNames.map((name) => `${claimant.namespace}/${name}`))

const parentOf = ({ kind, namespace, name }: { kind: string; namespace: string; name: string }): string =>
  `${kind}/${namespace}/${name}`

const parentsOf = ({ route }: RouteProjection): readonly string[] => route.parents.map(parentOf)

export class Claimants {
  readonly stores: Readonly<Record<ClaimantKind, Store<ClaimantProjection>>>
  readonly routes: Store<RouteProjection>
  /** Undefined until it has been asked; then whether the cluster has routes at all. */
  hasRoutes: boolean | undefined

  constructor(log: Logger) {
    const store = (): Store<ClaimantProjection> => new Store({ indexes: { secret: secretsNamed }, log })
    this.stores = { Ingress: store(), Gateway: store(), ListenerSet: store() }
    this.routes = new Store({ indexes: { parent: parentsOf }, log })
  }

  get(key: ClaimantKey): Claimant | undefined {
    const found = splitClaimantKey(key)
    if (found === undefined) return undefined
    return (found.kind === 'HTTPRoute' ? this.routes : this.stores[found.kind]).get(found.key)?.claimant
  }

  keys(): readonly ClaimantKey[] {
    return claimantKinds.flatMap((kind) => [...this.stores[kind].keys()].map((key) => claimantKey(kind, key)))
  }

  /** @param secret - `namespace/name` */
  naming(secret: string): readonly ClaimantKey[] {
    return claimantKinds.flatMap((kind) =>
      this.stores[kind].byIndex('secret', secret).map((key) => claimantKey(kind, key)),
    )
  }

  /** Whether it is known which routes there are: before that, their names must not be taken for gone. */
  get routesAreKnown(): boolean {
    return this.hasRoutes === false || this.routes.isSynced
  }

  routesOf(claimant: Claimant): readonly Route[] {
    return this.routes.byIndex('parent', parentOf(claimant)).flatMap((key) => this.routes.get(key)?.route ?? [])
  }

  /** Calls with the key of every claimant that may see things differently now. */
  subscribe(wake: (key: ClaimantKey) => void): () => void {
    const ends = claimantKinds.map((kind) =>
      this.stores[kind].subscribe((key, before) => {
        wake(claimantKey(kind, key))
        const after = this.stores[kind].get(key)
        // Who names a Secret with it, or did, may have won or lost it.
        for (const version of [before, after])
          for (const secret of version === undefined ? [] : secretsNamed(version))
            for (const other of this.naming(secret)) wake(other)
      }),
    )
    const routed = this.routes.subscribe((key, before) => {
      wake(claimantKey('HTTPRoute', key))
      for (const version of [before, this.routes.get(key)])
        for (const parent of version?.route.parents ?? []) for (const one of this.#named(parent)) wake(one)
    })
    return () => [...ends, routed].forEach((end) => end())
  }

  /** A set of listeners is of one kind here, whatever its version calls it. */
  #named({ kind, namespace, name }: Route['parents'][number]): readonly ClaimantKey[] {
    return claimantKinds
      .filter((one) => kind.endsWith(one))
      .map((one) => claimantKey(one, `${namespace}/${name}`))
      .filter((key) => this.get(key) !== undefined)
  }
}
