/**
 * What stands in DNS, and what to write there, where CAA records keep the CA from issuing (RFC 8659), bound to the account
 * (RFC 8657). Looked up after the CA has refused: see docs/protocols/acme.md.
 */
import { recordTypes } from '../../net/dnsmessage.ts'
import { parentName } from '../../net/dnsname.ts'
import { mapBounded } from '../../std/bounded.ts'
import { clip } from '../../std/text.ts'
import type { Order, Outcome } from '../enroller.ts'
import { caaObstacle, caaText, readCaa } from './caarecords.ts'
import type { CaaApplicant, CaaRecord } from './caarecords.ts'
import type { Desk } from './desk.ts'
import { caaCure } from './problem.ts'

/** The methods of the solvers in the words of RFC 8657 section 4, which are those of ACME. */
const methods = { http01: 'http-01', dns01: 'dns-01', tlsAlpn01: 'tls-alpn-01' } as const

/** A refusal is told once for all its names: those looked up, those told, and the records told of each. */
const mostNames = 20
const mostTold = 3
const mostRecords = 4
const atATime = 8

/** @returns the outcome, with what is in the way and the record to add, where it is about CAA */
export async function withCaaRecord(outcome: Outcome, desk: Desk, order: Order): Promise<Outcome> {
  if (outcome.kind !== 'refused' || !outcome.fault.message.includes(caaCure)) return outcome
  const applicant = applicantOf(desk)
  const obstacles = await obstaclesFor(applicant, desk, order)
  const message = outcome.fault.message.replace(
    caaCure,
    () => `${obstacles}${caaCure}, for example: ${exampleFor(applicant)}`,
  )
  return { ...outcome, fault: { ...outcome.fault, message } }
}

function applicantOf({ directory, account, spec }: Desk): CaaApplicant {
  const used = Object.entries(methods).flatMap(([solver, method]) =>
    (spec.solvers ?? []).some((one) => Object.hasOwn(one, solver)) ? [method] : [],
  )
  return { identities: directory.meta.caaIdentities, accountUrl: account.url, methods: used }
}

function exampleFor({ identities, accountUrl, methods: used }: CaaApplicant): string {
  const [ca = "<the CA's domain>"] = identities
  const by = used.length === 0 ? '' : `; validationmethods=${used.join(',')}`
  return `0 issue "${ca}; accounturi=${accountUrl}${by}"`
}

/** @returns clauses with the records that are in the way as the resolver here sees them; empty when it sees none */
async function obstaclesFor(applicant: CaaApplicant, desk: Desk, { wanted }: Order): Promise<string> {
  // A CA that does not say its domains cannot be looked for in records.
  if (applicant.identities.length === 0) return ''
  const names = wanted.names.flatMap(({ type, value }) => (type === 'dns' ? [value.toLowerCase()] : []))
  const found = await mapBounded(names.slice(0, mostNames), atATime, (name) => obstacleAt(name, applicant, desk))
  const told = [...new Set(found.flatMap((clause) => clause ?? []))].slice(0, mostTold)
  return told.map((clause) => `${clause}; `).join('')
}

async function obstacleAt(name: string, applicant: CaaApplicant, desk: Desk): Promise<string | undefined> {
  const isWildcard = name.startsWith('*.')
  const relevant = await relevantRecords(isWildcard ? name.slice(2) : name, desk)
  if (relevant === undefined) return undefined
  const obstacle = caaObstacle(relevant.records, applicant, { isWildcard })
  if (obstacle === undefined) return undefined
  const texts = relevant.records.slice(0, mostRecords).map((record) => clip(caaText(record)))
  return `DNS has ${texts.join(', ')} at ${relevant.at}, which ${obstacle}`
}

/** RFC 8659 section 3: the nearest name upwards that has any counts alone. Aliases were followed by who is asked. */
async function relevantRecords(
  name: string,
  { ctx }: Desk,
): Promise<{ readonly at: string; readonly records: readonly CaaRecord[] } | undefined> {
  for (let at = name; at !== ''; at = parentName(at)) {
    const reply = await ctx.surroundings.dns.lookUp({ name: at, type: 'CAA' }, ctx.signal)
    if (!reply.ok) return undefined
    const data = reply.value.answers.filter(({ type }) => type === recordTypes.CAA)
    const records = data.flatMap((record) => readCaa(record.data) ?? [])
    if (records.length > 0) return { at, records }
  }
  return undefined
}
