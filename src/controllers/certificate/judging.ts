/** What policies make of a Certificate: the wish with their defaults in it, and their verdict. */
import type { Certificate, CertificateSpec } from '../../api/certificate.ts'
import { withDefaults } from '../../domain/policy/defaults.ts'
import { judge } from '../../domain/policy/judge.ts'
import { judgedCertificate, judgedRequest } from '../../domain/policy/judged.ts'
import type { Judging } from '../../domain/policy/issued.ts'
import type { Applicant, Policy } from '../../domain/policy/select.ts'
import type { PolicyView } from '../../domain/policy/telling.ts'
import type { RequestedWish, SecretView } from '../../domain/snapshot.ts'
import { readWish } from '../../domain/wish.ts'
import { sha256Hex } from '../../pki/hash.ts'
import { ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'

/** Knows the policies. */
export interface PolicyReader {
  /** @returns those that select the Certificate, in order; undefined while its namespace is not known yet */
  policiesFor(certificate: Certificate): ForApplicant | undefined
}

export interface ForApplicant {
  readonly applicant: Applicant
  readonly policies: readonly Policy[]
}

export interface Ruled {
  readonly wish: Result<RequestedWish, string>
  readonly policy: PolicyView | undefined
  readonly judging: Judging | undefined
}

/**
 * @param spec - as the person wrote it
 * @param wish - that spec, read
 * @param secret - what lies in the Secret is judged as well
 */
export function ruleOn(
  { spec, wish }: { readonly spec: CertificateSpec; readonly wish: Result<RequestedWish, string> },
  { applicant, policies }: ForApplicant,
  secret: SecretView | undefined,
): Ruled {
  if (policies.length === 0 || !wish.ok) return { wish, policy: undefined, judging: undefined }
  const filled = withDefaults(spec, policies)
  const meant = filled === spec ? wish : wishWithDefaults(filled, wish.value)
  if (!meant.ok) return { wish: meant, policy: undefined, judging: undefined }
  const request = judgedRequest(meant.value, { spec: filled, applicant })
  const { judgedBy, breaches } = judge(policies, { request, certificate: judgedIn(secret) })
  const reissuing = new Set(policies.filter(reissues).map(({ name }) => name))
  return {
    wish: meant,
    judging: { policies, request },
    policy: {
      judgedBy,
      breaches,
      fingerprint: sha256Hex(Buffer.from(policies.map(({ version = '' }) => version).join())).slice(0, 16),
      reissues: breaches.some(({ about, policy }) => about === 'Certificate' && reissuing.has(policy)),
    },
  }
}

const reissues = ({ spec }: Policy): boolean => spec.onChange === 'Reissue' && spec.mode !== 'Audit'

/** The hashes stay those of what the person wrote, so that a change of a default renews nothing. */
function wishWithDefaults(
  filled: CertificateSpec,
  { requestHash, outputsHash, keyIsOpen }: RequestedWish,
): Result<RequestedWish, string> {
  const wish = readWish(filled)
  return wish.ok ? ok({ ...wish.value, requestHash, outputsHash, ...(keyIsOpen === true ? { keyIsOpen } : {}) }) : wish
}

function judgedIn(secret: SecretView | undefined): ReturnType<typeof judgedCertificate> | undefined {
  if (secret?.certificate.kind !== 'ok') return undefined
  const { facts } = secret.certificate
  return judgedCertificate(facts, secret.marks.issuedAt ?? facts.notBefore)
}
