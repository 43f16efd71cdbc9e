/** A customer of a CMP server: drives the enroller as the controllers do, in a time that moves to each wake-up by itself. */
import type { CmpSpec } from '../../src/api/issuer/cmp.ts'
import type { Wanted } from '../../src/domain/wanted.ts'
import { cmp } from '../../src/enroll/cmp/enroller.ts'
import type {
  Credentials,
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
import type { HttpClient } from '../../src/net/http.ts'
import { generateKey } from '../../src/pki/key.ts'
import type { PrivateKey } from '../../src/pki/key.ts'
import { certificatesPem } from '../../src/pki/pem.ts'
import { days, instant, plus, seconds } from '../../src/std/time.ts'
import type { Duration, Instant } from '../../src/std/time.ts'
import { lonelyCtx } from './lonelyctx.ts'

export interface CustomerOptions {
  readonly spec: CmpSpec
  readonly http: HttpClient
  readonly start: Instant
  readonly secret?: string
  /** The client certificate of the spec. */
  readonly identity?: Identity
}

export interface Journey {
  readonly last: Outcome
  readonly outcomes: readonly Outcome[]
  readonly tickets: readonly Ticket[]
  readonly key: PrivateKey
}

export const sharedSecretRef: NonNullable<CmpSpec['sharedSecret']> = {
  reference: '4711',
  secretRef: { name: 'cmp', key: 'secret' },
}

export const serverWish: Wanted = {
  subject: [[{ oid: '2.5.4.3', value: 'server.example.test' }]],
  names: [{ type: 'dns', value: 'server.example.test' }],
  key: { algorithm: 'ECDSA', size: 256 },
  lifetime: days(90),
  usages: ['digital signature', 'server auth'],
  encodeUsagesInRequest: true,
  isCA: false,
}

const mostSteps = 40

export class CmpCustomer {
  readonly exchanges: Exchange[] = []
  /** What the status of the issuer has of the CA. */
  vouched: readonly VouchedRoot[] = []
  readonly #options: CustomerOptions
  #spec: CmpSpec
  #secret: string | undefined
  #now: Instant
  #enroller: Enroller

  constructor(options: CustomerOptions) {
    this.#options = options
    this.#spec = options.spec
    this.#secret = options.secret
    this.#now = options.start
    this.#enroller = this.#made()
  }

  get now(): Instant {
    return this.#now
  }

  wait(length: Duration): void {
    this.#now = plus(this.#now, length)
  }

  /** Another process, perhaps with another spec or another secret. */
  restart(changes: { readonly spec?: Partial<CmpSpec>; readonly secret?: string } = {}): void {
    this.#spec = { ...this.#spec, ...changes.spec }
    this.#secret = changes.secret ?? this.#secret
    this.#enroller = this.#made()
  }

  ctx(): Ctx {
    return {
      ...lonelyCtx(this.#now),
      now: () => this.#now,
      told: (exchange) => void this.exchanges.push(exchange),
      vouched: this.vouched,
      http: this.#options.http,
    }
  }

  prepare(): Promise<Readiness> {
    return this.#enroller.prepare(this.ctx())
  }

  poll(ticket: Ticket, order: Order): Promise<Outcome> {
    return this.#enroller.poll(ticket, order, this.ctx())
  }

  async revoke(current: Identity): ReturnType<NonNullable<Enroller['revoke']>> {
    const outcome = await this.#enroller.revoke?.(current, 'keyCompromise', this.ctx())
    if (outcome === undefined) throw new Error('this protocol does not revoke')
    return outcome
  }

  /** The first step: nothing has been sent. */
  async begin(order: Order, current?: Identity): Promise<Outcome> {
    return current === undefined
      ? this.#enroller.enroll(order, this.ctx())
      : this.#enroller.renew(order, current, this.ctx())
  }

  async order(changes: { readonly key?: PrivateKey; readonly wanted?: Partial<Wanted> } = {}): Promise<Order> {
    const key = changes.key ?? (await generateKey(changes.wanted?.key ?? serverWish.key))
    return { id: 'uid/hash', wanted: { ...serverWish, ...changes.wanted, key: key.shape }, key }
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
    const made = cmp.create(this.#spec, this.#credentials())
    if ('code' in made) throw new Error(made.message)
    return made
  }

  #credentials(): Credentials {
    const { identity } = this.#options
    const shown = identity && {
      'tls.crt': Buffer.from(certificatesPem(identity.chain)),
      'tls.key': Buffer.from(identity.key.toPem('PKCS8')),
    }
    return new Map<string, Readonly<Record<string, Uint8Array>>>([
      ['spec.cmp.sharedSecret.secretRef', { secret: Buffer.from(this.#secret ?? '') }],
      ...(shown === undefined ? [] : ([['spec.cmp.clientCertificateSecretRef', shown]] as const)),
    ])
  }
}

/** The chain of a journey that ended well, with the key: what a renewal starts from. */
export function identityOf({ last, key }: Journey): Identity & { readonly warning: string | undefined } {
  if (last.kind !== 'issued') throw new Error(`expected a certificate, got ${JSON.stringify(last)}`)
  return { chain: last.chain, key: last.key ?? key, warning: last.warning }
}
