/** Where proofs of control are shown: a small server on this machine, where the user gives an address for it, else nowhere. */
import { challengeRoutes } from '../controllers/challenge/responder.ts'
import type { ChallengeAnswer, ChallengeBoard } from '../enroll/challenge.ts'
import type { Ticket } from '../enroll/enroller.ts'
import { startServer } from '../net/server.ts'
import type { Clock } from '../std/clock.ts'
import type { Logger } from '../std/log.ts'
import { ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'

export interface Responder {
  readonly board: ChallengeBoard
  /** Serves the answers of a ticket that an earlier run left. */
  serve(ticket: Ticket | undefined): void
  /** Names that were to be proven although nothing can be shown. */
  unproven(): readonly string[]
  close(): Promise<void>
}

interface Outside {
  readonly clock: Clock
  readonly log: Logger
}

/** @param address - `host:port` to listen on; undefined: nothing is shown */
export async function openResponder(
  address: string | undefined,
  { clock, log }: Outside,
): Promise<Result<Responder, string>> {
  const answers = new Map<string, string>()
  const unproven = new Set<string>()
  const post = ({ type, token, value }: ChallengeAnswer): void => {
    if (type === 'http-01') answers.set(token, value)
  }
  const board: ChallengeBoard = {
    typesFor: ({ value, wildcard }) => {
      // RFC 8555 section 8.3: HTTP-01 cannot prove control of a wildcard name.
      if (address !== undefined && !wildcard) return ['http-01']
      if (!wildcard) unproven.add(value)
      return []
    },
    present: (answer) => {
      post(answer)
      return Promise.resolve({ kind: 'ready' })
    },
    remove: ({ token }) => {
      answers.delete(token)
      return Promise.resolve()
    },
  }
  const answer = challengeRoutes({ find: (token) => answers.get(token) })
  const server = address === undefined ? undefined : await startServer({ name: 'HTTP-01', address, answer, clock, log })
  if (server?.ok === false) return server
  return ok({
    board,
    serve: (ticket) => ticket?.answers?.forEach(post),
    unproven: () => [...unproven],
    close: async () => server?.value.close(),
  })
}
