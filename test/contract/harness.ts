/** What the contract suite needs of each protocol: a fake CA and how to bring it into trouble. */
import type { ChallengeAnswer, ChallengeBoard } from '../../src/enroll/challenge.ts'
import type { Credentials, Ctx, ProtocolFactory } from '../../src/enroll/enroller.ts'
import type { Wanted } from '../../src/domain/wanted.ts'
import type { HttpClient, HttpFailure, HttpResponse } from '../../src/net/http.ts'
import type { LogFields, Logger } from '../../src/std/log.ts'
import { days, instant, plus, seconds } from '../../src/std/time.ts'
import type { Duration, Instant } from '../../src/std/time.ts'
import { noSurroundings } from '../support/surroundings.ts'
import { MemoryVault } from '../support/vault.ts'

/** Troubles that only the protocol's own fake can act. Those of the network are acted by {@link FaultyHttp}. */
export type Trouble = 'refuses' | 'answersForAnotherKey'

/** A fake CA with an issuer that fits it. */
export interface World<S> {
  readonly spec: S
  readonly credentials: Credentials
  /** Reaches the fake. Protocols that sign in process leave it out. */
  readonly http?: HttpClient
  /** From now on the CA is in this trouble. */
  become(trouble: Trouble): void
  /** Told of every answer that is posted, before the CA is asked to look. */
  posted?(answers: readonly ChallengeAnswer[]): void
  /** Certificates signed so far, as the CA counts them; undefined where nobody keeps count. */
  issued(): number | undefined
  /** Serial numbers of revoked certificates, upper-case hex. */
  revoked(): readonly string[]
  /** Texts that must never be printed. */
  readonly secrets: readonly string[]
  close(): Promise<void>
}

export interface Harness<S> {
  readonly factory: ProtocolFactory<S>
  /** @param start - the virtual time the world begins at */
  open(start: Instant): Promise<World<S>>
  /** Whether requests leave this process. */
  readonly overNetwork: boolean
  readonly troubles: readonly Trouble[]
  /** Wishes this protocol must be able to fulfil, by a few words of description. */
  readonly wishes: Readonly<Record<string, Wanted>>
}

/** A wish every protocol can fulfil. */
export const plainWish: Wanted = {
  subject: [],
  names: [{ type: 'dns', value: 'plain.example.test' }],
  key: { algorithm: 'ECDSA', size: 256 },
  lifetime: days(30),
  usages: ['digital signature', 'key encipherment', 'server auth'],
  encodeUsagesInRequest: true,
  isCA: false,
}

/** The time of one world. Moves only when told. */
export class VirtualClock {
  #now: Instant

  constructor(start: Instant) {
    this.#now = start
  }

  now(): Instant {
    return this.#now
  }

  /** Moves forward to `at`; a moment that has passed is no reason to move back. */
  advanceTo(at: Instant): void {
    this.#now = instant(Math.max(this.#now, at))
  }

  advanceBy(length: Duration): void {
    this.#now = plus(this.#now, length)
  }
}

/** What one exchange meets instead of the CA. */
export type NetworkTrouble =
  | { readonly kind: 'down' }
  | { readonly kind: 'hangs' }
  | {
      readonly kind: 'answers'
      readonly status: number
      readonly body: Uint8Array
      readonly retryAfter?: Instant
      /** Media type of the body. */
      readonly type?: string
    }
  /** The CA does its work, and the reply is lost on the way back. */
  | { readonly kind: 'losesReply' }

/** An HTTP client whose network can be broken: from now on, or for one exchange. */
export class FaultyHttp implements HttpClient {
  readonly #inner: HttpClient
  #trouble: NetworkTrouble | undefined
  #once: { readonly at: number; readonly trouble: NetworkTrouble } | undefined
  #count = 0

  constructor(inner: HttpClient) {
    this.#inner = inner
  }

  /** How many requests were made. */
  get count(): number {
    return this.#count
  }

  breakWith(trouble: NetworkTrouble | undefined): void {
    this.#trouble = trouble
  }

  /** @param at - which request from the start meets the trouble, counted from 0 */
  breakOnce(at: number, trouble: NetworkTrouble): void {
    this.#once = { at, trouble }
  }

