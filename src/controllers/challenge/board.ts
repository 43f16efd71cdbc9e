/**
 * Where protocols post their challenges. HTTP-01 answers are already in the Certificate's status when they are presented, so
 * presenting means to look at them from outside, within bounds: a check that fails for long enough is passed over, because
 * only the CA's view counts (split-horizon DNS, hairpin NAT).
 */
import type { ChallengeAnswer, ChallengeBoard, ChallengeType, Presence } from '../../enroll/enroller.ts'
import type { HttpClient } from '../../net/http.ts'
import type { Clock } from '../../std/clock.ts'
import { between, plus, seconds } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'

export interface BoardParts {
  readonly clock: Clock
  /** Undefined: no self-check, answers count as served at once. */
  readonly checker: HttpClient | undefined
}

/** After this long the CA is asked to look whatever we see ourselves. */
const patience = seconds(20)
const pause = seconds(2)
const checkTimeout = seconds(3)
/** Challenges that are remembered between two looks; the oldest are forgotten first. */
const mostRemembered = 10_000

export class HttpBoard implements ChallengeBoard {
  readonly #parts: BoardParts
  readonly #firstLooks = new Map<string, Instant>()

  constructor(parts: BoardParts) {
    this.#parts = parts
  }

  typesFor(identifier: {
    readonly kind: 'dns' | 'ip'
    readonly value: string
    readonly wildcard: boolean
  }): readonly ChallengeType[] {
    // RFC 8555 section 8.3: HTTP-01 cannot prove control of a wildcard name.
    return identifier.wildcard ? [] : ['http-01']
  }

  async present(answer: ChallengeAnswer, check: 'look' | 'trust'): Promise<Presence> {
    const { checker, clock } = this.#parts
    if (checker === undefined || check === 'trust') return { kind: 'ready' }
    const now = clock.now()
    const firstLook = this.#firstLooks.get(answer.token) ?? now
    this.#remember(answer.token, firstLook)
    if (between(firstLook, now) >= patience) return { kind: 'ready' }
    const seen = await look(answer, checker)
    if (seen === 'right') return { kind: 'ready' }
    return {
      kind: 'waiting',
      wakeAt: plus(now, pause),
      note: `http://${answer.identifier}/ does not serve the challenge yet: ${seen}`,
    }
  }

  remove(answer: ChallengeAnswer): Promise<void> {
    this.#firstLooks.delete(answer.token)
    return Promise.resolve()
  }

  #remember(token: string, firstLook: Instant): void {
    this.#firstLooks.set(token, firstLook)
    const oldest = this.#firstLooks.keys().next().value
    if (this.#firstLooks.size > mostRemembered && oldest !== undefined) this.#firstLooks.delete(oldest)
  }
}

/** One request as the CA would make it. @returns `right`, or what was seen instead */
async function look(answer: ChallengeAnswer, checker: HttpClient): Promise<string> {
  const host = answer.identifier.includes(':') ? `[${answer.identifier}]` : answer.identifier
  const reply = await checker.send(
    {
      method: 'GET',
      url: `http://${host}/.well-known/acme-challenge/${answer.token}`,
      maxBytes: 4096,
      timeout: checkTimeout,
    },
    AbortSignal.timeout(checkTimeout),
  )
  if (!reply.ok) {
    // An address that we may not call says nothing about what the CA will see.
    return reply.error.kind === 'forbiddenAddress' ? 'right' : reply.error.message
  }
  // A redirect (to https, usually) is followed by CAs; where it leads is theirs to judge.
  if (reply.value.status >= 300 && reply.value.status < 400) return 'right'
  if (reply.value.status !== 200) return `it answers ${reply.value.status}`
  return Buffer.from(reply.value.body).toString('utf8').trim() === answer.value ? 'right' : 'it answers something else'
}
