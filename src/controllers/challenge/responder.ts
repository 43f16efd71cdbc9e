/**
 * What a replica answers to HTTP-01 challenges (RFC 8555 section 8.3): one path, nothing else. It says the same to everybody,
 * so it needs no state of its own and no trust in who asks.
 */
import type { AnswerBook } from './answers.ts'

export interface ChallengePage {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** The path under which HTTP-01 answers are asked for (RFC 8555 section 8.3); the token follows. */
export const challengePrefix = '/.well-known/acme-challenge/'
/** base64url without padding (RFC 8555 section 8.1); anything else cannot be a token. */
const tokenShape = /^[A-Za-z0-9_-]{1,256}$/

/** @returns a function from a path to its page, to be given to an HTTP server */
export function challengeRoutes(answers: AnswerBook): (request: { readonly path: string }) => ChallengePage {
  return ({ path }) => {
    const value = lookUp(path, answers)
    return value === undefined
      ? { status: 404, contentType: 'text/plain; charset=utf-8', body: 'no such challenge\n' }
      : { status: 200, contentType: 'application/octet-stream', body: value }
  }
}

function lookUp(path: string, answers: AnswerBook): string | undefined {
  if (!path.startsWith(challengePrefix)) return undefined
  const token = path.slice(challengePrefix.length)
  return tokenShape.test(token) ? answers.find(token) : undefined
}
