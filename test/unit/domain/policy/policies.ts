/** Policies, and Certificates that they judge: everything is allowed unless a test says otherwise. */
import type { CertificateSpec } from '../../../../src/api/certificate.ts'
import type { PolicyRules, PolicySpec } from '../../../../src/api/policy.ts'
import type { CertificateFacts } from '../../../../src/domain/facts.ts'
import { judge } from '../../../../src/domain/policy/judge.ts'
import type { Verdict } from '../../../../src/domain/policy/judge.ts'
import { judgedCertificate, judgedRequest } from '../../../../src/domain/policy/judged.ts'
import { selecting } from '../../../../src/domain/policy/select.ts'
import type { Applicant, Policy } from '../../../../src/domain/policy/select.ts'
import { days, plus } from '../../../../src/std/time.ts'
import { baseSpec, factsOf, now, wishOf } from '../snapshots.ts'

export const policyOf = (name: string, spec: PolicySpec): Policy => ({ name, spec })

export const applicantOf = (spec: Partial<CertificateSpec> = {}, more: Partial<Applicant> = {}): Applicant => {
  const { issuerRef, fallbackIssuerRefs = [] } = { ...baseSpec, ...spec }
  return { namespaceLabels: {}, labels: {}, issuers: [issuerRef, ...fallbackIssuerRefs], ...more }
}

interface Asked {
  readonly spec?: Partial<CertificateSpec>
  readonly applicant?: Partial<Applicant>
  readonly issued?: Partial<CertificateFacts>
}

export function verdictOf(policies: readonly Policy[], { spec = {}, applicant = {}, issued }: Asked): Verdict {
  const whole = { ...baseSpec, ...spec }
  const who = applicantOf(spec, applicant)
  const facts = issued && factsOf({ notBefore: now, notAfter: plus(now, days(90)), ...issued })
  return judge(selecting(policies, who), {
    request: judgedRequest(wishOf(spec), { spec: whole, applicant: who }),
    certificate: facts && judgedCertificate(facts, now),
  })
}

/** The rules that one policy finds broken. */
export const brokenBy = (rules: PolicyRules, asked: Asked): readonly string[] =>
  verdictOf([policyOf('p', { rules })], asked).breaches.map(({ rule, about }) =>
    about === 'Request' ? rule : `${rule} (${about})`,
  )

export const messageOf = (rules: PolicyRules, asked: Asked): string | undefined =>
  verdictOf([policyOf('p', { rules })], asked).breaches[0]?.message
