import type { EnrollmentTicket } from '../../src/api/certificate.ts'
import type { CertificateFacts } from '../../src/domain/facts.ts'
import { fault } from '../../src/domain/fault.ts'
import type { Fault } from '../../src/domain/fault.ts'
import type { RequestedWish } from '../../src/domain/snapshot.ts'
import { hours, milliseconds, minus, minutes, plus, scale, seconds } from '../../src/std/time.ts'
import type { Duration, Instant } from '../../src/std/time.ts'
import type { Agenda } from './agenda.ts'
import type { Dice } from './dice.ts'

/** How the CA behaves just now. `losing`: it forgets what it was asked. `silent`: it acts, but its answers get lost. */
export type Mood = 'healthy' | 'down' | 'refusing' | 'wrong' | 'blocked' | 'stale' | 'limiting' | 'losing' | 'silent'

/** `inProcess`: signs here. `immediate`: answers at once over the network. `tickets`: lets one wait and ask again. */
export type Manner = 'inProcess' | 'immediate' | 'tickets'

export type Reply =
  | { readonly kind: 'issued'; readonly facts: CertificateFacts }
  | { readonly kind: 'pending'; readonly ticket: EnrollmentTicket; readonly wakeAt: Instant; readonly note: string }
  | {
      readonly kind: 'deferred'
      readonly fault: Fault
      readonly wakeAt?: Instant
      readonly ticket?: EnrollmentTicket
    }
  | { readonly kind: 'refused' | 'blocked'; readonly fault: Fault }

export interface Order {
  readonly certificate: string
  readonly wish: RequestedWish
  readonly keyHash: string
}

export interface Transaction extends Order {
  readonly id: number
  readonly readyAt: Instant
  facts: CertificateFacts | undefined
  /** Given up, forgotten, or refused. */
  isOver: boolean
}

export interface Issuance {
  readonly at: Instant
  readonly certificate: string
  readonly keyHash: string
  readonly serialNumber: string
  readonly mood: Mood
}

export interface Practice {
  readonly manner: Manner
  /** How long a ticket waits. */
  readonly patience: readonly [Duration, Duration]
  readonly backdate: Duration
  /** What the CA issues whatever is asked for; undefined: what is asked for. */
  readonly lifetime?: Duration
  /** Where its serial numbers begin, so that no two CAs of a world share one. */
  readonly serials?: number
  /** What the CA says about renewal of a new certificate; undefined: nothing. */
  readonly advice?: 'sensible' | 'alwaysNow'
}

/** A CA of any kind, and its log of what it was asked and what it signed. */
export class Authority {
  readonly practice: Practice
  readonly issuances: Issuance[] = []
  readonly asked: { readonly at: Instant; readonly certificate: string; readonly mood: Mood }[] = []
  readonly transactions = new Map<number, Transaction>()
  mood: Mood = 'healthy'
  moodSince: Instant
  readonly #agenda: Agenda
  readonly #dice: Dice
  #serial = 0

  constructor(practice: Practice, agenda: Agenda, dice: Dice) {
    this.practice = practice
    this.#agenda = agenda
    this.#dice = dice
    this.#serial = practice.serials ?? 0
    this.moodSince = agenda.now
  }

  turn(mood: Mood): void {
    if (mood === this.mood) return
    this.mood = mood
    this.moodSince = this.#agenda.now
    if (mood === 'losing') this.forget()
  }

