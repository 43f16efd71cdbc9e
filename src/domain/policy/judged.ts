/** What rules are held against: the same shape for what is asked for and for what came back. */
import type { CertificateSpec } from '../../api/certificate.ts'
import { between, latest, plus, scale, seconds } from '../../std/time.ts'
import type { Duration, Instant } from '../../std/time.ts'
import type { CertificateFacts } from '../facts.ts'
import type { DistinguishedName, KeyShape, SignatureAlgorithm, SubjectName } from '../wanted.ts'
import type { Wish } from '../wish.ts'
import { namesByKind } from './namekinds.ts'
import type { NamesByKind } from './namekinds.ts'
import type { Applicant } from './select.ts'

export interface Judged {
  readonly subject: DistinguishedName
  readonly names: readonly SubjectName[]
  readonly byKind: NamesByKind
  readonly key: KeyShape | undefined
  /** What the least is held against, and what the most is. They differ where a CA backdates. */
  readonly lifetime: { readonly whole: Duration; readonly ahead: Duration }
  readonly usages: readonly string[]
  readonly isCA: boolean
  /** For example `sha256`, or `none`; undefined where it is left to the CA. */
  readonly signatureHash: string | undefined
  /** How it is asked for and kept: no certificate says. */
  readonly keeping: Keeping | undefined
}

export interface Keeping extends Pick<Applicant, 'issuers' | 'labels'> {
  readonly rotation: Wish['rotation']
  readonly renewBefore: Duration
  /** The same as a share of the lifetime, in percent. */
  readonly renewBeforePercentage: number
  readonly keystores: NonNullable<CertificateSpec['keystores']>
}

/** @param spec - with the defaults of policies in it, as `wish` has them */
export function judgedRequest(
  wish: Wish,
  { spec, applicant }: { readonly spec: CertificateSpec; readonly applicant: Applicant },
): Judged {
  const { subject, names, key, lifetime, usages, isCA, signatureAlgorithm } = wish.wanted
  const renewBefore = leadOf(wish)
  return {
    subject,
    names,
    byKind: namesByKind(subject, names),
    key,
    lifetime: { whole: lifetime, ahead: lifetime },
    usages,
    isCA,
    signatureHash: signatureAlgorithm === undefined ? undefined : hashOf(signatureAlgorithm),
    keeping: {
      issuers: applicant.issuers,
      labels: applicant.labels,
      rotation: wish.rotation,
      renewBefore,
      renewBeforePercentage: (renewBefore / lifetime) * 100,
      keystores: spec.keystores ?? {},
    },
  }
}

/** As `renewal.ts` has it: a third where nothing is said, or where what is said does not fit. */
function leadOf({ wanted: { lifetime }, renewBefore, renewBeforePercentage }: Wish): Duration {
  if (renewBeforePercentage !== undefined) return scale(lifetime, renewBeforePercentage / 100)
  return renewBefore !== undefined && renewBefore < lifetime ? renewBefore : scale(lifetime, 1 / 3)
}

function hashOf(algorithm: SignatureAlgorithm): string {
  const [hash] = /SHA\d+/.exec(algorithm) ?? []
  return hash === undefined ? 'none' : hash.toLowerCase()
}

/** Both ends of the validity count (RFC 5280 section 4.1.2.5). */
const lastSecond = seconds(1)

/** @param arrivedAt - when it came: a CA that backdates by an hour has not given an hour more */
export function judgedCertificate(facts: CertificateFacts, arrivedAt: Instant): Judged {
  const { subject, names, key, notBefore, notAfter, usages, isCA, signatureHash } = facts
  return {
    subject,
    names,
    byKind: namesByKind(subject, names),
    key,
    lifetime: {
      whole: between(notBefore, plus(notAfter, lastSecond)),
      ahead: between(latest(notBefore, arrivedAt), notAfter),
    },
    usages,
    isCA,
    signatureHash,
    keeping: undefined,
  }
}
