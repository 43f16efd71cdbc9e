import type { ChallengeAnswer, ChallengeBoard } from '../../src/enroll/challenge.ts'
import { serveHttp } from './servers.ts'

const prefix = '/.well-known/acme-challenge/'

/** A web server that serves HTTP-01 answers, and the board they are posted on. */
export interface Website {
  readonly port: number
  readonly board: ChallengeBoard
  /** Answers that stand on the board. */
  readonly posted: readonly ChallengeAnswer[]
  /** Requests for answers so far. */
  readonly looks: number
  /** Serves this instead of every answer. */
  defaced: string | undefined
  close(): Promise<void>
}

export async function startWebsite(): Promise<Website> {
  const answers = new Map<string, ChallengeAnswer>()
  let looks = 0
  let defaced: string | undefined
  const server = await serveHttp(({ url = '' }, response) => {
    looks += 1
    const answer = url.startsWith(prefix) ? answers.get(url.slice(prefix.length)) : undefined
    response.statusCode = answer === undefined ? 404 : 200
    response.end(defaced ?? answer?.value ?? 'no such challenge')
  })
  const board: ChallengeBoard = {
    typesFor: ({ wildcard }) => (wildcard ? [] : ['http-01']),
    present: (answer) => {
      answers.set(answer.token, answer)
      return Promise.resolve({ kind: 'ready' })
    },
    remove: ({ token }) => {
      answers.delete(token)
      return Promise.resolve()
    },
  }
  return {
    port: server.port,
    board,
    get posted() {
      return [...answers.values()]
    },
    get looks() {
      return looks
    },
    get defaced() {
      return defaced
    },
    set defaced(text) {
      defaced = text
    },
    close: server.close,
  }
}
