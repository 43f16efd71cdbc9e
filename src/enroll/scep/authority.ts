/**
 * Who is who among the certificates of GetCACert (RFC 8894 sections 2.1.2 and 4.2): the CA, and the registration authority that
 * may stand in front of it with one certificate for both purposes or one for each. The order of the list means nothing.
 *
 *   pinned CA ◄── issuing CA ◄── RA (key encipherment)     requests are encrypted to it
 *                     ▲───────── RA (digital signature)    replies are signed by it
 */
import { X509Certificate } from 'node:crypto'
import type { ScepSpec } from '../../api/issuer/scep.ts'
import type { CertificateFacts } from '../../domain/facts.ts'
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import { formatDistinguishedName } from '../../domain/name.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import { isKeyUsage } from '../../pki/usages.ts'
import type { Der } from '../../std/bytes.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'

export interface Member {
  readonly der: Der
  readonly facts: CertificateFacts
}

export interface Authority {
  /** Everything that may be trusted, in the order of the list. */
  readonly members: readonly Member[]
  /** The CA that issues: what CertPoll names (section 3.3.3). */
  readonly ca: Member
  /** Requests are encrypted to it. RSA. */
  readonly encryption: Member
  /** Replies must be signed by one of them. */
  readonly signing: readonly Member[]
}

type Pins = Pick<ScepSpec, 'url' | 'caFingerprint' | 'nextCAFingerprint' | 'raFingerprints'>

export interface AuthoritySettings extends Pins {
  /** Fingerprints of CAs that one which was pinned has announced (RFC 8894 section 4.7). */
  readonly vouched?: readonly string[]
}

const mostCertificates = 20

/**
 * @param certificates - what GetCACert gave
 * @param settings - pins of the spec
 * @param now - certificates that are not valid now come last
 * @returns the roles, or a fault that names the field that would mend it
 */
export function findAuthority(
  certificates: readonly Der[],
  settings: AuthoritySettings,
  now: Instant,
): Result<Authority, Fault> {
  const members = readMembers(certificates)
  if (!members.ok) return members
  const trusted = trustedAmong(members.value, settings)
  if (!trusted.ok) return trusted
  const preferred = [...trusted.value].sort((a, b) => preference(b, now) - preference(a, now))
  const encryption = encryptionOf(preferred, settings)
  if (!encryption.ok) return encryption
  const signing = signingOf(preferred, settings)
  if (!signing.ok) return signing
  const ca = issuingCa(encryption.value, preferred)
  return ok({ members: trusted.value, ca, encryption: encryption.value, signing: signing.value })
}

function readMembers(certificates: readonly Der[]): Result<readonly Member[], Fault> {
  if (certificates.length === 0 || certificates.length > mostCertificates)
    return err(malformed(`the reply to GetCACert has ${certificates.length} certificates`))
  const members: Member[] = []
  for (const der of certificates) {
    const facts = certificateFacts(der)
    if (!facts.ok) return err(malformed(`the reply to GetCACert has a certificate that cannot be read: ${facts.error}`))
    members.push({ der, facts: facts.value })
  }
  return ok(members)
}

const malformed = (sentence: string): Fault => fault('ReplyMalformed', `${sentence}; check spec.scep.url`)

/** Without a pin TLS has said who the service is. With one, only what the pinned CA vouches for, and what is pinned itself. */
function trustedAmong(members: readonly Member[], settings: AuthoritySettings): Result<readonly Member[], Fault> {
  const { caFingerprint, nextCAFingerprint, raFingerprints, vouched = [] } = settings
  if (caFingerprint === undefined) return ok(members)
  const pins = lowerCase([caFingerprint, nextCAFingerprint, ...vouched])
  const pinned = members.filter(({ facts }) => pins.has(facts.fingerprint))
  if (pinned.length === 0) return err(wrongCa(members, caFingerprint))
  const overrides = lowerCase([raFingerprints?.encryption, raFingerprints?.signing])
  const trusted = new Set(pinned)
  // Each round finds those one step further down.
  for (let round = 0; round < members.length; round += 1) {
    for (const member of members)
      if ([...trusted].some((one) => one.facts.isCA && isIssuedBy(member, one))) trusted.add(member)
  }
  return ok(members.filter((member) => trusted.has(member) || overrides.has(member.facts.fingerprint)))
}

const lowerCase = (texts: readonly (string | undefined)[]): ReadonlySet<string> =>
  new Set(texts.flatMap((text) => (text === undefined ? [] : [text.toLowerCase()])))

function wrongCa(members: readonly Member[], expected: string): Fault {
  const shown = members.map(({ facts }) => `${facts.fingerprint} (${nameOf(facts)})`).slice(0, 3)
  return fault(
    'SecurityViolation',
    `the SCEP service shows no certificate with the fingerprint ${expected.toLowerCase()} of spec.scep.caFingerprint, but ${shown.join(', ')}; nothing was sent. Ask the administrator of the CA which one is right`,
  )
}

export const nameOf = ({ subject }: CertificateFacts): string => formatDistinguishedName(subject).slice(0, 120)

