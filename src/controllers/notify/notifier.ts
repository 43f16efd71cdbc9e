/** Looks at the inventory, and has channels tell what is new: one look after the other, each channel in its own time. */
import type { InventoryItem } from '../../domain/inventory/item.ts'
import type { JudgedItem } from '../../domain/inventory/query.ts'
import { summarize } from '../../domain/inventory/summary.ts'
import { alertsOf } from '../../domain/notify/alerts.ts'
import type { Alert, Thresholds } from '../../domain/notify/alerts.ts'
import { digestOf, messageOf } from '../../domain/notify/message.ts'
import type { Message } from '../../domain/notify/message.ts'
import { delivered, digestDue, plan } from '../../domain/notify/plan.ts'
import type { Memory, Rules } from '../../domain/notify/plan.ts'
import { pause } from '../../kube/pause.ts'
import type { Clock } from '../../std/clock.ts'
import { startDeadline } from '../../std/deadline.ts'
import type { Logger } from '../../std/log.ts'
import { minutes, plus, scale, seconds } from '../../std/time.ts'
import type { Duration, Instant } from '../../std/time.ts'
import type { MemoryStore } from './memory.ts'

/** Delivers a message. @returns a sentence about why it was not taken; undefined when it was */
export interface Herald {
  readonly name: string
  deliver(message: Message, signal: AbortSignal): Promise<string | undefined>
}

export interface NotifierParts {
  readonly inventory: () => Seen
  readonly channels: readonly Herald[]
  readonly thresholds: Thresholds
  readonly rules: Rules
  readonly digest: { readonly at: string; readonly channels: readonly string[] } | undefined
  readonly memory: Pick<MemoryStore, 'load' | 'save'>
  /** Counts an attempt. */
  readonly count: (channel: string, outcome: 'delivered' | 'failed') => void
  readonly interval: Duration
  readonly clock: Clock
  readonly log: Logger
}

/** Everything there is, and kinds of objects that have not been read yet, or cannot be. */
export interface Seen {
  readonly judged: readonly JudgedItem[]
  readonly unread: readonly string[]
}

const deliverWithin = seconds(60)
/** After a failure, and after many. */
const [firstPause, longestPause] = [minutes(1), minutes(60)]

interface Trouble {
  readonly failures: number
  readonly notBefore: Instant
}

export class Notifier {
  readonly #parts: NotifierParts
  readonly #troubles = new Map<string, Trouble>()
  #memory: Memory | undefined

  constructor(parts: NotifierParts) {
    this.#parts = parts
  }

  /** Until the signal is aborted. Never rejects: who cannot tell goes on trying. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, interval, log } = this.#parts
    while (!signal.aborted) {
      try {
        await this.look(signal)
      } catch (error) {
        if (!signal.aborted) log.warn('notifications could not be looked after', { error })
      }
      await pause(clock, interval, signal)
    }
  }

  /** One look at everything. @throws KubeError when what was told cannot be read or kept */
  async look(signal: AbortSignal): Promise<void> {
    const { clock, inventory, thresholds, rules, memory: store } = this.#parts
    this.#memory ??= await store.load(signal)
    const { judged, unread } = inventory()
    const now = clock.now()
    const alerts = alertsOf(itemsOf(judged), thresholds, now)
    const { memory, letters } = plan(alerts, { memory: this.#memory, rules, now, unread })
    this.#memory = memory
    const open = letters.filter(({ channel }) => this.#isOpen(channel, now))
    await Promise.all(
      open.map(async (letter) => {
        const isTaken = await this.#deliver(letter.channel, messageOf(letter.notices), signal)
        if (isTaken) this.#memory = delivered(this.#memory ?? memory, letter)
      }),
    )
    await this.#digests(judged, alerts, signal)
    await store.save(this.#memory, signal)
  }

  async #digests(judged: readonly JudgedItem[], alerts: readonly Alert[], signal: AbortSignal): Promise<void> {
    const { digest, clock } = this.#parts
    const now = clock.now()
    for (const channel of digest?.channels ?? []) {
      const memory = this.#memory
      const day = memory && digest && digestDue(memory.digests[channel], digest.at, now)
      if (memory === undefined || day === undefined || !this.#isOpen(channel, now)) continue
      const isTaken = await this.#deliver(channel, digestOf({ summary: summarize(judged, now), alerts }, now), signal)
      if (isTaken) this.#memory = { ...memory, digests: { ...memory.digests, [channel]: day } }
    }
  }

  #isOpen(channel: string, now: Instant): boolean {
    const trouble = this.#troubles.get(channel)
    return trouble === undefined || now >= trouble.notBefore
  }

  async #deliver(name: string, message: Message, parent: AbortSignal): Promise<boolean> {
    const { channels, clock, count, log } = this.#parts
    const channel = channels.find((one) => one.name === name)
    if (channel === undefined) return false
    const deadline = startDeadline({ clock, length: deliverWithin, sentence: 'it took more than 60 s', parent })
    try {
      const complaint = await channel.deliver(message, deadline.signal)
      count(name, complaint === undefined ? 'delivered' : 'failed')
      if (complaint === undefined) this.#troubles.delete(name)
      else this.#failed(name, complaint)
      return complaint === undefined
    } catch (error) {
      count(name, 'failed')
      this.#failed(name, error instanceof Error ? error.message : 'it failed')
      log.debug('a channel threw', { channel: name, error })
      return false
    } finally {
      deadline.end()
    }
  }

  #failed(channel: string, complaint: string): void {
    const { clock, log } = this.#parts
    const failures = (this.#troubles.get(channel)?.failures ?? 0) + 1
    const wait = Math.min(scale(firstPause, 2 ** Math.min(failures - 1, 10)), longestPause) as Duration
    this.#troubles.set(channel, { failures, notBefore: plus(clock.now(), wait) })
    log.warn('a notification was not taken; it is tried again', { channel, complaint, failures })
  }
}

const itemsOf = (judged: readonly JudgedItem[]): readonly InventoryItem[] => judged.map(({ item }) => item)
