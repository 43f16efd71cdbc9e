/**
 * Who is told what. Each channel is told of an alert once: when it has stood long enough, when it becomes worse, and when it is
 * over. What was told is handed in and handed out, so that neither a restart nor another replica tells it again.
 */
import { between, days, fromRfc3339, plus, toRfc3339 } from '../../std/time.ts'
import type { Duration, Instant } from '../../std/time.ts'
import { isInKind } from './alerts.ts'
import type { Alert, AlertSeverity } from './alerts.ts'

export interface Route {
  /** Owners it is for, as labels name them; empty: all. */
  readonly owners: readonly string[]
  /** Empty: all. */
  readonly namespaces: readonly string[]
  /** The least that is told. */
  readonly severity: AlertSeverity
  /** Names of channels. */
  readonly channels: readonly string[]
}

export interface Told {
  readonly severity: AlertSeverity
  /** RFC 3339. */
  readonly at: string
}

/** By alert, since when it stands (RFC 3339); and by channel and alert what it was told. */
export interface Memory {
  readonly standing: Readonly<Record<string, string>>
  readonly told: Readonly<Record<string, Readonly<Record<string, Told>>>>
  /** By channel the day of its last digest, `2026-11-24`. */
  readonly digests: Readonly<Record<string, string>>
}

export const emptyMemory: Memory = { standing: {}, told: {}, digests: {} }

export type Notice =
  | { readonly kind: 'raised'; readonly alert: Alert }
  | { readonly kind: 'resolved'; readonly key: string; readonly severity: AlertSeverity; readonly at: string }

export interface Letter {
  readonly channel: string
  readonly notices: readonly Notice[]
  /** What the channel has been told once this is delivered. */
  readonly then: Readonly<Record<string, Told>>
}

export interface Plan {
  /** Before anything is delivered. */
  readonly memory: Memory
  readonly letters: readonly Letter[]
}

export interface Rules {
  readonly routes: readonly Route[]
  /** How long an alert must stand: what mends itself is nobody's night. */
  readonly holdFor: Duration
}

export function plan(alerts: readonly Alert[], { memory, rules, now, unread }: Situation): Plan {
  const unseen = Object.keys(memory.standing).filter((key) => unread.some((kind) => isInKind(key, kind)))
  const standing = Object.fromEntries(
    [...alerts.map(({ key }) => key), ...unseen].map((key) => [key, standsSince(memory.standing[key], now)]),
  )
  const isDue = ({ key }: Alert): boolean => between(fromRfc3339(standing[key] ?? '') ?? now, now) >= rules.holdFor
  const channels = [...new Set(rules.routes.flatMap((route) => route.channels))]
  const letters = channels.flatMap((channel) => {
    const routes = rules.routes.filter((route) => route.channels.includes(channel))
    const mine = alerts.filter((alert) => isDue(alert) && routes.some((route) => isFor(route, alert)))
    const still = new Set(Object.keys(standing))
    return letterTo(channel, { mine, still, told: memory.told[channel] ?? {}, now }) ?? []
  })
  const told = Object.fromEntries(channels.map((channel) => [channel, memory.told[channel] ?? {}]))
  return { memory: { ...memory, standing, told }, letters }
}

/** What is no time, or has not come (somebody edited it, or a clock was ahead), is as good as none: it would hold an alert back for ever. */
function standsSince(text: string | undefined, now: Instant): string {
  const since = fromRfc3339(text ?? '')
  return text !== undefined && since !== undefined && since <= now ? text : toRfc3339(now)
}

interface Situation {
  readonly memory: Memory
  readonly rules: Rules
  readonly now: Instant
  /** Kinds of objects that have not been read: what was told of things in them is not over. */
  readonly unread: readonly string[]
}

interface Post {
  readonly mine: readonly Alert[]
  /** Keys of every alert there is: what is only routed elsewhere now is not over. */
  readonly still: ReadonlySet<string>
  readonly told: Readonly<Record<string, Told>>
  readonly now: Instant
}

const ranks: Readonly<Record<AlertSeverity, number>> = { warning: 1, critical: 2 }

function letterTo(channel: string, { mine, still, told, now }: Post): Letter | undefined {
  const rankOf = (key: string): number => (told[key] === undefined ? 0 : ranks[told[key].severity])
  const raised = mine.filter(({ key, severity }) => ranks[severity] > rankOf(key))
  const over = Object.entries(told).filter(([key]) => !still.has(key))
  if (raised.length === 0 && over.length === 0) return undefined
  const at = toRfc3339(now)
  const kept = Object.entries(told).filter(([key]) => still.has(key))
  const then = [...kept, ...raised.map(({ key, severity }): [string, Told] => [key, { severity, at }])]
  return {
    channel,
    notices: [
      ...raised.map((alert): Notice => ({ kind: 'raised', alert })),
      ...over.map(([key, was]): Notice => ({ kind: 'resolved', key, ...was })),
    ],
    then: Object.fromEntries(then),
  }
}

const isFor = ({ owners, namespaces, severity }: Route, alert: Alert): boolean =>
  (owners.length === 0 || owners.includes(alert.owner ?? '')) &&
  (namespaces.length === 0 || namespaces.includes(alert.namespace)) &&
  ranks[alert.severity] >= ranks[severity]

/** @returns the memory once a letter is delivered */
export const delivered = (memory: Memory, { channel, then }: Letter): Memory => ({
  ...memory,
  told: { ...memory.told, [channel]: then },
})

/**
 * @param at - time of day in UTC, `07:00`
 * @returns the day whose digest a channel has not had yet, once its time of day has come
 */
export function digestDue(last: string | undefined, at: string, now: Instant): string | undefined {
  const [day = '', time = ''] = toRfc3339(now).split('T')
  // Clocks of two leaders may be on either side of midnight; what lies further ahead is no day that a digest was sent on.
  const isTomorrowAtMost = last !== undefined && last <= toRfc3339(plus(now, days(1))).slice(0, 10)
  const isSent = isTomorrowAtMost && last >= day
  return time.slice(0, 5) >= at && !isSent ? day : undefined
}
