/** Records by dynamic updates (RFC 2136), signed with a shared secret (RFC 8945): BIND, Knot, PowerDNS, Windows, Infoblox. */
import type { Rfc2136Spec } from '../../../../api/issuer/dns01/rfc2136.ts'
import { fault } from '../../../../domain/fault.ts'
import type { Fault, FaultCode } from '../../../../domain/fault.ts'
import type { DnsFailure, DnsServer } from '../../../../net/dns.ts'
import { parseDnsServer } from '../../../../net/dnsclient.ts'
import { recordTypes } from '../../../../net/dnsmessage.ts'
import type { DnsMessage } from '../../../../net/dnsmessage.ts'
import { readName } from '../../../../net/dnsname.ts'
import { randomBytes } from '../../../../pki/random.ts'
import { err, ok } from '../../../../std/result.ts'
import type { Result } from '../../../../std/result.ts'
import type { Credentials } from '../../../enroller.ts'
import { brokenSecret } from '../../../secrets.ts'
import { refused } from '../calls.ts'
import { needOf, secretLine } from '../credentials.ts'
import type { DnsChange, DnsProvider, ProviderCtx, ProviderFactory, TxtValue } from '../provider.ts'
import { refusalFault } from './rcodes.ts'
import { signMessage, verifyReply } from './tsig.ts'
import type { Signed, TsigKey } from './tsig.ts'
import { encodeUpdate } from './update.ts'
import type { TextChange } from './update.ts'

export const rfc2136: ProviderFactory<Rfc2136Spec> = {
  provider: 'rfc2136',
  needs: ({ tsigSecretSecretRef: ref }, field) =>
    ref === undefined ? [] : [needOf(`${field}.rfc2136.tsigSecretSecretRef`, ref)],
  create: (spec, field, credentials) => create(spec, `${field}.rfc2136`, credentials),
}

interface Access {
  /** Path of the provider's member in the spec. */
  readonly field: string
  /** Undefined: the primary that the zone names. */
  readonly server: DnsServer | undefined
  readonly key: TsigKey | undefined
}

function create(spec: Rfc2136Spec, field: string, credentials: Credentials): DnsProvider | Fault {
  const { nameserver } = spec
  const server = nameserver === undefined ? undefined : parseDnsServer(nameserver)
  if (nameserver !== undefined && server === undefined)
    return fault('Misconfigured', `${field}.nameserver is no host, host:port or address: "${nameserver}"`)
  const key = readKey(spec, field, credentials)
  if (!key.ok) return key.error
  const access: Access = { field, server, key: key.value }
  return {
    present: (txt, ctx) => change(access, { ...placeOf(txt), kind: 'add' }, ctx),
    remove: (txt, ctx) => change(access, { ...placeOf(txt), kind: 'delete' }, ctx),
  }
}

const placeOf = ({ name, zone, value, ttl }: TxtValue): Omit<TextChange, 'kind'> => ({
  name,
  zone,
  value,
  ttl: Math.round(ttl / 1000),
})

/** @returns undefined where updates are not signed */
function readKey(
  { tsigKeyName: name, tsigAlgorithm: algorithm = 'HMACSHA256', tsigSecretSecretRef: ref }: Rfc2136Spec,
  field: string,
  credentials: Credentials,
): Result<TsigKey | undefined, Fault> {
  if (name === undefined || ref === undefined) return ok(undefined)
  const place = `${field}.tsigSecretSecretRef`
  const line = secretLine(place, ref.key, credentials)
  if (!line.ok) return line
  const text = line.value.reveal()
  const secret = Buffer.from(text, 'base64')
  if (secret.length === 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text))
    return brokenSecret(
      place,
      `its entry ${ref.key} is no base64; write the secret as the key file of the server has it`,
    )
  return ok({ name, algorithm, secret })
}

