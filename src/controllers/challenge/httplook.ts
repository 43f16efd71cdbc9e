/** Looks at an HTTP-01 answer as the CA would (RFC 8555 section 8.3). */
import type { HttpClient } from '../../net/http.ts'
import { seconds } from '../../std/time.ts'
import type { Look } from './board.ts'
import { challengePrefix } from './responder.ts'

const timeout = seconds(3)

/** @param checker - a client that refuses the addresses that nobody may be lured to */
export function httpLook(checker: HttpClient): Look {
  return async ({ identifier, token, value }, signal) => {
    const host = identifier.includes(':') ? `[${identifier}]` : identifier
    const reply = await checker.send(
      { method: 'GET', url: `http://${host}${challengePrefix}${token}`, maxBytes: 4096, timeout },
      AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    )
    if (!reply.ok) {
      // An address that we may not call says nothing about what the CA will see.
      const { kind, message } = reply.error
      return kind === 'forbiddenAddress' ? { hidden: message } : { instead: message }
    }
    // A redirect (to https, usually) is followed by CAs; where it leads is theirs to judge.
    if (reply.value.status >= 300 && reply.value.status < 400) return 'right'
    if (reply.value.status !== 200) return { instead: `it answers ${reply.value.status}` }
    return Buffer.from(reply.value.body).toString('utf8').trim() === value
      ? 'right'
      : { instead: 'it answers something else' }
  }
}
