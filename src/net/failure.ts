import { types } from 'node:util'
import { forbiddenCode, unlessAllowed } from './address.ts'
import type { HttpFailure } from './http.ts'
import { tlsSentence } from './tls.ts'

type Kind = HttpFailure['kind']

/** Errors of connections by their code, said of the host. The one place that classifies them. */
const troubles: Readonly<Record<string, readonly [Kind, string]>> = {
  [forbiddenCode]: ['forbiddenAddress', `has no address that may be called from here ${unlessAllowed}`],
  ENOTFOUND: ['unreachable', 'is a name that DNS does not know'],
  EAI_AGAIN: ['unreachable', 'could not be resolved, because DNS did not answer'],
  EAI_FAIL: ['unreachable', 'could not be resolved, because DNS failed'],
  ECONNREFUSED: ['unreachable', 'refused the connection; check that the server runs on this port'],
  ECONNRESET: ['unreachable', 'broke the connection'],
  EPIPE: ['unreachable', 'broke the connection'],
  UND_ERR_SOCKET: ['unreachable', 'broke the connection'],
  EHOSTUNREACH: ['unreachable', 'cannot be reached: there is no route to it'],
  ENETUNREACH: ['unreachable', 'cannot be reached: there is no route to its network'],
  EADDRNOTAVAIL: ['unreachable', 'cannot be reached: this machine is out of ports or has no address of that kind'],
  ETIMEDOUT: ['timedOut', 'did not accept a connection in time'],
  UND_ERR_CONNECT_TIMEOUT: ['timedOut', 'did not accept a connection in time'],
  UND_ERR_HEADERS_TIMEOUT: ['timedOut', 'did not answer in time'],
  UND_ERR_BODY_TIMEOUT: ['timedOut', 'did not finish its answer in time'],
  UND_ERR_HEADERS_OVERFLOW: ['malformed', 'sent more headers than can be read'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['malformed', 'sent more or less than its Content-Length says'],
}

/**
 * Says why an exchange brought no reply.
 *
 * @param host - for the sentence
 * @param error - whatever undici, Node or OpenSSL threw
 */
export function failureOf(host: string, error: unknown): HttpFailure {
  const [first = unknownError] = chainOf(error)
  for (const link of chainOf(error)) {
    const tls = tlsSentence(host, link)
    if (tls !== undefined) return { kind: 'tls', message: tls }
    const proxy = /Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(link.message)
    if (proxy !== null) return { kind: 'unreachable', message: proxySentence(host, proxy[1] ?? '') }
    const trouble = troubles[link.code]
    if (trouble !== undefined) return { kind: trouble[0], message: `${host} ${trouble[1]}.` }
    if (link.name === 'HTTPParserError') return { kind: 'malformed', message: `${host} does not answer in HTTP.` }
  }
  return { kind: 'unreachable', message: `The request to ${host} failed (${first.code || 'no code'}).` }
}

function proxySentence(host: string, status: string): string {
  const why = status === '407' ? 'it wants other credentials (407)' : `it answered ${status}`
  return `The proxy did not let the request to ${host} through: ${why}.`
}

interface Link {
  readonly name: string
  readonly code: string
  readonly message: string
}

const unknownError: Link = { name: '', code: '', message: '' }

/** An error, its causes, and the errors that each of several addresses gave, outermost first. */
function chainOf(error: unknown, depth = 0): readonly Link[] {
  if (!types.isNativeError(error) || depth > 5) return []
  const code: unknown = Reflect.get(error, 'code')
  const errors: unknown = Reflect.get(error, 'errors')
  const link = { name: error.name, code: typeof code === 'string' ? code : '', message: error.message }
  const several = Array.isArray(errors) ? errors.flatMap((one: unknown) => chainOf(one, depth + 1)) : []
  return [link, ...several, ...chainOf(error.cause, depth + 1)]
}
