/** A replica of an operator that does nothing but keep its part of the shards. */
import { ShardKeeper } from '../../src/kube/shards.ts'
import type { FakeApi } from '../support/fakeapi/server.ts'
import { makeStation, times } from './replica.ts'
import type { Station } from './replica.ts'

export interface Sharer extends Omit<Station, 'transport'> {
  readonly name: string
  /** The shards that it works on. */
  readonly works: readonly number[]
  /** The shards that it was told to leave and whose work is not done yet. */
  readonly leaving: readonly number[]
  /** Why it was told to stop, as its signal says. */
  readonly reason: unknown
  /** How its run ended. */
  readonly ended: 'stopped' | 'lost' | undefined
  /** Work is not done when it is told to leave it, until it is let go. */
  holdUp(): void
  letGo(): void
  stop(): void
  /** It stops, and its work ends. */
  close(): Promise<void>
}

export const home = { collection: '/apis/coordination.k8s.io/v1/leases', namespace: 'home' }

export function startSharer(api: FakeApi, name: string, shards = 12): Sharer {
  const { transport, ...station } = makeStation(api, name)
  const { clock, log } = station
  const stopping = new AbortController()
  const works = new Set<number>()
  const leaving = new Map<number, () => void>()
  const state: { ended: Sharer['ended']; reason: unknown; isHeldUp: boolean } = {
    ended: undefined,
    reason: undefined,
    isHeldUp: false,
  }
  const names = { namespace: home.namespace, name: 'op', identity: name }
  const keeper = new ShardKeeper({ transport, clock, log, random: () => 0.5, shards, ...names, ...times })
  const letGo = (): void => {
    state.isHeldUp = false
    for (const end of leaving.values()) end()
    leaving.clear()
  }
  const running = keeper
    .run({
      signal: stopping.signal,
      gain: (shard) => void works.add(shard),
      lose: async (shard) => {
        works.delete(shard)
        if (state.isHeldUp) await new Promise<void>((resolve) => leaving.set(shard, resolve))
      },
      onStarted: (signal) =>
        new Promise((resolve) => {
          const end = (): void => {
            state.reason = signal.reason
            works.clear()
            resolve()
          }
          if (signal.aborted) end()
          signal.addEventListener('abort', end, { once: true })
        }),
    })
    .then((end) => (state.ended = end))
  return {
    ...station,
    name,
    get works() {
      return [...works].toSorted((a, b) => a - b)
    },
    get leaving() {
      return [...leaving.keys()]
    },
    get reason() {
      return state.reason
    },
    get ended() {
      return state.ended
    },
    holdUp: () => {
      state.isHeldUp = true
    },
    letGo,
    stop: () => stopping.abort(),
    close: async () => {
      stopping.abort()
      letGo()
      await running
      await transport.close()
    },
  }
}