  enroll(order: Order): Reply {
    this.asked.push({ at: this.#agenda.now, certificate: order.certificate, mood: this.mood })
    const trouble = this.#trouble(undefined)
    if (trouble !== undefined) return trouble
    if (this.practice.manner !== 'tickets') {
      const facts = this.#sign(order)
      return this.mood === 'silent' ? timedOut(undefined) : { kind: 'issued', facts }
    }
    const id = this.transactions.size + 1
    const readyAt = plus(this.#agenda.now, this.#dice.between(...this.practice.patience))
    this.transactions.set(id, { ...order, id, readyAt, facts: undefined, isOver: false })
    return this.mood === 'silent' ? timedOut(undefined) : this.#waiting(ticketFor(id), readyAt)
  }

  poll(ticket: EnrollmentTicket): Reply {
    const trouble = this.#trouble(ticket)
    if (trouble !== undefined) return trouble
    const transaction = this.transactions.get(Number(ticket.state['id']))
    if (transaction === undefined || transaction.isOver)
      return { kind: 'refused', fault: fault('TransactionLost', 'the CA has forgotten the order') }
    if (this.#agenda.now < transaction.readyAt) return this.#waiting(ticket, transaction.readyAt)
    transaction.facts ??= this.#sign(transaction)
    return this.mood === 'silent' ? timedOut(ticket) : { kind: 'issued', facts: transaction.facts }
  }

  /** Forgets whatever it was asked. */
  forget(): void {
    for (const transaction of this.transactions.values()) transaction.isOver = true
  }

  abandon(ticket: EnrollmentTicket): void {
    const transaction = this.transactions.get(Number(ticket.state['id']))
    if (transaction !== undefined) transaction.isOver = true
  }

  #waiting(ticket: EnrollmentTicket, readyAt: Instant): Reply {
    const left = readyAt - this.#agenda.now
    const wait = this.#dice.between(seconds(1), milliseconds(Math.max(2000, left / 2)))
    return { kind: 'pending', ticket, wakeAt: plus(this.#agenda.now, wait), note: 'the CA is thinking' }
  }

  #trouble(ticket: EnrollmentTicket | undefined): Reply | undefined {
    const kept = ticket === undefined ? {} : { ticket }
    switch (this.mood) {
      case 'down':
        return { kind: 'deferred', fault: fault('Unreachable', 'the CA cannot be reached'), ...kept }
      case 'limiting':
        return {
          kind: 'deferred',
          fault: fault('RateLimited', 'too many requests'),
          wakeAt: plus(this.#agenda.now, hours(1)),
          ...kept,
        }
      case 'refusing':
        return { kind: 'refused', fault: fault('PolicyDenied', 'the CA does not like these names') }
      case 'blocked':
        return { kind: 'blocked', fault: fault('CredentialsRejected', 'the CA does not know us') }
      default:
        return undefined
    }
  }

  #sign({ certificate, wish, keyHash }: Order): CertificateFacts {
    const { now } = this.#agenda
    this.#serial += 1
    const serialNumber = this.#serial.toString(16).toUpperCase()
    const lifetime = this.practice.lifetime ?? wish.wanted.lifetime
    const age = this.mood === 'stale' ? scale(lifetime, 0.8) : this.practice.backdate
    const notBefore = wholeSecond(minus(now, age))
    this.issuances.push({ at: now, certificate, keyHash, serialNumber, mood: this.mood })
    return {
      serialNumber,
      fingerprint: `f-${serialNumber}`,
      subject: wish.wanted.subject,
      issuer: [],
      names: this.mood === 'wrong' ? [{ type: 'dns', value: 'evil.example' }] : wish.wanted.names,
      notBefore,
      notAfter: plus(this.mood === 'stale' ? notBefore : wholeSecond(now), lifetime),
      key: wish.wanted.key,
      publicKeyHash: keyHash,
      usages: wish.wanted.usages,
      isCA: wish.wanted.isCA,
      signatureHash: 'sha256',
      subjectKeyId: undefined,
      authorityKeyId: undefined,
      selfSigned: false,
    }
  }
}

const wholeSecond = (at: Instant): Instant => minus(at, milliseconds(at % 1000))

const timedOut = (ticket: EnrollmentTicket | undefined): Reply => ({
  kind: 'deferred',
  fault: fault('TimedOut', 'no answer came'),
  ...(ticket === undefined ? {} : { ticket }),
})

const ticketFor = (id: number): EnrollmentTicket => ({ version: 1, phase: 'waiting', state: { id } })

export const usualPatience: readonly [Duration, Duration] = [seconds(2), minutes(4)]
