/** Who of several replicas acts, and on what. Part of the composition root. */
import { hostname } from 'node:os'
import type { CacheSet, Resources } from './caches.ts'
import { openChecks } from './checks.ts'
import { openClusterAddresses } from './clusteraddresses.ts'
import type { Config } from './config.ts'
import { issuerHttp } from './connections.ts'
import { makeControllers } from './controllers.ts'
import { workUntil } from './ending.ts'
import type { RunningInventory } from './inventory.ts'
import { EventRecorder } from './kube/events.ts'
import { Elector } from './kube/lease.ts'
import type { ElectorOptions } from './kube/lease.ts'
import { ShardKeeper } from './kube/shards.ts'
import type { Transport } from './kube/transport.ts'
import type { Notifying } from './notifying.ts'
import type { Metrics } from './obs/metrics.ts'
import { random } from './runtime/clock.ts'
import type { Part } from './runtime/lifecycle.ts'
import type { HeldShards } from './runtime/ownership.ts'
import { whileFirst } from './sharing.ts'
import type { Clock } from './std/clock.ts'
import type { Logger } from './std/log.ts'
import { ok } from './std/result.ts'
import { seconds } from './std/time.ts'
import { openSurroundings } from './surroundings.ts'

export interface Operator {
  readonly config: Config
  readonly clock: Clock
  readonly log: Logger
  readonly transport: Transport
  /** For Leases alone: while all other requests hang, they must be renewed. */
  readonly leaseTransport: Transport
  readonly resources: Resources
  readonly caches: CacheSet
  readonly metrics: Metrics
  readonly state: { leads: boolean; synced: boolean }
  readonly inventory: RunningInventory
  /** Undefined: nobody is to be told anything. */
  readonly notifying: Notifying | undefined
  /** Undefined: one replica does everything. */
  readonly shards: HeldShards | undefined
}

export const identityOf = (config: Config): string => config.identity ?? `${hostname()}-${process.pid}`

const lostLease = 'The Lease was lost to another replica, or could not be renewed in time.'

/** Acts while this replica holds the Lease. Losing it ends the process: a restart is the only state known to be clean. */
export function leaderPart(operator: Operator): Part {
  const ending = new AbortController()
  let work: Promise<void> = Promise.resolve()
  return {
    name: 'controllers',
    start: ({ fail }) => {
      work = stand(operator, ending.signal).then((end) => {
        if (end === 'lost') fail(lostLease)
      })
      return Promise.resolve(ok(undefined))
    },
    stop: async () => {
      ending.abort()
      await work
    },
  }
}

async function stand(operator: Operator, signal: AbortSignal): Promise<'stopped' | 'lost'> {
  const { config, shards } = operator
  const onStarted = (leading: AbortSignal): Promise<void> => act(operator, leading)
  if (!config.leaderElection) {
    await onStarted(signal)
    return 'stopped'
  }
  if (shards === undefined) return new Elector(electorOptions(operator)).run({ onStarted, signal })
  const keeper = new ShardKeeper({ ...electorOptions(operator), shards: config.shards })
  return keeper.run({
    onStarted,
    gain: (shard) => shards.gain(shard),
    lose: (shard) => shards.lose(shard),
    signal,
  })
}

function electorOptions({ config, leaseTransport, clock, log }: Operator): ElectorOptions {
  return {
    transport: leaseTransport,
    clock,
    log,
    random,
    namespace: config.leaderElectionNamespace,
    name: config.leaderElectionName,
    identity: identityOf(config),
    leaseDuration: config.leaseDuration,
    renewDeadline: config.leaseRenewDeadline,
    retryPeriod: config.leaseRetryPeriod,
  }
}

/** The work of who leads or shares, until the signal is aborted. What is under way then gets its grace to finish. */
async function act(operator: Operator, signal: AbortSignal): Promise<void> {
  const { config, clock, log, metrics, state, transport, shards } = operator
  const addresses = await openClusterAddresses({ config, transport, clock, log }, signal)
  const cluster = addresses.hold
  const checks = openChecks({ config, cluster, clock, log })
  const events = new EventRecorder({ transport, clock, log, component: 'perennial', instance: identityOf(config) })
  const http = issuerHttp({ config, clock, log })
  const outside = openSurroundings({ config, cluster, clock, log, transport })
  if (!outside.ok) throw new Error(outside.error)
  const { surroundingsOf } = outside.value
  const controllers = makeControllers({ ...operator, events, http, looks: checks.looks, surroundingsOf })
  state.leads = true
  metrics.leadership(true)
  log.info('leading')
  const unwatch = shards?.watch(controllers)
  const telling = tell(operator, signal)
  const following = addresses.follow(signal)
  await workUntil(controllers, { grace: config.shutdownGrace, clock, signal })
  unwatch?.()
  await telling.end()
  await following
  await events.flush(seconds(2))
  await checks.close()
  await outside.value.close()
  metrics.leadership(false)
  state.leads = false
}

/** Who is in trouble is told by one replica. */
function tell({ notifying, shards }: Operator, signal: AbortSignal): { end(): Promise<unknown> } {
  if (notifying === undefined) return { end: () => Promise.resolve() }
  if (shards !== undefined) return whileFirst(shards, (holding) => notifying.run(holding))
  const telling = notifying.run(signal)
  return { end: () => telling }
}
