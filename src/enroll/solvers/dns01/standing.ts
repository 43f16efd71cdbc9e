/** A record that a person puts into DNS once and for all (draft-ietf-acme-dns-persist): looked for, never written. */
import { plainName } from '../../../net/dnsname.ts'
import { fromUnixSeconds, minutes, plus } from '../../../std/time.ts'
import type { Instant } from '../../../std/time.ts'
import type { Presence } from '../../challenge.ts'
import type { Ctx } from '../../enroller.ts'
import { unseen } from './propagation.ts'

export interface StandingRecord {
  readonly name: string
  /** As it is to be put there: the issuer's domain name and, after semicolons, its parameters. */
  readonly value: string
}

/** Long enough to be told in the status, where people look for what to do. */
const pause = minutes(2)

/** Waits for the record as long as the order lives, and says meanwhile what to put where. */
export async function awaitStanding({ name, value }: StandingRecord, ctx: Ctx): Promise<Presence> {
  const asking = { dns: ctx.surroundings.dns, signal: ctx.signal }
  const wanted = read(value)
  const fits = (text: string): boolean => covers(read(text), wanted, ctx.now())
  const note = await unseen({ name: plainName(name), fits }, asking)
  if (note === undefined) return { kind: 'ready' }
  return {
    kind: 'waiting',
    wakeAt: plus(ctx.now(), pause),
    note: `put a TXT record at ${name} with the value "${value}"; it may stay there for ever. So far: ${note}`,
  }
}

interface Reading {
  readonly issuer: string
  readonly parameters: ReadonlyMap<string, string>
}

function read(text: string): Reading {
  const [issuer = '', ...rest] = text.split(';').map((part) => part.trim())
  const parameters = rest.map((part): [string, string] => {
    const [name = '', ...value] = part.split('=')
    return [name.trim().toLowerCase(), value.join('=').trim()]
  })
  return { issuer: plainName(issuer), parameters: new Map(parameters) }
}

/** Parameters that are not known are the CA's affair. */
function covers(found: Reading, wanted: Reading, now: Instant): boolean {
  const until = found.parameters.get('persistuntil')
  if (until !== undefined && !(fromUnixSeconds(Number(until)) > now)) return false
  const policy = (one: Reading): string => one.parameters.get('policy')?.toLowerCase() ?? ''
  return (
    found.issuer === wanted.issuer &&
    found.parameters.get('accounturi') === wanted.parameters.get('accounturi') &&
    (policy(wanted) === '' || policy(found) === policy(wanted))
  )
}
