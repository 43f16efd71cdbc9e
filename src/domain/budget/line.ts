/**
 * The line before an issuer with a budget: who may ask for a certificate now, and who is next. Pure but for what it remembers of
 * the line; time is handed in, and whoever is let in is called.
 *
 *   lane       who                                       may use
 *   fresh      new certificates, repairs, requests       all of the budget; a quarter while others are expiring
 *   expiring   renewals that press                       all of the budget; three quarters while fresh ones wait
 *   routine    renewals that are due                     three quarters, after the expiring
 *
 * In a lane, the nearest to expire goes first; fresh ones go in the order in which they came. Renewals follow each other at an
 * even pace. A turn that is not taken within {@link offerLength} goes to the next.
 */
import { Heap } from '../../std/heap.ts'
import { earliest, hours, instant, latest, minus, minutes, plus } from '../../std/time.ts'
import type { Duration, Instant } from '../../std/time.ts'
import { emptyLedger, opensAt, spend } from './ledger.ts'
import type { BudgetLimits, Ledger, Spending, Spent } from './ledger.ts'
import { forOthers, forRenewals, paceOf } from './shares.ts'

export type Lane = 'fresh' | 'expiring' | 'routine'

/** Somebody who wants to ask for a certificate. */
export interface Claim {
  readonly key: string
  readonly lane: Lane
  /** When what there is expires; undefined when there is nothing. */
  readonly notAfter: Instant | undefined
}

/** `until`: when it can be its turn at the earliest. `before`: how many of its lane go first. */
export type Turn =
  { readonly kind: 'open' } | { readonly kind: 'wait'; readonly until: Instant; readonly before: number }

interface Place {
  readonly claim: Claim
  readonly age: number
}

const offerLength = minutes(2)
/** What ends so soon does not wait for an even pace. */
const tooSoonToPace = hours(1)

const lanes = ['fresh', 'expiring', 'routine'] as const satisfies readonly Lane[]
const whole = (limit: number): number => limit

export class BudgetLine {
  readonly #call: (key: string) => void
  readonly #places = new Map<string, Place>()
  readonly #lanes: Readonly<Record<Lane, Heap<Place>>> = {
    fresh: new Heap((a, b) => a.age < b.age),
    expiring: new Heap(expiresBefore),
    routine: new Heap(expiresBefore),
  }
  /** Turns that were given and not taken yet, by key. */
  readonly #offers = new Map<string, { readonly kind: Spending; readonly until: Instant }>()
  #limits: BudgetLimits
  #ledger: Ledger = emptyLedger
  #lastRenewal: Instant = instant(0)
  #arrivals = 0

  /** @param call - told of everyone whose turn it is, but for who asks itself */
  constructor(limits: BudgetLimits, call: (key: string) => void) {
    this.#limits = limits
    this.#call = call
  }

  get limits(): BudgetLimits {
    return this.#limits
  }

  set limits(limits: BudgetLimits) {
    this.#limits = limits
  }

  /** How many wait, by lane. */
  get waiting(): Readonly<Record<Lane, number>> {
    const { fresh, expiring, routine } = this.#lanes
    return { fresh: fresh.size, expiring: expiring.size, routine: routine.size }
  }

  /** What was asked for before this line was made. What a wrong clock dated into the future does not count. */
  recall(spent: Iterable<Spent>, now: Instant): void {
    for (const one of spent) if (one.at <= now) this.#ledger = spend(this.#ledger, one)
  }

  /** Takes or keeps a place in the line. */
  ask(claim: Claim, now: Instant): Turn {
    const { key } = claim
    if (!this.#offers.has(key)) this.#stand(claim)
    this.review(now, key)
    if (this.#offers.has(key)) return { kind: 'open' }
    return { kind: 'wait', until: this.#opensFor(claim, now), before: this.#lanes[claim.lane].size - 1 }
  }

  /** The turn is taken: a certificate is being asked for. */
  begun(key: string, now: Instant): void {
    const kind = this.#offers.get(key)?.kind ?? 'fresh'
    this.#offers.delete(key)
    this.#ledger = spend(this.#ledger, { at: now, kind })
  }

  /** Gives up a place or a turn: nothing is wanted any more. */
  leave(key: string): void {
    this.#offers.delete(key)
    const place = this.#places.get(key)
    if (place === undefined) return
    this.#places.delete(key)
    this.#lanes[place.claim.lane].remove(place)
  }

  /** Gives out the turns that the budget has room for, the best first. */
  review(now: Instant, asking?: string): void {
    for (const [key, { until }] of this.#offers)
      if (until <= now || until > plus(now, offerLength)) this.#offers.delete(key)
    for (let next = this.#next(now); next !== undefined; next = this.#next(now)) {
      const { key, lane } = next.claim
      this.leave(key)
      const kind = lane === 'fresh' ? 'fresh' : 'renewal'
      this.#offers.set(key, { kind, until: plus(now, offerLength) })
      if (kind === 'renewal') this.#lastRenewal = now
      if (key !== asking) this.#call(key)
    }
  }

  /** @returns when there is something to give out; undefined while nobody waits */
  reviewAt(now: Instant): Instant | undefined {
    const moments = lanes.flatMap((lane) => {
      const head = this.#lanes[lane].peek()
      return head === undefined ? [] : [this.#opensFor(head.claim, now)]
    })
    const [first, ...rest] = moments
    return first === undefined ? undefined : earliest(first, ...rest)
  }

  #stand(claim: Claim): void {
    const age = this.#places.get(claim.key)?.age ?? this.#arrivals++
    this.leave(claim.key)
    const place = { claim, age }
    this.#places.set(claim.key, place)
    this.#lanes[claim.lane].push(place)
  }

  #next(now: Instant): Place | undefined {
    const heads = lanes.flatMap((lane) => this.#lanes[lane].peek() ?? [])
    return heads.find(({ claim }) => this.#opensFor(claim, now) <= now)
  }

  /** When the budget has room for a lane, and its pace allows the next. */
  #opensFor({ lane, notAfter }: Claim, now: Instant): Instant {
    const soonest = this.#opens(['renewal', 'fresh'], whole, now)
    const { fresh, expiring } = this.#lanes
    if (lane === 'fresh') return expiring.size === 0 ? soonest : latest(soonest, this.#opens(['fresh'], forOthers, now))
    const isRoutine = lane === 'routine'
    const share = isRoutine || fresh.size > 0 ? this.#opens(['renewal'], forRenewals, now) : soonest
    const isPaced = isRoutine || notAfter === undefined || minus(notAfter, tooSoonToPace) > now
    return latest(
      soonest,
      share,
      isPaced ? this.#paced(paceOf(this.#limits, isRoutine ? forRenewals : whole), now) : now,
    )
  }

  /** A clock that has been set back must not stop the pace. */
  #paced(pace: Duration, now: Instant): Instant {
    return this.#lastRenewal > now ? now : plus(this.#lastRenewal, pace)
  }

  #opens(counted: readonly Spending[], share: (limit: number) => number, now: Instant): Instant {
    let held = 0
    for (const { kind } of this.#offers.values()) if (counted.includes(kind)) held += 1
    return opensAt(this.#ledger, { limits: this.#limits, question: { counted, share, held } }, now)
  }
}

function expiresBefore({ claim: one, age }: Place, { claim: other, age: otherAge }: Place): boolean {
  const [a, b] = [one.notAfter ?? -Infinity, other.notAfter ?? -Infinity]
  return a === b ? age < otherAge : a < b
}
