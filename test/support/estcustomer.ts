/** A customer of an EST server: drives the enroller as the controllers do, in a time that moves to each wake-up by itself. */
import type { EstSpec } from '../../src/api/issuer/est.ts'
import type { Fault } from '../../src/domain/fault.ts'
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
import { est } from '../../src/enroll/est/enroller.ts'
import type { HttpClient } from '../../src/net/http.ts'
import { generateKey } from '../../src/pki/key.ts'
import type { PrivateKey } from '../../src/pki/key.ts'
import { certificatesPem } from '../../src/pki/pem.ts'
import { days, instant, plus, seconds } from '../../src/std/time.ts'
import type { Duration, Instant } from '../../src/std/time.ts'
import { lonelyCtx } from './lonelyctx.ts'
import { MemoryVault } from './vault.ts'

export type SecretData = Readonly<Record<string, Uint8Array>>

export interface CustomerOptions {
  readonly spec: EstSpec
  readonly http: HttpClient
  readonly start: Instant
  /** Data of Secrets, by the field of the spec that names them. */
  readonly secrets?: Readonly<Record<string, SecretData>>
}

export interface Journey {
  readonly last: Outcome
  readonly outcomes: readonly Outcome[]
  readonly tickets: readonly Ticket[]
  readonly key: PrivateKey
}

export const deviceWish: Wanted = {
  subject: [[{ oid: '2.5.4.3', value: 'device.example.test' }]],
  names: [{ type: 'dns', value: 'device.example.test' }],
  key: { algorithm: 'ECDSA', size: 256 },
  lifetime: days(90),
  usages: ['digital signature', 'key encipherment', 'server auth'],
  encodeUsagesInRequest: true,
  isCA: false,
}

const mostSteps = 40

export class EstCustomer {
  readonly exchanges: Exchange[] = []
  /** What the status of the issuer has of the CA. */
  vouched: readonly VouchedRoot[] = []
  readonly #options: CustomerOptions
  #spec: EstSpec
  #now: Instant
  #enroller: Enroller

  constructor(options: CustomerOptions) {
    this.#options = options
    this.#spec = options.spec
    this.#now = options.start
    this.#enroller = this.#made()
  }

  get now(): Instant {
    return this.#now
  }

  wait(length: Duration): void {
    this.#now = plus(this.#now, length)
  }

  /** Another process, perhaps with another spec. */
  restart(changes: Partial<EstSpec> = {}): void {
    this.#spec = { ...this.#spec, ...changes }
    this.#enroller = this.#made()
  }

  ctx(): Ctx {
    return {
      ...lonelyCtx(this.#now),
      now: () => this.#now,
      told: (exchange) => void this.exchanges.push(exchange),
      vouched: this.vouched,
      http: this.#options.http,
      vault: new MemoryVault(),
    }
  }

  prepare(): Promise<Readiness> {
    return this.#enroller.prepare(this.ctx())
  }

  poll(ticket: Ticket, order: Order): Promise<Outcome> {
    return this.#enroller.poll(ticket, order, this.ctx())
  }

  /** The first step: nothing that issues has been sent. */
  begin(order: Order, current?: Identity): Promise<Outcome> {
    const ctx = this.ctx()
    return current === undefined ? this.#enroller.enroll(order, ctx) : this.#enroller.renew(order, current, ctx)
  }

  async order(changes: { readonly key?: PrivateKey; readonly wanted?: Partial<Wanted> } = {}): Promise<Order> {
    const wanted = { ...deviceWish, ...changes.wanted }
    const key = changes.key ?? (await generateKey(wanted.key))
    return { id: 'uid/hash', wanted: { ...wanted, key: key.shape }, key }
  }

  /** To the outcome that is neither pending nor deferred with a ticket. */
  async travel(
    order: Order,
    {
      current,
      restarts,
      steps = mostSteps,
    }: { readonly current?: Identity; readonly restarts?: true; readonly steps?: number } = {},
  ): Promise<Journey> {
    const outcomes: Outcome[] = [await this.begin(order, current)]
    const tickets: Ticket[] = []
    let kept: Order = order
    for (let step = 0; step < mostSteps; step += 1) {
      const last = outcomes.at(-1)
      if (last === undefined) break
      if (last.kind === 'pending' && last.keepRequest !== undefined) kept = { ...kept, keptRequest: last.keepRequest }
      const isOver = (last.kind !== 'pending' && last.kind !== 'deferred') || last.ticket === undefined
      if (isOver || outcomes.length > steps) return { last, outcomes, tickets, key: order.key }
      this.#now = instant(Math.max(this.#now, last.wakeAt ?? plus(this.#now, seconds(60))))
      if (restarts === true) this.restart()
      const ticket = JSON.parse(JSON.stringify(last.ticket)) as Ticket
      tickets.push(ticket)
      outcomes.push(await this.poll(ticket, kept))
    }
    throw new Error(`no end: ${JSON.stringify(outcomes.at(-1))}`)
  }

  #made(): Enroller {
    const made = est.create(this.#spec, new Map(Object.entries(this.#options.secrets ?? {})))
    if ('code' in made) throw new Error(made.message)
    return made
  }
}

/** The chain of a journey that ended well, with the key: what a renewal starts from. */
export function identityOf({ last, key }: Journey): Identity & { readonly warning: string | undefined } {
  if (last.kind !== 'issued') throw new Error(`expected a certificate, got ${JSON.stringify(last)}`)
  return { chain: last.chain, key: last.key ?? key, warning: last.warning }
}

/** The fault of a journey that ended badly. */
export function faultOf({ last }: Pick<Journey, 'last'>): Fault {
  if (last.kind === 'issued' || last.kind === 'pending') throw new Error(`expected a fault, got ${last.kind}`)
  return last.fault
}

export const loginSecret = (username: string, password: string): Readonly<Record<string, SecretData>> => ({
  'spec.est.credentialsSecretRef': { username: Buffer.from(username), password: Buffer.from(password) },
})

export const certificateSecret = ({ chain, key }: Identity): Readonly<Record<string, SecretData>> => ({
  'spec.est.clientCertificateSecretRef': {
    'tls.crt': Buffer.from(certificatesPem(chain)),
    'tls.key': Buffer.from(key.toPem('PKCS8')),
  },
})