async function change(access: Access, what: TextChange, ctx: ProviderCtx): Promise<DnsChange> {
  const bare = encodeUpdate(what, Buffer.from(randomBytes(2)).readUInt16BE(0))
  const signed = bare === undefined ? undefined : signedBy(access.key, bare, ctx)
  if (signed === undefined)
    return refused({
      fault: fault(
        'Misconfigured',
        `no update can be made for ${what.name}: it, its zone or ${access.field}.tsigKeyName is no DNS name`,
      ),
    })
  const server = access.server === undefined ? await primaryOf(what.zone, ctx) : ok(access.server)
  if (!server.ok) return refused({ fault: sendFault(access, what.zone, server.error) })
  const sent = await ctx.dns.exchange({ server: server.value, message: signed.message, over: 'auto' }, ctx.signal)
  if (!sent.ok) return refused({ fault: sendFault(access, what.zone, sent.error) })
  const complaint = complaintAbout(sent.value, { access, signed, zone: what.zone, server: server.value.host }, ctx)
  return complaint === undefined ? { kind: 'done' } : refused({ fault: complaint })
}

/** @returns the server that the zone's SOA names as the one where the zone is changed (RFC 2136 section 4.3) */
async function primaryOf(zone: string, { dns, signal }: ProviderCtx): Promise<Result<DnsServer, DnsFailure>> {
  const reply = await dns.lookUp({ name: zone, type: 'SOA' }, signal)
  if (!reply.ok) return reply
  const soa = reply.value.answers.find(({ type, name }) => type === recordTypes.SOA && name === zone)
  const primary = soa === undefined ? undefined : readName(reply.value.bytes, soa.dataStart)
  if (primary !== undefined && primary.name !== '') return ok({ host: primary.name, port: dns.authoritativePort })
  return err({ kind: 'malformed', message: 'its SOA record, which names the primary server, cannot be found.' })
}

const sendFault = ({ field }: Access, zone: string, { kind, message }: DnsFailure): Fault =>
  fault(failureCodes[kind], `the update of zone ${zone} could not be sent as ${field}.nameserver says: ${message}`)

const failureCodes: Readonly<Record<DnsFailure['kind'], FaultCode>> = {
  unreachable: 'Unreachable',
  timedOut: 'TimedOut',
  aborted: 'TimedOut',
  malformed: 'ReplyMalformed',
  forbiddenAddress: 'Misconfigured',
}

/** Without a key there is nothing that the reply's signature would cover. */
const signedBy = (key: TsigKey | undefined, message: Uint8Array, ctx: ProviderCtx): Signed | undefined =>
  key === undefined ? { message, mac: new Uint8Array() } : signMessage(message, key, ctx.now())

interface Asked {
  readonly access: Access
  readonly signed: Signed
  readonly zone: string
  /** The server's name. */
  readonly server: string
}

/** @returns undefined when the update is done. A yes counts only with a signature; a no is believed without. */
function complaintAbout(
  reply: DnsMessage,
  { access, signed, zone, server }: Asked,
  ctx: ProviderCtx,
): Fault | undefined {
  const { key, field } = access
  const { rcode } = reply
  if (key !== undefined) {
    const verdict = verifyReply(reply, { key, requestMac: signed.mac, now: ctx.now() })
    if (verdict.kind === 'refused') return refusalFault({ rcode: verdict.error, server, zone, field })
    if (verdict.kind === 'wrong' || (verdict.kind === 'unsigned' && rcode === 0))
      return fault('ReplyMalformed', `${server} answered the update of zone ${zone}, but ${whyOf(verdict)}`)
  }
  return rcode === 0 ? undefined : refusalFault({ rcode, server, zone, field })
}

const whyOf = (verdict: { readonly kind: 'unsigned' } | { readonly kind: 'wrong'; readonly why: string }): string =>
  verdict.kind === 'unsigned'
    ? 'its answer is not signed; give it the key that the update was signed with'
    : verdict.why
