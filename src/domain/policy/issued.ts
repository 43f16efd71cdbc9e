/** Policies and the certificate that a CA sent. */
import type { Instant } from '../../std/time.ts'
import type { CertificateFacts } from '../facts.ts'
import { fault } from '../fault.ts'
import type { Fault } from '../fault.ts'
import type { Breach } from './breach.ts'
import { judge } from './judge.ts'
import { judgedCertificate } from './judged.ts'
import type { Judged } from './judged.ts'
import type { Policy } from './select.ts'
import { breachText } from './telling.ts'

/** What a verdict on a certificate is made from, besides the certificate. */
export interface Judging {
  /** Those that select the Certificate, in order. */
  readonly policies: readonly Policy[]
  readonly request: Judged
}

/**
 * @param now - when it came
 * @returns the fault for which it is not stored, or what is to be said of it
 */
export function judgeIssued(
  { policies, request }: Judging,
  facts: CertificateFacts,
  now: Instant,
): { readonly fault: Fault } | { readonly breaches: readonly Breach[] } {
  const { breaches } = judge(policies, { request, certificate: judgedCertificate(facts, now) })
  const ofCertificate = breaches.filter(({ about }) => about === 'Certificate')
  const enforced = ofCertificate.filter(({ mode }) => mode === 'Enforce')
  if (enforced.length === 0) return { breaches: ofCertificate }
  return { fault: fault('PolicyDenied', `${breachText(enforced)}; it was not stored`) }
}