/** @returns whether one certificate was signed by another; a certificate does not vouch for itself */
function isIssuedBy(member: Member, issuer: Member): boolean {
  if (member === issuer) return false
  try {
    const certificate = new X509Certificate(member.der)
    const by = new X509Certificate(issuer.der)
    return certificate.issuer === by.subject && certificate.verify(by.publicKey)
  } catch {
    // a key or an algorithm that OpenSSL does not know
    return false
  }
}

/** Valid before invalid, then the newest first: two generations of an RA may stand in one list. */
const preference = ({ facts }: Member, now: Instant): number => (isValid(facts, now) ? 2 ** 50 : 0) + facts.notBefore

const isValid = (facts: CertificateFacts, now: Instant): boolean => now >= facts.notBefore && now < facts.notAfter

const has = ({ facts }: Member, ...usages: readonly string[]): boolean =>
  usages.some((usage) => facts.usages.includes(usage))

const isFree = ({ facts }: Member): boolean => !facts.usages.some(isKeyUsage)

/** A CA of the list may have only keyCertSign and cRLSign and be meant nevertheless, so the last resort is any CA. */
const encryptionRanks: readonly ((member: Member) => boolean)[] = [
  (member) => !member.facts.isCA && has(member, 'key encipherment'),
  (member) => !member.facts.isCA && has(member, 'data encipherment'),
  (member) => !member.facts.isCA && isFree(member),
  (member) => member.facts.isCA && has(member, 'key encipherment', 'data encipherment'),
  (member) => member.facts.isCA || member.facts.selfSigned,
]

function encryptionOf(members: readonly Member[], { raFingerprints }: AuthoritySettings): Result<Member, Fault> {
  const named = raFingerprints?.encryption
  const chosen =
    named === undefined
      ? first(
          members.filter(({ facts }) => facts.key?.algorithm === 'RSA'),
          encryptionRanks,
        )
      : withFingerprint(members, named)
  if (named !== undefined && chosen === undefined) return err(unknownRa(members, 'encryption', named))
  if (chosen?.facts.key?.algorithm === 'RSA') return ok(chosen)
  return err(
    fault(
      'Misconfigured',
      'none of the certificates of the SCEP service has an RSA key, so that nothing can be encrypted to it; ask its administrator for an RSA registration authority (a decrypter certificate), and name that in spec.scep.raFingerprints.encryption if it is not signed by the CA',
    ),
  )
}

/** An RA before its CA: of two that could be meant, the less powerful is the one that is online. */
function first(members: readonly Member[], ranks: readonly ((member: Member) => boolean)[]): Member | undefined {
  for (const rank of ranks) {
    const found = members.find(rank)
    if (found !== undefined) return found
  }
  return undefined
}

const withFingerprint = (members: readonly Member[], fingerprint: string): Member | undefined =>
  members.find(({ facts }) => facts.fingerprint === fingerprint.toLowerCase())

/**
 * Field servers sign with the CA, with the signing RA and with the encryption RA, whatever the usages say. All of those are in
 * the list, and nothing that is not in it counts.
 */
function signingOf(
  members: readonly Member[],
  { raFingerprints }: AuthoritySettings,
): Result<readonly Member[], Fault> {
  const named = raFingerprints?.signing
  if (named === undefined) return ok(members)
  const chosen = withFingerprint(members, named)
  return chosen === undefined ? err(unknownRa(members, 'signing', named)) : ok([chosen])
}

function unknownRa(members: readonly Member[], role: 'encryption' | 'signing', named: string): Fault {
  const shown = members.map(({ facts }) => `${facts.fingerprint} (${nameOf(facts)})`).slice(0, 4)
  return fault(
    'Misconfigured',
    `no certificate that may be trusted has the fingerprint ${named.toLowerCase()} of spec.scep.raFingerprints.${role}; the SCEP service shows ${shown.join(', ')}`,
  )
}

function issuingCa(encryption: Member, members: readonly Member[]): Member {
  if (encryption.facts.isCA) return encryption
  return (
    members.find((one) => one.facts.isCA && isIssuedBy(encryption, one)) ??
    members.find(({ facts }) => facts.isCA && !facts.selfSigned) ??
    members.find(({ facts }) => facts.isCA) ??
    encryption
  )
}

/** @returns a fault when the certificate that requests are encrypted to has run out or has not begun */
export function unusable({ encryption }: Authority, now: Instant): Fault | undefined {
  const { facts } = encryption
  if (isValid(facts, now)) return undefined
  const role = facts.isCA ? 'CA' : 'registration authority'
  return now >= facts.notAfter
    ? fault(
        'CredentialsExpired',
        `the certificate of the ${role} "${nameOf(facts)}" expired at ${toRfc3339(facts.notAfter)}; ask the administrator of the CA to renew it`,
      )
    : fault(
        'ClockSkewed',
        `the certificate of the ${role} "${nameOf(facts)}" is not valid before ${toRfc3339(facts.notBefore)}; check the clocks of this cluster and of the CA`,
      )
}
