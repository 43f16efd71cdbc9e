/** What the status of an issuer shows of its SCEP service. Pure. */
import { X509Certificate } from 'node:crypto'
import type { ScepSpec } from '../../api/issuer/scep.ts'
import { toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { ShownAuthorities } from '../authorities.ts'
import type { IssuerDetails, Readiness, TrackedCredential } from '../enroller.ts'
import { nameOf, unusable } from './authority.ts'
import type { Authority, Member } from './authority.ts'
import { can } from './capabilities.ts'
import type { Protection } from './certrep.ts'
import type { NextCa } from './nextca.ts'
import type { Site } from './site.ts'
import { legacyOf, warningFor } from './warnings.ts'

export interface Seen {
  readonly site: Site
  readonly spec: ScepSpec
  /** How the last reply was protected, when there was one. */
  readonly protection: Protection | undefined
  readonly nextCa: NextCa
}

export function readinessOf(seen: Seen, now: Instant): Readiness {
  const { site, spec, protection } = seen
  const details = detailsOf(seen)
  const trouble = unusable(site.authority, now)
  if (trouble !== undefined) return { kind: 'notReady', fault: trouble, details }
  const { ca } = site.authority
  const parts = [
    `The CA "${nameOf(ca.facts)}" answers over SCEP`,
    warningFor(site.algorithms, protection),
    authorityAdvice(site.authority, spec),
    spec.caFingerprint === undefined ? `to pin it, set spec.scep.caFingerprint to ${ca.facts.fingerprint}` : undefined,
  ]
  const message = parts.filter((part) => part !== undefined).join('; ')
  return {
    kind: 'ready',
    message,
    details,
    credentials: credentialsOf(site.authority),
    authorities: authoritiesOf(seen),
  }
}

/** A registration authority issues nothing. */
function authoritiesOf({ site, spec, nextCa }: Seen): ShownAuthorities {
  const { members, ca } = site.authority
  return {
    kind: 'shown',
    current: members.filter((member) => member === ca || member.facts.isCA).map(({ der }) => der),
    next: nextCa.certificates,
    vouchedBy: spec.caFingerprint === undefined ? 'connection' : 'settings',
    cure: 'set spec.scep.caFingerprint to it',
    doubtful: nextCa.doubtful,
  }
}

/** Whoever is on the way may put a certificate that the CA once gave him into the list, which TLS would not let him. */
function authorityAdvice({ ca, encryption }: Authority, { url, raFingerprints }: ScepSpec): string | undefined {
  if (encryption === ca || url.startsWith('https://') || raFingerprints?.encryption !== undefined) return undefined
  return `its registration authority "${nameOf(encryption.facts)}" is named over plain http: to pin it, set spec.scep.raFingerprints.encryption to ${encryption.facts.fingerprint}`
}

function detailsOf({ site, spec, protection, nextCa }: Seen): IssuerDetails {
  const { authority, algorithms, capabilities } = site
  const posts = spec.httpMethod !== 'GET' && (spec.httpMethod === 'POST' || can(capabilities, 'POSTPKIOperation'))
  const legacyReplies = protection === undefined ? [] : legacyOf(protection)
  return {
    caSubject: nameOf(authority.ca.facts),
    caFingerprint: authority.ca.facts.fingerprint,
    // What the consoles of many CAs show. To compare by eye; nothing is decided by it.
    caThumbprintSHA1: new X509Certificate(authority.ca.der).fingerprint.replaceAll(':', '').toLowerCase(),
    certificates: authority.members.map((member) => ({
      subject: nameOf(member.facts),
      fingerprint: member.facts.fingerprint,
      notAfter: toRfc3339(member.facts.notAfter),
      roles: rolesOf(member, authority),
    })),
    capabilities: [...capabilities],
    digest: algorithms.hash,
    cipher: algorithms.cipher,
    httpMethod: posts ? 'POST' : 'GET',
    ...(protection === undefined ? {} : { replies: [protection.hash, protection.cipher ?? 'not encrypted'] }),
    ...(algorithms.legacy.length + legacyReplies.length === 0
      ? {}
      : { legacyAlgorithms: [...new Set([...algorithms.legacy, ...legacyReplies])] }),
    ...nextCa.details,
  }
}

function rolesOf(member: Member, { ca, encryption, signing }: Authority): readonly string[] {
  return [
    ...(member === ca ? ['CA'] : []),
    ...(member === encryption ? ['encryption'] : []),
    ...(signing.includes(member) ? ['signing'] : []),
  ]
}

/** Those whose end ends the service: the issuing CA, and whatever stands in front of it. */
function credentialsOf({ members, ca }: Authority): readonly TrackedCredential[] {
  return members
    .filter((member) => member === ca || !member.facts.isCA)
    .map(({ facts }) => ({
      name: `${facts.isCA ? 'CA' : 'RA'} certificate "${nameOf(facts)}"`,
      notAfter: facts.notAfter,
    }))
}
