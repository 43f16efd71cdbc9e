/**
 * A CMP service (RFC 9810) with a CA that really issues, over HTTP (RFC 9811), https and bare TCP, for replies that no well-behaved
 * server gives. It counts because `openssl cmp` has completed its transactions against it (cmp-server-openssl.test.ts).
 *
 * `CmpServer.start({ material?, secrets?, trusted?, now?, tls?, tcp? })`; `material` is one of material.ts (an EC CA when left out),
 * `secrets` maps references (senderKID) to shared secrets, `trusted` are CAs and certificates that may sign requests (the CA itself
 * when left out), `now` is the time of everything, `tls` makes `.url` https, `tcp` opens `.tcpPort`.
 *
 * - `.url` ends in `/pkix/`; `.at('/.well-known/cmp/p/name/initialization')` is another path of the same service.
 * - `.handle(bytes)` is the service without a socket, and `httpTo(server)` of serve.ts an HttpClient to it.
 * - `.issued` certificates with their requests, confirmed and revoked or not; `.seen` every request; `.replies` every reply.
 * - `.troubles` is changed at any time (troubles.ts); `.general` is what genm is told (general.ts).
 * - `.approve('granted' | 'denied')` decides about what waits under `approval: 'manual'`; `.forget()` is a restart without memory.
 */
import { systemClock } from '../../../src/runtime/clock.ts'
import type { Der } from '../../../src/std/bytes.ts'
import type { Instant } from '../../../src/std/time.ts'
import type { LocalServer } from '../servers.ts'
import { algorithmOf, elementOf, hex } from './asn1.ts'
import type { IssuedCertificate } from './authority.ts'
import type { GeneralAnswers } from './general.ts'
import { failure } from './judgement.ts'
import { singleCa } from './material.ts'
import type { Material } from './material.ts'
import { readMessage } from './message.ts'
import type { Message } from './message.ts'
import { protectorOf } from './protection.ts'
import type { Protector } from './protection.ts'
import { writeReply } from './reply.ts'
import type { Reply } from './reply.ts'
import { serveHttpOf } from './serve.ts'
import { CmpService } from './service.ts'
import { serveTcpOf } from './tcp.ts'
import type { CmpTroubles } from './troubles.ts'

export interface CmpServerOptions {
  readonly material?: Material
  readonly secrets?: Readonly<Record<string, string>>
  readonly trusted?: readonly Der[]
  readonly now?: () => Instant
  /** https; with `clientCa` a client certificate is demanded. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string }
  readonly tcp?: true
}

/** A request as it came. */
export interface SeenRequest {
  /** For example `ir`; empty for what is no PKIMessage. */
  readonly type: string
  /** Hex, as the nonces. */
  readonly transactionId: string
  readonly senderNonce: string
  readonly recipNonce: string
  /** Object identifier; empty without protection. */
  readonly protectionAlg: string
  /** Who has protected it; undefined where the protection does not hold. */
  readonly protector: Protector | undefined
  readonly message: Message | undefined
  readonly bytes: Uint8Array
  readonly path: string
}

const nobody: Protector = { kind: 'nobody' }

export class CmpServer {
  readonly troubles: CmpTroubles = {}
  readonly general: GeneralAnswers
  readonly material: Material
  readonly seen: SeenRequest[] = []
  readonly replies: Uint8Array[] = []
  readonly #options: CmpServerOptions
  readonly #service: CmpService
  readonly #servers: LocalServer[] = []
  readonly #now: () => Instant
  #lies = 0

  private constructor(options: CmpServerOptions, material: Material) {
    this.#options = options
    this.material = material
    this.#now = options.now ?? (() => systemClock.now())
    this.general = { caCerts: [material.ca.certificate] }
    const { troubles, general } = this
    this.#service = new CmpService({ material, now: this.#now, troubles, general })
  }

  static async start(options: CmpServerOptions = {}): Promise<CmpServer> {
    const server = new CmpServer(options, options.material ?? (await singleCa()))
    server.#servers.push(await serveHttpOf(server, options.tls))
    if (options.tcp === true) server.#servers.push(await serveTcpOf(server))
    return server
  }

  get url(): string {
    return this.at('/pkix/')
  }

  at(path: string): string {
    return `${this.#servers[0]?.url ?? ''}${path}`
  }

  get tcpPort(): number {
    return this.#servers[1]?.port ?? 0
  }

  get issued(): readonly IssuedCertificate[] {
    return this.#service.authority.issued
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((one) => one.close()))
  }

  approve(decision: 'granted' | 'denied' = 'granted'): void {
    this.#service.decide(decision)
  }

  forget(): void {
    this.#service.forget()
  }

  /** @returns the reply; undefined where there is none to give */
  async handle(bytes: Uint8Array, path = ''): Promise<Uint8Array | undefined> {
    const message = readMessage(bytes)
    const judged = message === undefined ? undefined : this.#judge(message)
    const protector = typeof judged === 'object' ? judged : undefined
    this.#note(bytes, { message, protector, path })
    const reply = await this.#answer(message, judged)
    if (this.troubles.confirmation === 'nothing' && message?.type === 'certConf') return undefined
    const sent = await writeReply({
      reply,
      request: message,
      protector: protector ?? nobody,
      material: this.material,
      troubles: this.troubles,
      lies: this.#liesFor(reply.type),
      now: this.#now(),
    })
    this.#service.said(hex(message?.header.transactionId ?? new Uint8Array()), sent.senderNonce)
    this.replies.push(sent.bytes)
    return sent.bytes
  }

  #judge(message: Message): ReturnType<typeof protectorOf> {
    const secrets = new Map(Object.entries(this.#options.secrets ?? {}))
    const trusted = this.#options.trusted ?? [this.material.ca.certificate]
    try {
      return protectorOf(message, { secrets, trusted })
    } catch {
      // A certificate or an algorithm that cannot be read at all.
      return 'badMessageCheck'
    }
  }

  #answer(message: Message | undefined, judged: ReturnType<typeof protectorOf> | undefined): Promise<Reply> {
    if (message === undefined || judged === undefined) return Promise.resolve(failure('badDataFormat'))
    if (typeof judged === 'string') return Promise.resolve(failure(judged))
    const isRefused = judged.kind === 'nobody' && this.troubles.acceptsUnprotected !== true
    return isRefused
      ? Promise.resolve(failure('badMessageCheck', 'no protection'))
      : this.#service.answer({ message, protector: judged })
  }

  #note(bytes: Uint8Array, { message, protector, path }: Pick<SeenRequest, 'message' | 'protector' | 'path'>): void {
    const header = message?.header
    const hexOf = (value: Uint8Array | undefined): string => hex(value ?? new Uint8Array())
    this.seen.push({
      type: message?.type ?? '',
      transactionId: hexOf(header?.transactionId),
      senderNonce: hexOf(header?.senderNonce),
      recipNonce: hexOf(header?.recipNonce),
      protectionAlg: algorithmOf(header?.protectionAlg && elementOf(header.protectionAlg)),
      protector,
      message,
      bytes,
      path,
    })
  }

  #liesFor(type: string): CmpTroubles {
    const { only, times } = this.troubles
    if (only?.includes(type) === false || (times !== undefined && this.#lies >= times)) return {}
    this.#lies += 1
    return this.troubles
  }
}
