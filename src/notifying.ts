/** Notifications, put together: from the file that says who is told what to a loop of the leader. Part of the composition root. */
import { lookup } from 'node:dns/promises'
import { dirname } from 'node:path'
import type { Config } from './config.ts'
import { addressPolicy, userAgent } from './connections.ts'
import { MemoryStore, memoryKind } from './controllers/notify/memory.ts'
import type { MemoryObject } from './controllers/notify/memory.ts'
import { Notifier } from './controllers/notify/notifier.ts'
import type { Inventory } from './controllers/inventory/inventory.ts'
import { Resource } from './kube/resource.ts'
import type { Transport } from './kube/transport.ts'
import { compilePolicy } from './net/address.ts'
import { createHttpClient } from './net/client.ts'
import type { NotificationConfig } from './notify/config.ts'
import { fileCure, filesOf } from './notify/files.ts'
import { channelFor } from './notify/table.ts'
import type { ChannelWorld } from './notify/channel.ts'
import type { Metrics } from './obs/metrics.ts'
import { failureText, readWithin } from './std/file.ts'
import type { Clock } from './std/clock.ts'
import type { Logger } from './std/log.ts'
import { err, ok } from './std/result.ts'
import type { Result } from './std/result.ts'

const memoryName = 'perennial-notifications'

export interface NotifyingParts {
  readonly config: Config
  readonly transport: Transport
  readonly inventory: Inventory
  readonly metrics: Metrics
  readonly clock: Clock
  readonly log: Logger
}

export interface Notifying {
  /** Until the signal is aborted. Never rejects. */
  run(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** @returns undefined where nobody is to be told anything; a sentence where the file cannot be used */
export async function openNotifying(parts: NotifyingParts): Promise<Result<Notifying | undefined, string>> {
  const { config, clock, log, transport, inventory, metrics } = parts
  const { notificationsConfig: path, leaderElectionNamespace: namespace, notificationsInterval: interval } = config
  if (path === undefined) return ok(undefined)
  const read = await readConfig(path)
  if (!read.ok) return read
  const http = createHttpClient({ userAgent, addressPolicy: addressPolicy(config), clock, log })
  if (!http.ok) return http
  const world = worldOf(parts, path, http.value)
  if (!world.ok) return world
  const resource = new Resource<MemoryObject>(transport, memoryKind)
  const notifier = new Notifier({
    ...read.value,
    inventory: () => inventory.picture(),
    channels: read.value.channels.map((one) => channelFor(one, world.value)),
    memory: new MemoryStore({ resource, namespace, name: memoryName }),
    count: (channel, outcome) => metrics.notifications(channel, outcome),
    interval,
    clock,
    log,
  })
  return ok({ run: (signal) => notifier.run(signal), close: () => http.value.close() })
}

/** Bytes: what a Secret can hold. */
const largestConfig = 1024 * 1024

async function readConfig(path: string): Promise<Result<NotificationConfig, string>> {
  let text: string
  try {
    text = (await readWithin(path, largestConfig)).toString('utf8')
  } catch (error) {
    return err(`--notifications-config: ${path} cannot be read: ${failureText(error)}; ${fileCure}.`)
  }
  // Loaded late: YAML takes 3 MB, and where nobody is told anything none is read.
  const { readNotificationConfig } = await import('./notify/config.ts')
  const read = readNotificationConfig(text)
  return read.ok ? read : err(`--notifications-config: in ${path}, ${read.error}.`)
}

function worldOf(
  { config, log }: NotifyingParts,
  path: string,
  http: ChannelWorld['http'],
): Result<ChannelWorld, string> {
  const check = compilePolicy(addressPolicy(config))
  if (!check.ok) return check
  return ok({
    http,
    log,
    read: filesOf(dirname(path)),
    addressOf: async (host) => {
      const found = await lookup(host, { all: true }).catch(() => [])
      const permitted = found.find(({ address }) => check.value(address))
      if (permitted !== undefined) return ok(permitted.address)
      const why = found.length === 0 ? 'cannot be resolved' : 'has no address that may be called; see --allow-addresses'
      return err(`${host} ${why}`)
    },
  })
}
