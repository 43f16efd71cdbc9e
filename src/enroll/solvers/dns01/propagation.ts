/**
 * Whether a CA would see a record: every authoritative server of the zone is asked (RFC 8555 section 8.4 lets the CA ask any), or
 * the recursive servers where the operator may not ask others.
 */
import type { Asking } from './lookup.ts'
import { findZone, followAliases, serversOf, textsAt, textsSeen } from './lookup.ts'

/** A TXT record that is looked for. */
export interface Sought {
  /** Plain. CNAMEs are followed from here, as the CA does. */
  readonly name: string
  readonly fits: (text: string) => boolean
}

/** @returns undefined when the record is served everywhere; otherwise a note: who does not serve it, or cannot be asked */
export async function unseen({ name, fits }: Sought, asking: Asking): Promise<string | undefined> {
  const end = await followAliases(name, asking)
  if (!end.ok) return end.error.message
  if (!asking.dns.asksAuthoritative) {
    const seen = await textsSeen(end.value, asking)
    if (!seen.ok) return `the TXT record of ${end.value} cannot be looked up: ${seen.error}`
    return seen.value.some(fits) ? undefined : `the resolver does not see the TXT record of ${end.value} yet`
  }
  const zone = await findZone(end.value, asking)
  const servers = zone.ok ? await serversOf(zone.value, asking) : zone
  if (!servers.ok) return servers.error.message
  const port = asking.dns.authoritativePort
  const notes = await Promise.all(
    servers.value.map(async (host) => {
      const texts = await textsAt(end.value, { host, port }, asking)
      if (!texts.ok) return `${host}: ${texts.error}`
      return texts.value.some(fits) ? undefined : `${host} does not serve the TXT record of ${end.value} yet`
    }),
  )
  return notes.find((note) => note !== undefined)
}
