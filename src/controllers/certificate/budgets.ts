/**
 * The budgets of issuers as this process keeps them: a line before each issuer that has one. What was asked for before is learnt
 * from the Certificates, so that neither a restart nor a change of leader gives anybody a second budget.
 */
import type { Certificate } from '../../api/certificate.ts'
import type { IssuerRef } from '../../api/meta.ts'
import type { BudgetLimits } from '../../domain/budget/ledger.ts'
import { BudgetLine } from '../../domain/budget/line.ts'
import type { Claim, Lane, Turn } from '../../domain/budget/line.ts'
import { pressedUntil, shortBy } from '../../domain/budget/pressure.ts'
import { spentBy } from '../../domain/budget/recall.ts'
import { timeFor } from '../../domain/budget/shares.ts'
import { lastGoodMoment } from '../../domain/renewal.ts'
import type { SecretMarks } from '../../domain/snapshot.ts'
import type { Cancel, Clock } from '../../std/clock.ts'
import { between, clampDuration, fromRfc3339, minutes, plus, seconds } from '../../std/time.ts'
import type { Duration, Instant } from '../../std/time.ts'
import type { IssuerKey } from '../issuer/live.ts'

/** An issuer that has a budget. */
export interface BudgetedIssuer {
  readonly ref: IssuerRef
  readonly uid: string
  readonly limits: BudgetLimits
}

/** A Certificate that names an issuer, with what its Secret says. */
export interface Customer {
  readonly key: string
  readonly certificate: Certificate
  readonly marks: SecretMarks | undefined
}

export interface BudgetParts {
  readonly issuerOf: (key: IssuerKey) => BudgetedIssuer | undefined
  /** All Certificates that name the issuer, be it to fall back to. */
  readonly customersOf: (key: IssuerKey) => Iterable<Customer>
  readonly wake: (certificate: string) => void
  readonly clock: Clock
}

interface Pressure {
  readonly at: Instant
  readonly until: Instant | undefined
  /** How many end before their turn comes. */
  readonly short: number
}

interface Desk {
  readonly line: BudgetLine
  timer: Cancel | undefined
  pressure: Pressure | undefined
}

/** The turn of who asked, with the budget that it waits for. */
export interface Answer {
  readonly turn: Turn
  readonly limits: BudgetLimits
}

const betweenLooks = { least: seconds(1), most: minutes(1) }
const pressureHolds = minutes(1)

export class Budgets {
  readonly #parts: BudgetParts
  readonly #desks = new Map<IssuerKey, Desk>()
  /** Where a Certificate stands in line. */
  readonly #standing = new Map<string, IssuerKey>()
  #isClosed = false

  constructor(parts: BudgetParts) {
    this.#parts = parts
  }

