/** Where operations live (RFC 7030 section 3.2.2), and where a redirect may lead. Pure. */
import type { EstSpec } from '../../api/issuer/est.ts'

export type Operation = 'cacerts' | 'csrattrs' | 'simpleenroll' | 'simplereenroll' | 'serverkeygen'

/** @returns for example `https://est.example.com/.well-known/est/devices`, without a slash at its end */
export function serviceUrl({ server, label }: Pick<EstSpec, 'server' | 'label'>): string {
  const origin = server.replace(/\/$/, '')
  return `${origin}/.well-known/est${label === undefined ? '' : `/${encodeURIComponent(label)}`}`
}

export const operationUrl = (spec: Pick<EstSpec, 'server' | 'label'>, operation: Operation): string =>
  `${serviceUrl(spec)}/${operation}`

const mostRedirects = 5

export type Redirect =
  { readonly kind: 'follow'; readonly url: string } | { readonly kind: 'refuse'; readonly why: string }

/**
 * Judges a redirect (sections 3.2.1 and 6): only within the origin, where the server is the one that was authenticated and what
 * identifies us may go again; and not for ever.
 *
 * @param from - where the reply came from
 * @param location - of the reply, possibly relative, possibly missing
 * @param followed - how many there were before
 */
export function judgeRedirect(from: string, location: string | undefined, followed: number): Redirect {
  if (location === undefined || !URL.canParse(location, from)) return { kind: 'refuse', why: 'without an address' }
  const [here, there] = [new URL(from), new URL(location, from)]
  if (there.origin !== here.origin) {
    const place = there.origin === 'null' ? there.protocol : there.origin
    return { kind: 'refuse', why: `to ${place.slice(0, 100)}, which is another server; nothing was sent there` }
  }
  if (there.username !== '' || there.password !== '') return { kind: 'refuse', why: 'with a password in its address' }
  if (followed >= mostRedirects) return { kind: 'refuse', why: `more than ${mostRedirects} times` }
  there.hash = ''
  return { kind: 'follow', url: there.href }
}
