/**
 * What policies say of a Certificate. Every policy that selects a Certificate must allow it; none can allow what another does
 * not. Pure: the same policies and the same Certificate give the same verdict on every replica, and on a command line.
 */
import type { Breach, Failure } from './breach.ts'
import { durationFailures, keepingFailures, keyFailures, usageFailures } from './contentrules.ts'
import type { Judged } from './judged.ts'
import { nameFailures, subjectFailures } from './namerules.ts'
import { modeOf } from './select.ts'
import type { Policy } from './select.ts'

export interface Verdict {
  /** The names of the policies that select it. */
  readonly judgedBy: readonly string[]
  readonly breaches: readonly Breach[]
}

export interface Case {
  readonly request: Judged
  /** The certificate that came, or that lies in the Secret. */
  readonly certificate?: Judged | undefined
}

/**
 * @param policies - those that select the Certificate, in order
 * @returns every rule that is not kept. What the request breaks is not said of the certificate again
 */
export function judge(policies: readonly Policy[], { request, certificate }: Case): Verdict {
  const breaches = policies.flatMap((policy) => {
    const ofRequest = failuresUnder(policy, { policies, judged: request })
    const ofCertificate =
      certificate === undefined
        ? []
        : failuresUnder(policy, { policies, judged: certificate }).filter(isNewTo(ofRequest))
    const about = { policy: policy.name, mode: modeOf(policy) }
    return [
      ...ofRequest.map((failure): Breach => ({ ...about, ...failure, about: 'Request' })),
      ...ofCertificate.map((failure): Breach => ({ ...about, ...failure, about: 'Certificate' })),
    ]
  })
  return { judgedBy: policies.map(({ name }) => name), breaches }
}

const isNewTo =
  (known: readonly Failure[]) =>
  ({ rule }: Failure): boolean =>
    known.every((failure) => failure.rule !== rule)

function failuresUnder(
  policy: Policy,
  { policies, judged }: { readonly policies: readonly Policy[]; readonly judged: Judged },
): readonly Failure[] {
  const { deny, rules = {} } = policy.spec
  if (deny === 'Everything') return [{ rule: 'deny', message: 'nothing that the policy selects is allowed' }]
  if (deny === 'Unselected') return policies.some(opens) ? [] : [unselected]
  return [
    ...keepingFailures(rules, judged),
    ...keyFailures(rules, judged),
    ...durationFailures(rules, judged),
    ...nameFailures(rules, judged),
    ...subjectFailures(rules, judged),
    ...usageFailures(rules, judged),
  ]
}

/** Whether a policy allows what is denied where no policy speaks of it. */
const opens = (policy: Policy): boolean => modeOf(policy) === 'Enforce' && policy.spec.rules !== undefined

const unselected: Failure = {
  rule: 'deny',
  message: 'no policy with rules, in Enforce, selects it; have one select it, or change its labels or its issuer',
}
