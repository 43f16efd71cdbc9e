/**
 * The Leases by which replicas share work, read in one request: one for each replica that lives, renewed by it, and one for each
 * shard, which names its holder and is written only when that changes. A shard whose holder does not live is free.
 */
import type { Clock } from '../std/clock.ts'
import { fractionOf } from '../std/fraction.ts'
import { scale, toMicroTime } from '../std/time.ts'
import { KubeError } from './errors.ts'
import type { ElectorOptions } from './lease.ts'
import { LeaseWatch, leaseKind, leaseType } from './leaseobject.ts'
import type { LeaseObject } from './leaseobject.ts'
import { Resource } from './resource.ts'

export interface ShardOptions extends Omit<ElectorOptions, 'labels'> {
  /** How many shards there are; the same for all replicas that share. */
  readonly shards: number
}

export interface ShardTable {
  /** Whether this replica may take shards: not while others share the same work in another number of parts, or undivided. */
  readonly isOurTurn: boolean
  /** Names of the replicas that live and cut the work into as many parts. */
  readonly members: readonly string[]
  /** Of each shard that is held by somebody who lives. */
  readonly holders: ReadonlyMap<number, string>
  /** The Lease of each shard that has one. */
  readonly leases: ReadonlyMap<number, LeaseObject>
}

/** What all these Leases carry; the value is the number of shards. */
export const shardsLabel = 'perennial.dev/shards'

/** The Lease of a replica that died is removed after so many of its durations. */
const burial = 20

/** @returns the name of the Lease by which a replica shows that it lives; names of replicas may be no names of Leases */
export const memberName = (name: string, identity: string): string =>
  `${name}-member-${Math.floor(fractionOf(identity) * 2 ** 32)
    .toString(16)
    .padStart(8, '0')}`

export const shardName = (name: string, shard: number): string => `${name}-shard-${shard}`

export class ShardLeases {
  readonly #options: ShardOptions
  readonly #leases: Resource<LeaseObject>
  readonly #watch: LeaseWatch
  readonly #clock: Clock

  constructor(options: ShardOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#leases = new Resource(options.transport, leaseKind)
    this.#watch = new LeaseWatch(options.clock, options.leaseDuration)
  }

  /** @throws KubeError */
  async read(signal: AbortSignal): Promise<ShardTable> {
    const { namespace, name, shards } = this.#options
    const all: LeaseObject[] = []
    for await (const page of this.#leases.pages({ namespace, labelSelector: shardsLabel }, signal))
      all.push(...page.items)
    const undivided = await this.#leases.get({ namespace, name }, signal)
    this.#watch.keepOnly(new Set([name, ...all.map(({ metadata }) => metadata.name)]))
    const members = all.filter(({ metadata }) => isNamed(metadata.name, `${name}-member-`, /^[0-9a-f]{8}$/))
    const living = members.filter((lease) => this.#watch.isAlive(lease)).toSorted(byAge)
    await this.#bury(members, signal)
    const leases = new Map(all.flatMap((lease) => this.#numbered(lease)))
    const names = new Set(living.map(holderOf))
    return {
      isOurTurn: layoutOf(living[0]) === String(shards) && !(undivided !== undefined && this.#watch.isAlive(undivided)),
      members: living.filter((lease) => layoutOf(lease) === String(shards)).map(holderOf),
      holders: new Map([...leases].flatMap(([shard, lease]) => heldBy(shard, holderOf(lease), names))),
      leases,
    }
  }

  /** @returns false when somebody else was quicker */
  async take(shard: number, lease: LeaseObject | undefined, signal: AbortSignal): Promise<boolean> {
    const { namespace, name, shards, identity } = this.#options
    const labels = { [shardsLabel]: String(shards) }
    const spec = {
      holderIdentity: identity,
      acquireTime: toMicroTime(this.#clock.now()),
      leaseTransitions: (lease?.spec.leaseTransitions ?? -1) + 1,
    }
    const ref = { namespace, name: shardName(name, shard) }
    return this.#unlessRefused(async () => {
      if (lease === undefined) await this.#leases.create({ ...leaseType, metadata: { ...ref, labels }, spec }, signal)
      else await this.#patch(lease, { labels, spec }, signal)
    })
  }

  /** Gives a shard up, if it still is ours. @returns false when the Lease has changed meanwhile: to be read again */
  release(lease: LeaseObject, signal: AbortSignal): Promise<boolean> {
    return this.#unlessRefused(() => this.#patch(lease, { spec: { holderIdentity: '' } }, signal))
  }

  async #patch(
    { metadata: { name, resourceVersion } }: LeaseObject,
    { labels, spec }: { readonly labels?: Readonly<Record<string, string>>; readonly spec: LeaseObject['spec'] },
    signal: AbortSignal,
  ): Promise<void> {
    const { namespace } = this.#options
    const metadata = { resourceVersion, ...(labels === undefined ? {} : { labels }) }
    await this.#leases.mergePatch({ namespace, name }, { metadata, spec }, signal)
  }

  async #unlessRefused(write: () => Promise<void>): Promise<boolean> {
    try {
      await write()
      return true
    } catch (error) {
      if (!(error instanceof KubeError)) throw error
      if (error.reason === 'conflict' || error.reason === 'alreadyExists' || error.reason === 'notFound') return false
      throw error
    }
  }

  /** Leases of replicas that have ended are of no more use; a new replica has a new name. */
  async #bury(members: readonly LeaseObject[], signal: AbortSignal): Promise<void> {
    const { namespace, leaseDuration } = this.#options
    for (const lease of members) {
      const isDead = holderOf(lease) === '' || this.#watch.age(lease) > scale(leaseDuration, burial)
      const { name, resourceVersion = '' } = lease.metadata
      if (isDead)
        await this.#unlessRefused(async () => {
          await this.#leases.delete({ namespace, name }, { resourceVersion }, signal)
        })
    }
  }

  #numbered(lease: LeaseObject): readonly (readonly [number, LeaseObject])[] {
    const { name, shards } = this.#options
    const prefix = shardName(name, 0).slice(0, -1)
    const number = isNamed(lease.metadata.name, prefix, /^\d+$/)
      ? Number(lease.metadata.name.slice(prefix.length))
      : shards
    return number < shards ? [[number, lease]] : []
  }
}

/** Another installation in the same namespace may have a name that begins like ours. */
const isNamed = (name: string, prefix: string, rest: RegExp): boolean =>
  name.startsWith(prefix) && rest.test(name.slice(prefix.length))

const holderOf = ({ spec }: LeaseObject): string => spec.holderIdentity ?? ''
const layoutOf = (lease: LeaseObject | undefined): string | undefined => lease?.metadata.labels?.[shardsLabel]

function heldBy(shard: number, holder: string, living: ReadonlySet<string>): readonly (readonly [number, string])[] {
  return living.has(holder) ? [[shard, holder]] : []
}

/** By the server's clock. The oldest replica that lives decides into how many parts the work is cut. */
function byAge(a: LeaseObject, b: LeaseObject): number {
  const key = ({ metadata }: LeaseObject): string => `${metadata.creationTimestamp ?? ''} ${metadata.name}`
  return key(a) < key(b) ? -1 : 1
}
