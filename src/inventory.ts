/** The inventory: its reading of what is not ours, and its page. Part of the composition root. */
import type { Secret } from './api/meta.ts'
import type { CacheSet } from './caches.ts'
import type { Config } from './config.ts'
import {
  notOurs,
  otherConfigMaps,
  projectConfigMap,
  projectFoundSecret,
  tlsSecrets,
} from './controllers/inventory/found.ts'
import type { ConfigMap, FoundProjection } from './controllers/inventory/found.ts'
import { Inventory } from './controllers/inventory/inventory.ts'
import type { FoundSource } from './controllers/inventory/inventory.ts'
import { reflect } from './kube/reflector.ts'
import { Resource } from './kube/resource.ts'
import { Store } from './kube/store.ts'
import type { Transport } from './kube/transport.ts'
import type { Part } from './runtime/lifecycle.ts'
import { Stretch } from './runtime/stretch.ts'
import type { Clock } from './std/clock.ts'
import type { Logger } from './std/log.ts'
import { ok } from './std/result.ts'

const core = { group: '', version: 'v1', namespaced: true } as const

/** ConfigMaps may be a megabyte each, of whatever. */
const configMapsOfPage = 50

export interface InventoryOptions {
  readonly config: Pick<Config, 'inventory' | 'namespaces' | 'webAddress'>
  readonly transport: Transport
  readonly caches: CacheSet
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
}

export interface RunningInventory {
  readonly inventory: Inventory
  /** What lists and watches what is not ours, on every replica, leading or not. */
  readonly part: Part
}

/** @returns the inventory over the caches; what is not ours is filled in while it is followed */
export function makeInventory(options: InventoryOptions): RunningInventory {
  const { config, caches, clock, log } = options
  const { certificates, secrets, issuers, clusterIssuers, policies, claimants } = caches
  const store = (): Store<FoundProjection> => new Store({ log })
  const sources = {
    Secret: config.inventory === 'managed' ? undefined : store(),
    ConfigMap: config.inventory === 'all' ? store() : undefined,
  }
  const found: readonly FoundSource[] = (['Secret', 'ConfigMap'] as const).flatMap((kind) =>
    sources[kind] === undefined ? [] : [{ kind, store: sources[kind] }],
  )
  const parts = { certificates, secrets, issuers, clusterIssuers, policies, claimants, found, clock }
  const inventory = new Inventory(parts)
  const stretch = new Stretch(clock)
  const run = async (signal: AbortSignal): Promise<void> => {
    const following = follow(options, sources, signal)
    // Without the page nobody asks, and nothing is kept.
    if (config.webAddress !== undefined) await inventory.prepare(() => stretch.rest())
    await following
  }
  return { inventory, part: followingPart(run) }
}

function followingPart(run: (signal: AbortSignal) => Promise<void>): Part {
  const ending = new AbortController()
  let loops: Promise<void> = Promise.resolve()
  return {
    name: 'inventory',
    start: () => {
      loops = run(ending.signal)
      return Promise.resolve(ok(undefined))
    },
    stop: async () => {
      ending.abort()
      await loops
    },
  }
}

async function follow(
  { config, transport, clock, log, random }: InventoryOptions,
  { Secret, ConfigMap }: Readonly<Record<'Secret' | 'ConfigMap', Store<FoundProjection> | undefined>>,
  signal: AbortSignal,
): Promise<void> {
  const { namespaces } = config
  const common = { ...(namespaces.length === 0 ? {} : { namespaces }), clock, log, random, signal }
  const secrets = new Resource<Secret>(transport, { ...core, plural: 'secrets', kind: 'Secret' })
  const configMaps = new Resource<ConfigMap>(transport, { ...core, plural: 'configmaps', kind: 'ConfigMap' })
  await Promise.all([
    Secret &&
      reflect({
        ...common,
        resource: secrets,
        store: Secret,
        project: projectFoundSecret,
        labelSelector: notOurs,
        fieldSelector: tlsSecrets,
      }),
    ConfigMap &&
      reflect({
        ...common,
        resource: configMaps,
        store: ConfigMap,
        project: projectConfigMap,
        fieldSelector: otherConfigMaps,
        pageSize: configMapsOfPage,
      }),
  ])
}