  async send(...[request, signal]: Parameters<HttpClient['send']>): ReturnType<HttpClient['send']> {
    const number = this.#count++
    if (signal.aborted) return aborted(signal)
    const trouble = this.#once?.at === number ? this.#once.trouble : this.#trouble
    switch (trouble?.kind) {
      case undefined:
        return this.#inner.send(request, signal)
      case 'down':
        return failure('unreachable', 'ca.test refused the connection')
      case 'hangs':
        return aborted(signal)
      case 'losesReply':
        await this.#inner.send(request, signal)
        return failure('timedOut', 'ca.test did not answer within 30 s')
      case 'answers':
        return { ok: true, value: reply(trouble) }
    }
  }
}

const failure = (kind: HttpFailure['kind'], message: string): { readonly ok: false; readonly error: HttpFailure } => ({
  ok: false,
  error: { kind, message },
})

function aborted(signal: AbortSignal): ReturnType<HttpClient['send']> {
  const ended = failure('aborted', 'the request to ca.test was given up')
  if (signal.aborted) return Promise.resolve(ended)
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(ended), { once: true }))
}

function reply(trouble: Extract<NetworkTrouble, { kind: 'answers' }>): HttpResponse {
  const { status, body, retryAfter, type = 'application/octet-stream' } = trouble
  const headers = new Map([['content-type', type]])
  const all = new Map([...headers].map(([name, value]) => [name, [value]]))
  return { status, headers, all, body, ...(retryAfter === undefined ? {} : { retryAfter }) }
}

/** Keeps every line as JSON, so that a test can look for what must not be there. */
class RecordingLog implements Logger {
  readonly #lines: string[]
  readonly #fields: LogFields

  constructor(lines: string[] = [], fields: LogFields = {}) {
    this.#lines = lines
    this.#fields = fields
  }

  get text(): string {
    return this.#lines.join('\n')
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#lines.push(JSON.stringify({ message, ...this.#fields, ...fields }))
  }

  info(message: string, fields?: LogFields): void {
    this.debug(message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    this.debug(message, fields)
  }

  error(message: string, fields?: LogFields): void {
    this.debug(message, fields)
  }

  with(fields: LogFields): Logger {
    return new RecordingLog(this.#lines, { ...this.#fields, ...fields })
  }
}

/** A board that takes every answer at once. */
export class MemoryBoard implements ChallengeBoard {
  readonly #answers = new Map<string, ChallengeAnswer>()
  readonly #posted: ((answers: readonly ChallengeAnswer[]) => void) | undefined

  constructor(posted?: (answers: readonly ChallengeAnswer[]) => void) {
    this.#posted = posted
  }

  get answers(): readonly ChallengeAnswer[] {
    return [...this.#answers.values()]
  }

  typesFor({ wildcard }: Parameters<ChallengeBoard['typesFor']>[0]): ReturnType<ChallengeBoard['typesFor']> {
    return wildcard ? ['dns-01'] : ['http-01', 'dns-01']
  }

  present(answer: ChallengeAnswer): ReturnType<ChallengeBoard['present']> {
    this.#answers.set(`${answer.type} ${answer.identifier} ${answer.token}`, answer)
    this.#posted?.(this.answers)
    return Promise.resolve({ kind: 'ready' })
  }

  remove(answer: ChallengeAnswer): Promise<void> {
    this.#answers.delete(`${answer.type} ${answer.identifier} ${answer.token}`)
    this.#posted?.(this.answers)
    return Promise.resolve()
  }
}

/** A network with nothing on it. */
const nowhere: HttpClient = {
  send: () => Promise.resolve(failure('unreachable', 'nothing in this test may use the network')),
}

/** Everything around one issuer that outlives a process: Secrets, the board, time, the CA. */
export class Scene<S> {
  readonly world: World<S>
  readonly clock: VirtualClock
  readonly http: FaultyHttp
  readonly log = new RecordingLog()
  readonly vault = new MemoryVault()
  readonly board: MemoryBoard

  constructor(world: World<S>, start: Instant) {
    this.world = world
    this.clock = new VirtualClock(start)
    this.http = new FaultyHttp(world.http ?? nowhere)
    this.board = new MemoryBoard((answers) => world.posted?.(answers))
  }

  ctx(signal: AbortSignal = new AbortController().signal): Ctx {
    const { clock, http, log, vault, board } = this
    return {
      now: () => clock.now(),
      told: (exchange) => log.debug('exchange', { ...exchange }),
      http,
      signal,
      log,
      vault,
      board,
      surroundings: noSurroundings,
    }
  }
}

/** How long a lenient test waits between two polls when an outcome does not say. */
export const defaultPause = seconds(60)
