/** Where the operations of RFC 8894 section 4.1 are: a query behind the URL of the service. Pure. */
import type { ScepSpec } from '../../api/issuer/scep.ts'

export type Operation = 'GetCACaps' | 'GetCACert' | 'GetNextCACert' | 'PKIOperation'

/**
 * The message is there even when it is empty: services have been seen that do not answer without it. A query that the URL has
 * already stays in front.
 *
 * @param url - of the service
 * @param operation - what is asked
 * @param message - as it goes into the query, before percent-encoding; left out when undefined
 */
export function operationUrl(url: string, operation: Operation, message?: string): string {
  const [beforeFragment = ''] = url.split('#')
  const joint = !beforeFragment.includes('?') ? '?' : /[?&]$/.test(beforeFragment) ? '' : '&'
  const rest = message === undefined ? '' : `&message=${encodeURIComponent(message)}`
  return `${beforeFragment}${joint}operation=${operation}${rest}`
}

/** The pkiMessage of a GET: base64 with padding, in the alphabet that the service reads (section 4.1). */
export function messageText(message: Uint8Array, encoding: ScepSpec['getEncoding'] = 'Standard'): string {
  const base64 = Buffer.from(message).toString('base64')
  return encoding === 'Standard' ? base64 : base64.replaceAll('+', '-').replaceAll('/', '_')
}

/** Redirects that are followed: on the same host, never from https to http. */
const mostRedirects = 3

/**
 * @param from - the URL that answered with a redirect
 * @param location - what it said
 * @param followed - how many redirects came before
 * @returns where to ask next, or undefined when that is not followed
 */
export function redirectTarget(from: string, location: string | undefined, followed: number): string | undefined {
  if (location === undefined || followed >= mostRedirects || !URL.canParse(location, from)) return undefined
  const [source, target] = [new URL(from), new URL(location, from)]
  const isSafe = target.protocol === source.protocol || (source.protocol === 'http:' && target.protocol === 'https:')
  if (!isSafe || target.hostname !== source.hostname || target.username !== '' || target.password !== '')
    return undefined
  // The port changes with the scheme; otherwise it is another service.
  if (target.protocol === source.protocol && target.port !== source.port) return undefined
  return target.href
}
