/** What DNS itself says of a name: where its aliases lead, which zone holds it, who serves that zone, and which texts stand there. */
import { fault } from '../../../domain/fault.ts'
import type { Fault } from '../../../domain/fault.ts'
import type { DnsClient, DnsFailure, DnsServer } from '../../../net/dns.ts'
import { rcodes, readTarget, readText, recordTypes } from '../../../net/dnsmessage.ts'
import type { DnsMessage, RecordType, ResourceRecord } from '../../../net/dnsmessage.ts'
import { isWithin, parentName } from '../../../net/dnsname.ts'
import { err, ok } from '../../../std/result.ts'
import type { Result } from '../../../std/result.ts'

/** The DNS of one call. */
export interface Asking {
  readonly dns: DnsClient
  readonly signal: AbortSignal
}

/** Resolvers give up at about as many. */
const mostAliases = 10

/** @returns where the chain of CNAMEs that begins at a name ends: the name itself when it is no alias */
export async function followAliases(name: string, asking: Asking): Promise<Result<string, Fault>> {
  const seen = [name]
  for (let at = name; ;) {
    const reply = await lookUp(at, 'CNAME', asking)
    if (!reply.ok) return reply
    const target = aliasIn(reply.value, at)
    if (target === undefined) return ok(at)
    if (seen.includes(target) || seen.length > mostAliases)
      return err(fault('Misconfigured', `the CNAME at ${name} leads in a circle or too far: ${seen.join(', ')}`))
    seen.push(target)
    at = target
  }
}

const recordsAt = ({ answers }: DnsMessage, name: string, type: RecordType): readonly ResourceRecord[] =>
  answers.filter((record) => record.type === recordTypes[type] && record.name === name)

function aliasIn(reply: DnsMessage, name: string): string | undefined {
  const [alias] = recordsAt(reply, name, 'CNAME')
  return alias === undefined ? undefined : readTarget(reply, alias)
}

/**
 * The zone that holds a name, by the SOA that servers send with it: in the answer at the zone's own name, otherwise beside it
 * (RFC 2308 section 3). Names above are asked for only where servers leave that out.
 */
export async function findZone(name: string, asking: Asking): Promise<Result<string, Fault>> {
  for (let at = name; at !== ''; at = parentName(at)) {
    const reply = await lookUp(at, 'SOA', asking)
    if (!reply.ok) return reply
    const { answers, authorities } = reply.value
    const owner = [...answers, ...authorities].find(
      (record) => record.type === recordTypes.SOA && record.name !== '' && isWithin(name, record.name),
    )
    if (owner !== undefined) return ok(owner.name)
  }
  return err(fault('Misconfigured', `no zone of DNS holds ${name}: check that the domain is registered and delegated`))
}

/** @returns the names of the servers that a zone is delegated to */
export async function serversOf(zone: string, asking: Asking): Promise<Result<readonly string[], Fault>> {
  const reply = await lookUp(zone, 'NS', asking)
  if (!reply.ok) return reply
  const names = recordsAt(reply.value, zone, 'NS').flatMap((record) => readTarget(reply.value, record) ?? [])
  if (names.length > 0) return ok(names)
  return err(fault('Misconfigured', `the zone ${zone} names no servers: check its NS records`))
}

/** @returns the texts at a name as one authoritative server holds them, and whether it answers for the name at all */
export async function textsAt(
  name: string,
  server: DnsServer,
  { dns, signal }: Asking,
): Promise<Result<readonly string[], string>> {
  const reply = await dns.ask({ name, type: 'TXT' }, server, signal)
  return reply.ok ? textsIn(reply.value, name) : err(reply.error.message)
}

/** @returns the texts at a name as the recursive servers see them */
export async function textsSeen(name: string, { dns, signal }: Asking): Promise<Result<readonly string[], string>> {
  const reply = await dns.lookUp({ name, type: 'TXT' }, signal)
  return reply.ok ? textsIn(reply.value, name) : err(reply.error.message)
}

function textsIn(reply: DnsMessage, name: string): Result<readonly string[], string> {
  if (reply.rcode !== rcodes.NOERROR && reply.rcode !== rcodes.NXDOMAIN)
    return err(`it answers with code ${reply.rcode}`)
  return ok(recordsAt(reply, name, 'TXT').flatMap(({ data }) => readText(data) ?? []))
}

async function lookUp(name: string, type: RecordType, { dns, signal }: Asking): Promise<Result<DnsMessage, Fault>> {
  const reply = await dns.lookUp({ name, type }, signal)
  if (!reply.ok) return err(failed(name, type, reply.error))
  const { rcode } = reply.value
  if (rcode === rcodes.NOERROR || rcode === rcodes.NXDOMAIN) return reply
  return err(fault('ServerFailed', `the ${type} record of ${name} cannot be looked up: the resolver answers ${rcode}`))
}

const failed = (name: string, type: RecordType, { kind, message }: DnsFailure): Fault =>
  fault(
    kind === 'timedOut' ? 'TimedOut' : 'Unreachable',
    `the ${type} record of ${name} cannot be looked up: ${message}`,
  )
