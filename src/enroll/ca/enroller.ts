/**
 * The CA whose key lies in a Secret: certificates are signed in this process, so every call ends in one step.
 *
 * notBefore is the present second, not earlier: the life that was asked for is the life that is given, which a backdated
 * 5-minute certificate would not have, and a certificate never claims to be older than the CA that signed it. Whoever serves
 * it trusts the clock of the same cluster.
 */
import type { CaSpec } from '../../api/issuer/ca.ts'
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import { formatDistinguishedName } from '../../domain/name.ts'
import { namesBeyond } from '../../pki/constraints.ts'
import { issueCertificate } from '../../pki/issue.ts'
import { earliest, instant, minutes, plus, toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type {
  Credentials,
  Ctx,
  Enroller,
  IssuerDetails,
  Order,
  Outcome,
  ProtocolFactory,
  Readiness,
  Traits,
} from '../enroller.ts'
import { readAuthority } from './authority.ts'
import type { Authority } from './authority.ts'
import { RevocationLists } from './crl.ts'

const field = 'spec.ca.secretName'
const revokesOnce = 'set its spec.ca.crl, so that it keeps a list of what it revoked'

const traits: Traits = {
  inProcess: true,
  renewsWithCurrent: false,
  revokes: false,
  serverKeys: false,
  lifetime: 'honoured',
}

export const ca: ProtocolFactory<CaSpec> = {
  protocol: 'ca',
  needs: (spec) => [{ field, secretName: spec.secretName, keys: ['tls.crt', 'tls.key'] }],
  create: createCa,
}

function createCa(spec: CaSpec, credentials: Credentials): Enroller | Fault {
  const authority = readAuthority({
    secretName: spec.secretName,
    data: credentials.get(field) ?? {},
    urls: {
      crlDistributionPoints: spec.crlDistributionPoints ?? [],
      ocspServers: spec.ocspServers ?? [],
      issuingCertificateUrls: spec.issuingCertificateURLs ?? [],
    },
  })
  if (!authority.ok) return authority.error
  const label = `the CA certificate in Secret "${spec.secretName}"`
  const named = { authority: authority.value, label }
  const lists = spec.crl && new RevocationLists(authority.value, spec, spec.crl)
  return {
    protocol: 'ca',
    traits: { ...traits, revokes: lists !== undefined },
    prepare: async (ctx) => {
      const readiness = prepare(named, ctx.now())
      return lists === undefined || readiness.kind !== 'ready' ? readiness : keepList(readiness, lists, ctx)
    },
    ...(lists === undefined ? { revokesOnce } : { revoke: (...asked) => lists.revoke(...asked) }),
    enroll: (order, ctx) => enroll(named, order, ctx),
    renew: (order, _current, ctx) => enroll(named, order, ctx),
    poll: (_ticket, order, ctx) => enroll(named, order, ctx),
  }
}

interface NamedAuthority {
  readonly authority: Authority
  readonly label: string
}

function prepare(named: NamedAuthority, now: Instant): Readiness {
  const { facts } = named.authority
  const details: IssuerDetails = {
    caSubject: formatDistinguishedName(facts.subject),
    caFingerprint: facts.fingerprint,
    caSerialNumber: facts.serialNumber,
    caNotAfter: toRfc3339(facts.notAfter),
  }
  const invalid = outsideValidity(named, now)
  if (invalid === undefined) {
    const message = `Signing with ${named.label}, valid until ${toRfc3339(facts.notAfter)}`
    const credentials = [{ name: 'CA certificate', notAfter: facts.notAfter }]
    const current = [...named.authority.chain, ...named.authority.roots]
    const authorities = { kind: 'shown', current, next: [], vouchedBy: 'settings' } as const
    return { kind: 'ready', message, details, credentials, authorities }
  }
  const early = now < facts.notBefore
  return { kind: 'notReady', fault: invalid, details, ...(early ? { wakeAt: facts.notBefore } : {}) }
}

async function keepList(
  readiness: Extract<Readiness, { kind: 'ready' }>,
  lists: RevocationLists,
  ctx: Ctx,
): Promise<Readiness> {
  const kept = await lists.keep(ctx)
  const { details = {} } = readiness
  if (!kept.ok) return { kind: 'notReady', fault: kept.error, details }
  const { number, nextUpdate, revoked } = kept.value
  const crl = { crlNumber: String(number), crlNextUpdate: toRfc3339(nextUpdate), revokedCertificates: revoked.length }
  const wanted = lists.refreshAt(kept.value)
  // The usual probe comes sooner than the end of a list's first half, as a rule.
  const soon = plus(ctx.now(), minutes(10))
  return { ...readiness, details: { ...details, ...crl }, ...(wanted < soon ? { probeAgainAt: wanted } : {}) }
}

function outsideValidity({ authority: { facts }, label }: NamedAuthority, now: Instant): Fault | undefined {
  if (now >= facts.notAfter)
    return fault('CredentialsExpired', `${label} expired at ${toRfc3339(facts.notAfter)}; renew it`)
  if (now < facts.notBefore)
    return fault(
      'Misconfigured',
      `${label} is not valid before ${toRfc3339(facts.notBefore)}; wait until then, or check the clocks of this cluster and of whoever made it`,
    )
  return undefined
}

async function enroll(named: NamedAuthority, order: Order, ctx: Ctx): Promise<Outcome> {
  ctx.signal.throwIfAborted()
  const { authority, label } = named
  const now = ctx.now()
  const invalid = outsideValidity(named, now)
  if (invalid !== undefined) return { kind: 'blocked', fault: invalid }
  const refusal = beyondPath(named, order) ?? beyondConstraints(named, order)
  if (refusal !== undefined) return { kind: 'refused', fault: refusal }
  const notBefore = instant(Math.floor(now / 1000) * 1000)
  const wantedEnd = plus(notBefore, order.wanted.lifetime)
  const notAfter = earliest(wantedEnd, authority.facts.notAfter)
  const leaf = await issueCertificate({
    wanted: order.wanted,
    publicKey: order.key.publicKey,
    signer: authority.signer,
    notBefore,
    notAfter,
  })
  const clipped = `the certificate ends at ${toRfc3339(notAfter)}, earlier than asked, because ${label} ends then`
  return {
    kind: 'issued',
    chain: [leaf, ...authority.chain],
    ...(authority.roots.length === 0 ? {} : { roots: authority.roots }),
    ...(notAfter < wantedEnd ? { warning: clipped } : {}),
  }
}

/** RFC 5280 section 4.2.1.9: below a CA with pathLenConstraint 0 no further CA is valid. */
function beyondPath({ authority, label }: NamedAuthority, order: Order): Fault | undefined {
  if (!order.wanted.isCA || authority.signer.pathLength !== 0) return undefined
  return fault(
    'PolicyDenied',
    `${label} may not sign other CAs (its path length is 0); drop spec.isCA or use an issuer that may`,
  )
}

/** Relying parties would refuse such a certificate (RFC 5280 section 4.2.1.10), so it is better not made. */
function beyondConstraints({ authority, label }: NamedAuthority, order: Order): Fault | undefined {
  const { constraints } = authority.signer
  const beyond = constraints === undefined ? [] : namesBeyond(constraints, order.wanted.names)
  if (beyond.length === 0) return undefined
  const list = beyond.map((name) => name.value).join(', ')
  return fault(
    'NamesRejected',
    `the name constraints of ${label} do not allow ${list}; drop these names or use an issuer that may certify them`,
  )
}
