/**
 * Where protocols post their challenges. The answers stand in the Certificate's status when they are presented, and every replica
 * serves them from there; so to present means to put up what leads to them, and to look at them from outside, within bounds: a
 * check that fails for long enough is passed over, because only the CA's view counts (split-horizon DNS, hairpin NAT).
 */
import type { Certificate } from '../../api/certificate.ts'
import { fault } from '../../domain/fault.ts'
import type { ChallengeAnswer, ChallengeBoard, ChallengeType, Presence } from '../../enroll/challenge.ts'
import type { Clock } from '../../std/clock.ts'
import { LatestMap } from '../../std/latestmap.ts'
import { between, plus, seconds } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { RouteState } from './routes.ts'

/** `instead`: what is there. `hidden`: why nothing can be seen from here, which says nothing about what the CA sees. */
export type Sight = 'right' | { readonly instead: string } | { readonly hidden: string }

/** Looks at an answer once, as the CA would. */
export type Look = (answer: ChallengeAnswer, signal: AbortSignal) => Promise<Sight>

export interface BoardParts {
  readonly clock: Clock
  /** How an answer of each type that is served here is looked at; undefined: it is not, and counts as served at once. */
  readonly looks: Readonly<Partial<Record<ChallengeType, Look | undefined>>>
  /** Puts up what leads to the answers of a Certificate. */
  readonly ensure: (certificate: Certificate, signal: AbortSignal) => Promise<RouteState>
}

/** After this long the CA is asked to look whatever we see ourselves. */
const patience = seconds(20)
/** After this long a route that cannot be put up ends the order. */
const routePatience = seconds(120)
const pause = seconds(2)
/** What was put up is not put up again for this long. */
const routeTrust = seconds(15)
/** Challenges that are remembered between two looks; the oldest are forgotten first. */
const mostRemembered = 10_000

interface Memory {
  readonly firstLook: Instant
  readonly routedAt: Instant | undefined
  /** What was there at the last look. */
  readonly instead?: string
}

/** The boards of all Certificates: one memory, and one way to put up routes. */
export class ChallengeBoards {
  readonly #parts: BoardParts
  readonly #memories = new LatestMap<string, Memory>(mostRemembered)

  constructor(parts: BoardParts) {
    this.#parts = parts
  }

  /** @param certificate - whose answers are posted; undefined where none are: nothing is put up */
  boardFor(certificate: Certificate | undefined, signal: AbortSignal): ChallengeBoard {
    let routed: Promise<RouteState> | undefined
    const route = (): Promise<RouteState> => {
      if (certificate === undefined) return Promise.resolve({ kind: 'ready' })
      // Once for all its answers: they share what leads to them.
      routed ??= this.#parts.ensure(certificate, signal)
      return routed
    }
    return {
      typesFor: ({ wildcard }) => (wildcard ? [] : this.#types()),
      present: (answer, check) => this.#present(answer, { check, route, signal }),
      remove: ({ token }) => {
        // What leads to it is taken down once the status no longer speaks of it.
        this.#memories.delete(token)
        return Promise.resolve()
      },
    }
  }

  /** RFC 8555 section 8.3 and RFC 8737 section 3: neither can prove control of a wildcard name. */
  #types(): readonly ChallengeType[] {
    const { looks } = this.#parts
    return (['http-01', 'tls-alpn-01'] as const).filter((type) => type in looks)
  }

  async #present(answer: ChallengeAnswer, how: Presenting): Promise<Presence> {
    const now = this.#parts.clock.now()
    const memory = this.#memories.get(answer.token) ?? { firstLook: now, routedAt: undefined }
    this.#memories.set(answer.token, memory)
    const isRouted = memory.routedAt !== undefined && between(memory.routedAt, now) < routeTrust
    const state = isRouted || answer.type !== 'http-01' ? ({ kind: 'ready' } as const) : await how.route()
    if (state.kind === 'failed') return state
    if (state.kind === 'waiting') return this.#waitForRoute(state.note, memory.firstLook)
    const routed = isRouted ? memory : { ...memory, routedAt: now }
    this.#memories.set(answer.token, routed)
    return this.#check(answer, how, routed)
  }

  #waitForRoute(note: string, since: Instant): Presence {
    const now = this.#parts.clock.now()
    return between(since, now) >= routePatience
      ? { kind: 'failed', fault: fault('RequestRejected', note) }
      : { kind: 'waiting', wakeAt: plus(now, pause), note }
  }

  async #check(answer: ChallengeAnswer, { check, signal }: Presenting, memory: Memory): Promise<Presence> {
    const { looks, clock } = this.#parts
    const look = looks[answer.type]
    if (check === 'trust') return { kind: 'ready' }
    if (look === undefined) return { kind: 'ready', unseen: 'nothing is looked at, for --http01-self-check is false' }
    const now = clock.now()
    if (between(memory.firstLook, now) >= patience)
      return { kind: 'ready', unseen: memory.instead ?? 'it could not be looked at in time' }
    const sight = await look(answer, signal)
    if (sight === 'right') return { kind: 'ready' }
    if ('hidden' in sight) return { kind: 'ready', unseen: sight.hidden }
    const { instead } = sight
    this.#memories.set(answer.token, { ...memory, instead })
    return {
      kind: 'waiting',
      wakeAt: plus(now, pause),
      note: `${answer.identifier} does not serve the ${answer.type} challenge yet: ${instead}`,
    }
  }
}

interface Presenting {
  readonly check: 'look' | 'trust'
  readonly route: () => Promise<RouteState>
  readonly signal: AbortSignal
}
