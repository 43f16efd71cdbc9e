/** A customer of a SCEP service: drives the enroller as the controllers do, in a time that moves to each wake-up by itself. */
import type { ScepSpec } from '../../src/api/issuer/scep.ts'
import type { Wanted } from '../../src/domain/wanted.ts'
import type {
  Ctx,
  Enroller,
  Exchange,
  Identity,
  Order,
  Outcome,
  Readiness,
  Ticket,
  VouchedRoot,
} from '../../src/enroll/enroller.ts'
import { scep } from '../../src/enroll/scep/enroller.ts'
import type { HttpClient } from '../../src/net/http.ts'
import { generateKey } from '../../src/pki/key.ts'
import type { PrivateKey } from '../../src/pki/key.ts'
import { days, instant, plus, seconds } from '../../src/std/time.ts'
import type { Duration, Instant } from '../../src/std/time.ts'
import { lonelyCtx } from './lonelyctx.ts'
import { MemoryVault } from './vault.ts'

export interface CustomerOptions {
  readonly spec: ScepSpec
  readonly http: HttpClient
  readonly start: Instant
  readonly challenge?: string
  readonly vault?: MemoryVault
}

export interface Journey {
  readonly last: Outcome
  readonly outcomes: readonly Outcome[]
  readonly tickets: readonly Ticket[]
  readonly key: PrivateKey
}

/** Keys of RSA take long to find, so that a test file makes do with a few. */
const keys: Promise<PrivateKey>[] = []

/** @param number - the same number gives the same key */
export function rsaKey(number: number): Promise<PrivateKey> {
  keys[number] ??= generateKey({ algorithm: 'RSA', size: 2048 })
  return keys[number]
}

export const deviceWish: Wanted = {
  subject: [[{ oid: '2.5.4.3', value: 'device.example.test' }]],
  names: [{ type: 'dns', value: 'device.example.test' }],
  key: { algorithm: 'RSA', size: 2048 },
  lifetime: days(90),
  usages: ['digital signature', 'key encipherment', 'server auth'],
  encodeUsagesInRequest: true,
  isCA: false,
}

const mostSteps = 40

export class ScepCustomer {
  readonly exchanges: Exchange[] = []
  /** What the status of the issuer has of the CA. */
  vouched: readonly VouchedRoot[] = []
  readonly vault: MemoryVault
  readonly #options: CustomerOptions
  #spec: ScepSpec
  #challenge: string | undefined
  #now: Instant
  #enroller: Enroller

  constructor(options: CustomerOptions) {
    this.#options = options
    this.#spec = options.spec
    this.#challenge = options.challenge
    this.#now = options.start
    this.vault = options.vault ?? new MemoryVault()
    this.#enroller = this.#made()
  }

  get now(): Instant {
    return this.#now
  }

  wait(length: Duration): void {
    this.#now = plus(this.#now, length)
  }

  /** Another process, perhaps with another spec or another challenge. */
  restart(changes: { readonly spec?: Partial<ScepSpec>; readonly challenge?: string } = {}): void {
    this.#spec = { ...this.#spec, ...changes.spec }
    this.#challenge = changes.challenge ?? this.#challenge
    this.#enroller = this.#made()
  }

  ctx(): Ctx {
    const { http } = this.#options
    return {
      ...lonelyCtx(this.#now),
      now: () => this.#now,
      told: (exchange) => void this.exchanges.push(exchange),
      vouched: this.vouched,
      http,
      vault: this.vault,
    }
  }

  prepare(): Promise<Readiness> {
    return this.#enroller.prepare(this.ctx())
  }

  poll(ticket: Ticket, order: Order): Promise<Outcome> {
    return this.#enroller.poll(ticket, order, this.ctx())
  }

  /** The first step: nothing has been sent. */
  async begin(order: Order, current?: Identity): Promise<Outcome> {
    return current === undefined
      ? this.#enroller.enroll(order, this.ctx())
      : this.#enroller.renew(order, current, this.ctx())
  }

  async order(changes: { readonly key?: PrivateKey; readonly wanted?: Partial<Wanted> } = {}): Promise<Order> {
    const key = changes.key ?? (await rsaKey(0))
    return { id: 'uid/hash', wanted: { ...deviceWish, key: key.shape, ...changes.wanted }, key }
  }

  /** To the outcome that is neither pending nor deferred, or to a deferred one without a ticket. */
  async travel(
    order: Order,
    { current, restarts }: { readonly current?: Identity; readonly restarts?: true } = {},
  ): Promise<Journey> {
    const outcomes: Outcome[] = [await this.begin(order, current)]
    const tickets: Ticket[] = []
    let kept: Order = order
    for (let step = 0; step < mostSteps; step += 1) {
      const last = outcomes.at(-1)
      if (last === undefined) break
      if (last.kind === 'pending' && last.keepRequest !== undefined) kept = { ...kept, keptRequest: last.keepRequest }
      if ((last.kind !== 'pending' && last.kind !== 'deferred') || last.ticket === undefined)
        return { last, outcomes, tickets, key: order.key }
      this.#now = instant(Math.max(this.#now, last.wakeAt ?? plus(this.#now, seconds(60))))
      if (restarts === true) this.restart()
      const ticket = JSON.parse(JSON.stringify(last.ticket)) as Ticket
      tickets.push(ticket)
      outcomes.push(await this.poll(ticket, kept))
    }
    throw new Error(`no end: ${JSON.stringify(outcomes.at(-1))}`)
  }

  #made(): Enroller {
    const { challengeSecretRef: ref } = this.#spec
    const secret = { [ref?.key ?? '']: Buffer.from(this.#challenge ?? '') }
    const made = scep.create(this.#spec, new Map([['spec.scep.challengeSecretRef', secret]]))
    if ('code' in made) throw new Error(made.message)
    return made
  }
}

/** The chain of a journey that ended well, with the key: what a renewal starts from. */
export function identityOf({ last, key }: Journey): Identity & { readonly warning: string | undefined } {
  if (last.kind !== 'issued') throw new Error(`expected a certificate, got ${JSON.stringify(last)}`)
  return { chain: last.chain, key, warning: last.warning }
}

export const challengeRef: Pick<ScepSpec, 'challengeSecretRef'> = {
  challengeSecretRef: { name: 'scep', key: 'challenge' },
}