  /** @returns undefined where the issuer has no budget */
  ask(issuer: IssuerKey, claim: Claim, now: Instant): Answer | undefined {
    const desk = this.#deskOf(issuer, now)
    if (this.#standing.get(claim.key) !== issuer) this.leave(claim.key)
    if (desk === undefined) return undefined
    this.#standing.set(claim.key, issuer)
    const turn = desk.line.ask(claim, now)
    this.#lookAgain(issuer, desk)
    return { turn, limits: desk.line.limits }
  }

  /** The CA is being asked. */
  begun(key: string, now: Instant): void {
    const issuer = this.#standing.get(key)
    this.#standing.delete(key)
    if (issuer !== undefined) this.#desks.get(issuer)?.line.begun(key, now)
  }

  /** Nothing is wanted any more, or not now. */
  leave(key: string): void {
    const issuer = this.#standing.get(key)
    this.#standing.delete(key)
    if (issuer !== undefined) this.#desks.get(issuer)?.line.leave(key)
  }

  /** @returns what should be renewed by this moment is to be renewed now; see `PacingView` */
  pressedUntil(issuer: IssuerKey, now: Instant): Instant | undefined {
    const desk = this.#deskOf(issuer, now)
    if (desk === undefined) return undefined
    const { pressure } = desk
    if (pressure === undefined || between(pressure.at, now) >= pressureHolds || now < pressure.at)
      desk.pressure = this.#pressureAt(issuer, { desk, now })
    this.#lookAgain(issuer, desk)
    return desk.pressure?.until
  }

  /** How many wait, by issuer and lane. */
  *waiting(): Generator<{ readonly issuer: IssuerKey; readonly lane: Lane; readonly certificates: number }> {
    for (const [issuer, { line }] of this.#desks) {
      const { fresh, expiring, routine } = line.waiting
      yield { issuer, lane: 'fresh', certificates: fresh }
      yield { issuer, lane: 'expiring', certificates: expiring }
      yield { issuer, lane: 'routine', certificates: routine }
    }
  }

  /** For how many the budget does not do, by issuer; as of a minute ago at most. */
  *short(): Generator<{ readonly issuer: IssuerKey; readonly certificates: number }> {
    for (const [issuer, { pressure }] of this.#desks)
      if (pressure !== undefined) yield { issuer, certificates: pressure.short }
  }

  /** This process has other Certificates to look after than before: what these have spent already is learnt anew. */
  reopen(): void {
    for (const [issuer, desk] of this.#desks) this.#shut(issuer, desk)
  }

  close(): void {
    this.#isClosed = true
    for (const { timer } of this.#desks.values()) timer?.()
    this.#desks.clear()
    this.#standing.clear()
  }

  #deskOf(key: IssuerKey, now: Instant): Desk | undefined {
    if (this.#isClosed) return undefined
    const issuer = this.#parts.issuerOf(key)
    const known = this.#desks.get(key)
    if (issuer === undefined) {
      if (known !== undefined) this.#shut(key, known)
      return undefined
    }
    if (known === undefined) return this.#open(key, issuer, now)
    known.line.limits = issuer.limits
    return known
  }

  #open(key: IssuerKey, issuer: BudgetedIssuer, now: Instant): Desk {
    const desk: Desk = { line: new BudgetLine(issuer.limits, this.#parts.wake), timer: undefined, pressure: undefined }
    for (const { certificate, marks } of this.#parts.customersOf(key))
      desk.line.recall(spentBy({ status: certificate.status ?? {}, marks }, issuer), now)
    this.#desks.set(key, desk)
    return desk
  }

  /** The budget is no more: everybody in line goes on without. */
  #shut(key: IssuerKey, desk: Desk): void {
    desk.timer?.()
    this.#desks.delete(key)
    for (const [certificate, issuer] of this.#standing) {
      if (issuer !== key) continue
      this.#standing.delete(certificate)
      this.#parts.wake(certificate)
    }
  }

  #pressureAt(issuer: IssuerKey, { desk, now }: { readonly desk: Desk; readonly now: Instant }): Pressure {
    const lives = [...this.#parts.customersOf(issuer)].flatMap(({ certificate }) => lifeOf(certificate) ?? [])
    const { limits } = desk.line
    const paced = (renewals: number): Duration => timeFor(renewals, limits)
    const lasts = Float64Array.from(lives, lastGoodMoment)
    const ends = Float64Array.from(lives, ({ notAfter }) => notAfter)
    return {
      at: now,
      until: pressedUntil({ lasts, timeFor: paced }, now),
      short: shortBy({ ends, timeFor: paced }, now),
    }
  }

  /** One timer for each issuer with a budget: turns are given out, and who has come under pressure is woken. */
  #lookAgain(issuer: IssuerKey, desk: Desk): void {
    if (desk.timer !== undefined || this.#isClosed) return
    const { clock } = this.#parts
    const now = clock.now()
    const at = desk.line.reviewAt(now) ?? plus(now, betweenLooks.most)
    const wait = clampDuration(between(now, at), betweenLooks.least, betweenLooks.most)
    desk.timer = clock.after(wait, () => {
      desk.timer = undefined
      if (this.#deskOf(issuer, clock.now()) === desk) this.#look(issuer, desk)
    })
  }

  #look(issuer: IssuerKey, desk: Desk): void {
    const now = this.#parts.clock.now()
    desk.line.review(now)
    const before = desk.pressure?.until
    const until = this.pressedUntil(issuer, now)
    if (until !== undefined && until !== before) this.#wakePressed(issuer, { from: before, until })
    this.#lookAgain(issuer, desk)
  }

  #wakePressed(issuer: IssuerKey, { from, until }: { from: Instant | undefined; until: Instant }): void {
    for (const { key, certificate } of this.#parts.customersOf(issuer)) {
      const last = lastOf(certificate)
      if (last !== undefined && last <= until && (from === undefined || last > from)) this.#parts.wake(key)
    }
  }
}

interface Life {
  readonly notBefore: Instant
  readonly notAfter: Instant
}

function lifeOf({ status }: Certificate): Life | undefined {
  const notBefore = status?.notBefore === undefined ? undefined : fromRfc3339(status.notBefore)
  const notAfter = status?.notAfter === undefined ? undefined : fromRfc3339(status.notAfter)
  return notBefore === undefined || notAfter === undefined ? undefined : { notBefore, notAfter }
}

function lastOf(certificate: Certificate): Instant | undefined {
  const life = lifeOf(certificate)
  return life && lastGoodMoment(life)
}
