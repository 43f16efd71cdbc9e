/**
 * Which replica does which part of the work. Part of the composition root.
 *
 * Certificates go by their own names, and so do issuers (whose status one replica writes), orders to revoke and policies. What several
 * objects of a namespace decide on together goes by the namespace: who of two Ingresses gets a Certificate, which routes of challenges
 * are needed no more. Notifications go with the first shard.
 */
import { everywhere } from './controllers/challenge/sweeper.ts'
import type { IssuerKey } from './controllers/issuer/live.ts'
import { aboutOf } from './revoking.ts'
import type { Adder } from './runtime/adder.ts'
import type { HeldShards, Ownership, ShardWatcher } from './runtime/ownership.ts'
import { shardOf } from './std/shards.ts'

export const kinds = ['certificate', 'issuer', 'ingress', 'revocation', 'challenge', 'policy'] as const

export type Kind = (typeof kinds)[number]

/** Where keys can be put. */
export type Adders = Readonly<Record<Kind, Adder>>

const itself = (key: string): string => key

/** What of a key of each queue decides where it belongs. */
const placeOf: Readonly<Record<Kind, (key: string) => string>> = {
  certificate: itself,
  issuer: itself,
  ingress: (key) => key.split('/')[1] ?? '',
  revocation: aboutOf,
  challenge: itself,
  policy: itself,
}

/**
 * The issuers that something of this replica's work asks for: it probes them for itself, whoever says how they are. Once asked for,
 * they stay: issuers are few.
 */
export class NeededIssuers {
  readonly #needed = new Set<IssuerKey>()

  has(key: IssuerKey): boolean {
    return this.#needed.has(key)
  }

  /** @returns whether it was not needed before */
  add(key: IssuerKey): boolean {
    const isNew = !this.#needed.has(key)
    this.#needed.add(key)
    return isNew
  }
}

/** Which keys a queue takes in. Every replica looks for leftovers everywhere, and sweeps the namespaces that are its own. */
export function admission(kind: Kind, ownership: Ownership, needed: NeededIssuers): (key: string) => boolean {
  const place = placeOf[kind]
  return (key) =>
    ownership.owns(place(key)) || (kind === 'issuer' && needed.has(key)) || (kind === 'challenge' && key === everywhere)
}

/** Takes in what is of one shard and lets the rest fall. */
export function onlyOf(shard: number, queues: Adders, shards: number): Adders {
  const only = (kind: Kind): Adder => ({
    add: (key, priority) => {
      if (shardOf(placeOf[kind](key), shards) === shard) queues[kind].add(key, priority)
    },
  })
  return {
    certificate: only('certificate'),
    issuer: only('issuer'),
    ingress: only('ingress'),
    revocation: only('revocation'),
    challenge: queues.challenge,
    policy: only('policy'),
  }
}

/** Runs what only one replica may do, while this one holds the first shard. @param run - ends soon after its signal is aborted */
export function whileFirst(held: HeldShards, run: (signal: AbortSignal) => Promise<void>): { end(): Promise<void> } {
  let ending = new AbortController()
  let running: Promise<void> = Promise.resolve()
  const stop = async (): Promise<void> => {
    ending.abort()
    await running
  }
  const watcher: ShardWatcher = {
    gained: (shard) => {
      if (shard !== 0) return
      ending = new AbortController()
      running = run(ending.signal)
    },
    lost: (shard) => (shard === 0 ? stop() : Promise.resolve()),
  }
  const unwatch = held.watch(watcher)
  return {
    end: () => {
      unwatch()
      return stop()
    },
  }
}
