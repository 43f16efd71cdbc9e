/** How a verdict is told: in the status, as a condition, in Events, and as the reason for which nothing is done. */
import type { CertificateStatus } from '../../api/certificate.ts'
import type { EventDraft } from '../outcome.ts'
import type { Breach } from './breach.ts'

/** The verdict on a Certificate, as a snapshot holds it. */
export interface PolicyView {
  /** The policies that select it. */
  readonly judgedBy: readonly string[]
  readonly breaches: readonly Breach[]
  /** Whether what lies in the Secret is to be replaced for it. */
  readonly reissues: boolean
  /** Changes when other policies select it, or one of them changes: what was refused because of them may be allowed now. */
  readonly fingerprint?: string
}

type PolicyStatus = NonNullable<CertificateStatus['policy']>

/** As many as a status holds; a person mends one after the other anyway. */
const mostBreaches = 16
const mostPolicies = 64
const mostTold = 3

const isEnforced = ({ mode }: Breach): boolean => mode === 'Enforce'

/** @returns why no certificate may be asked for; undefined where one may */
export function denialOf(view: PolicyView | undefined): string | undefined {
  const denied = (view?.breaches ?? []).filter((breach) => isEnforced(breach) && breach.about === 'Request')
  return denied.length === 0 ? undefined : breachText(denied)
}

/** What policies say once another certificate lies in the Secret: of the one before, nothing more. */
export function afterIssuance(view: PolicyView | undefined, breaches: readonly Breach[] = []): PolicyView | undefined {
  if (view === undefined) return undefined
  return {
    ...view,
    breaches: [...view.breaches.filter(({ about }) => about === 'Request'), ...breaches],
    reissues: false,
  }
}

/** @returns a sentence without a full stop: which policies say no, by which rules, and what they allow */
export function breachText(breaches: readonly Breach[]): string {
  const told = breaches.slice(0, mostTold).map(({ policy, rule, message, about }) => {
    const what = about === 'Certificate' ? 'the certificate that was issued: ' : ''
    return `CertificatePolicy ${policy}, ${rule}: ${what}${message}`
  })
  const more = breaches.length - told.length
  return `${told.join('; ')}${more > 0 ? `; and ${more} more, see status.policy` : ''}`
}

/** @returns what the status keeps of the verdict; nothing where no policy selects the Certificate */
export function policyStatus(view: PolicyView | undefined): { readonly policy?: PolicyStatus } {
  if (view === undefined || view.judgedBy.length === 0) return {}
  return {
    policy: {
      judgedBy: view.judgedBy.slice(0, mostPolicies),
      violations: inOrder(view.breaches)
        .slice(0, mostBreaches)
        .map(({ policy, mode, rule, about, message }) => ({
          policy,
          mode,
          rule,
          about,
          message,
        })),
    },
  }
}

/** What stops an issuance comes first. */
const inOrder = (breaches: readonly Breach[]): readonly Breach[] => [
  ...breaches.filter(isEnforced),
  ...breaches.filter((breach) => !isEnforced(breach)),
]

interface Compliance {
  readonly type: 'Compliant'
  readonly status: 'True' | 'False'
  readonly reason: 'Allowed' | 'Denied' | 'Audited'
  readonly message: string
}

/** @returns the condition, or none where no policy selects the Certificate */
export function compliance(view: PolicyView | undefined): readonly Compliance[] {
  if (view === undefined || view.judgedBy.length === 0) return []
  if (view.breaches.length === 0)
    return [{ type: 'Compliant', status: 'True', reason: 'Allowed', message: `Allowed by ${saidBy(view)}.` }]
  const ordered = inOrder(view.breaches)
  const reason = ordered.some(isEnforced) ? 'Denied' : 'Audited'
  return [{ type: 'Compliant', status: 'False', reason, message: `${breachText(ordered)}.` }]
}

function saidBy({ judgedBy }: PolicyView): string {
  const shown = judgedBy.slice(0, mostTold).join(', ')
  const more = judgedBy.length - mostTold
  return `CertificatePolicy ${shown}${more > 0 ? ` and ${more} more` : ''}`
}

/** @returns Events for a verdict that is not the one the status already tells */
export function policyNews(before: CertificateStatus, view: PolicyView | undefined): readonly EventDraft[] {
  if (textOf(before.policy) === textOf(policyStatus(view).policy)) return []
  const [told] = compliance(view)
  if (told === undefined || told.status === 'True')
    return [{ type: 'Normal', reason: 'PolicyKept', message: told?.message ?? 'No policy speaks of it any more.' }]
  const reason = told.reason === 'Denied' ? 'PolicyViolated' : 'PolicyAudited'
  return [{ type: 'Warning', reason, message: told.message.slice(0, longestEvent) }]
}

const textOf = (policy: PolicyStatus | undefined): string =>
  JSON.stringify((policy?.violations ?? []).map((one) => [one.policy, one.mode, one.rule, one.about, one.message]))

const longestEvent = 1024
