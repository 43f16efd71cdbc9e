/** Records by dynamic updates (RFC 2136), signed with a shared secret (RFC 8945): BIND, Knot, PowerDNS, Windows, Infoblox. */
import type { Rfc2136Spec } from '../../../../api/issuer/dns01/rfc2136.ts'
import { fault } from '../../../../domain/fault.ts'
import type { Fault, FaultCode } from '../../../../domain/fault.ts'
import type { DnsFailure, DnsServer } from '../../../../net/dns.ts'
import { parseDnsServer } from '../../../../net/dnsclient.ts'
import type { DnsMessage } from '../../../../net/dnsmessage.ts'
import { randomBytes } from '../../../../pki/random.ts'
import { ok } from '../../../../std/result.ts'
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

interface Primary {
  readonly server: DnsServer
  /** As the spec names it. */
  readonly name: string
  readonly key: TsigKey | undefined
}

function create(spec: Rfc2136Spec, field: string, credentials: Credentials): DnsProvider | Fault {
  const server = parseDnsServer(spec.nameserver)
  if (server === undefined)
    return fault('Misconfigured', `${field}.nameserver is no host, host:port or address: "${spec.nameserver}"`)
  const key = readKey(spec, field, credentials)
  if (!key.ok) return key.error
  const primary: Primary = { server, name: spec.nameserver, key: key.value }
  return {
    present: (txt, ctx) => change(primary, { ...placeOf(txt), kind: 'add' }, ctx),
    remove: (txt, ctx) => change(primary, { ...placeOf(txt), kind: 'delete' }, ctx),
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

async function change(primary: Primary, what: TextChange, ctx: ProviderCtx): Promise<DnsChange> {
  const bare = encodeUpdate(what, Buffer.from(randomBytes(2)).readUInt16BE(0))
  const signed = bare === undefined ? undefined : signedBy(primary.key, bare, ctx)
  if (signed === undefined)
    return refused({
      fault: fault('Misconfigured', `no update can be made for ${what.name}: a name in it is no DNS name`),
    })
  const sent = await ctx.dns.exchange({ server: primary.server, message: signed.message, over: 'auto' }, ctx.signal)
  if (!sent.ok) return refused({ fault: fault(failureCodes[sent.error.kind], sent.error.message) })
  const complaint = complaintAbout(sent.value, { primary, signed, zone: what.zone }, ctx)
  return complaint === undefined ? { kind: 'done' } : refused({ fault: complaint })
}

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
  readonly primary: Primary
  readonly signed: Signed
  readonly zone: string
}

/** @returns undefined when the update is done. A yes counts only with a signature; a no is believed without. */
function complaintAbout(reply: DnsMessage, { primary, signed, zone }: Asked, ctx: ProviderCtx): Fault | undefined {
  const { key, name: server } = primary
  const { rcode } = reply
  if (key !== undefined) {
    const verdict = verifyReply(reply, { key, requestMac: signed.mac, now: ctx.now() })
    if (verdict.kind === 'refused') return refusalFault({ rcode: verdict.error, server, zone })
    if (verdict.kind === 'wrong' || (verdict.kind === 'unsigned' && rcode === 0))
      return fault('ReplyMalformed', `${server} answered the update of zone ${zone}, but ${whyOf(verdict)}`)
  }
  return rcode === 0 ? undefined : refusalFault({ rcode, server, zone })
}

const whyOf = (verdict: { readonly kind: 'unsigned' } | { readonly kind: 'wrong'; readonly why: string }): string =>
  verdict.kind === 'unsigned' ? 'its answer is not signed' : verdict.why
