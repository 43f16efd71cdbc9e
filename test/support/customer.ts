/** A customer of an ACME CA: drives the enroller as the controllers do, over real connections and in real time. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { AcmeSpec } from '../../src/api/issuer/acme.ts'
import type { Wanted } from '../../src/domain/wanted.ts'
import { acme } from '../../src/enroll/acme/enroller.ts'
import type { ChallengeBoard } from '../../src/enroll/challenge.ts'
import type { Credentials, Ctx, Enroller, Order, Outcome, Ticket, Vault } from '../../src/enroll/enroller.ts'
import type { Surroundings } from '../../src/enroll/surroundings.ts'
import { createHttpClient } from '../../src/net/client.ts'
import type { OwnedHttpClient } from '../../src/net/client.ts'
import type { HttpClient } from '../../src/net/http.ts'
import { generateKey } from '../../src/pki/key.ts'
import type { PrivateKey } from '../../src/pki/key.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { silentLogger } from '../../src/std/log.ts'
import { days } from '../../src/std/time.ts'
import { asPem } from '../../src/std/bytes.ts'
import type { Der } from '../../src/std/bytes.ts'
import { noSurroundings } from './surroundings.ts'
import { unwrap } from './unwrap.ts'
import { MemoryVault } from './vault.ts'

export interface CustomerOptions {
  readonly directoryUrl: string
  /** PEM of the CA of the server's own certificate. */
  readonly caBundle: string
  readonly board: ChallengeBoard
  /** None by default. */
  readonly surroundings?: Surroundings
  readonly spec?: Partial<AcmeSpec>
  /** What the solvers of the spec want. */
  readonly credentials?: Credentials
  /** MAC key of the external account, as its Secret holds it. */
  readonly macKey?: string
}

export interface Issued {
  readonly key: PrivateKey
  readonly chain: readonly Der[]
  readonly warning: string | undefined
  readonly tickets: readonly Ticket[]
}

/** More polls than any order needs. */
const mostPolls = 60
const callTimeout = 30_000

export const wish = (...names: readonly string[]): Wanted => ({
  subject: [],
  names: names.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? 'ip' : 'dns', value })),
  key: { algorithm: 'ECDSA', size: 256 },
  lifetime: days(30),
  usages: ['digital signature', 'key encipherment', 'server auth'],
  encodeUsagesInRequest: true,
  isCA: false,
})

export class Customer {
  readonly vault: Vault
  /** The status of every answer so far. */
  readonly statuses: number[] = []
  readonly #options: CustomerOptions
  readonly #http: OwnedHttpClient
  #enroller: Enroller

  constructor(options: CustomerOptions, vault: Vault = new MemoryVault()) {
    this.#options = options
    this.vault = vault
    this.#http = unwrap(
      createHttpClient({
        trust: { caBundle: asPem(options.caBundle), system: false },
        userAgent: 'perennial-test',
        addressPolicy: 'any',
        clock: systemClock,
        log: silentLogger,
      }),
    )
    this.#enroller = this.#start()
  }

  get enroller(): Enroller {
    return this.#enroller
  }

  ctx(): Ctx {
    return {
      now: () => systemClock.now(),
      told: () => undefined,
      http: { send: (request, signal) => this.#send(request, signal) },
      signal: AbortSignal.timeout(callTimeout),
      log: silentLogger,
      board: this.#options.board,
      vault: this.vault,
      surroundings: this.#options.surroundings ?? noSurroundings,
    }
  }

  /** As after a restart of the process: only Secrets and tickets are left. */
  restart(): void {
    this.#enroller = this.#start()
  }

  /** @returns the outcome that ended the order, and the tickets on the way */
  async enroll(order: Order): Promise<{ readonly outcome: Outcome; readonly tickets: readonly Ticket[] }> {
    const tickets: Ticket[] = []
    let outcome = await this.#enroller.enroll(order, this.ctx())
    for (let polls = 0; polls < mostPolls; polls++) {
      if (outcome.kind !== 'pending') return { outcome, tickets }
      tickets.push(outcome.ticket)
      await sleep(Math.max(0, outcome.wakeAt - systemClock.now()))
      outcome = await this.#enroller.poll(outcome.ticket, order, this.ctx())
    }
    throw new Error(`no end after ${mostPolls} polls; the last outcome was ${JSON.stringify(outcome)}`)
  }

  /** @throws with the outcome when it is no certificate */
  async issue(wanted: Wanted, more: Partial<Order> = {}): Promise<Issued> {
    const key = await generateKey(wanted.key)
    const { outcome, tickets } = await this.enroll({ id: 'uid/hash', wanted, key, ...more })
    if (outcome.kind !== 'issued') throw new Error(`expected a certificate, got ${JSON.stringify(outcome)}`)
    return { key, chain: outcome.chain, warning: outcome.warning, tickets }
  }

  close(): Promise<void> {
    return this.#http.close()
  }

  async #send(...call: Parameters<HttpClient['send']>): ReturnType<HttpClient['send']> {
    const sent = await this.#http.send(...call)
    if (sent.ok) this.statuses.push(sent.value.status)
    return sent
  }

  #start(): Enroller {
    const { directoryUrl, spec, macKey } = this.#options
    const binding = spec?.externalAccountBinding?.keySecretRef
    const bound = new Map(
      binding === undefined || macKey === undefined
        ? []
        : [['spec.acme.externalAccountBinding.keySecretRef', { [binding.key]: Buffer.from(macKey) }]],
    )
    const credentials = new Map([...bound, ...(this.#options.credentials ?? [])])
    const made = acme.create({ server: directoryUrl, privateKeySecretRef: { name: 'account' }, ...spec }, credentials)
    if ('code' in made) throw new Error(made.message)
    return made
  }
}
