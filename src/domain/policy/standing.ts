/** What is told of a policy itself: whether it is applied as it is written, and whom it concerns. */
import type { Condition } from '../../api/meta.ts'
import type { PolicyStatus } from '../../api/policy.ts'
import type { Result } from '../../std/result.ts'
import { toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import { conflictsWith } from './conflicts.ts'
import { contradictions } from './contradictions.ts'
import { modeOf } from './select.ts'
import type { Policy } from './select.ts'

export interface Standing {
  /** The policy, or what is wrong with it. */
  readonly policy: Result<Policy, string>
  readonly generation: number
  readonly before: PolicyStatus | undefined
  /** How many Certificates it selects, and how many of them it does not allow. */
  readonly selected: number
  readonly violating: number
  /** Enforced policies that cannot be kept together with it, and that meet it; see `rivalsOf`. */
  readonly opponents: readonly Policy[]
}

type Verdict = Pick<Condition, 'status' | 'reason' | 'message'>

/** @returns the status that the policy deserves */
export function standingOf(standing: Standing, now: Instant): PolicyStatus {
  const { generation, before, selected, violating } = standing
  const verdict = verdictOn(standing)
  const old = before?.conditions?.find(({ type }) => type === 'Ready')
  const isSame = old?.status === verdict.status
  return {
    observedGeneration: generation,
    selected,
    violating,
    conditions: [
      {
        type: 'Ready',
        ...verdict,
        message: verdict.message.slice(0, longestMessage),
        observedGeneration: generation,
        lastTransitionTime: isSame ? old.lastTransitionTime : toRfc3339(now),
      },
    ],
  }
}

const longestMessage = 1024

function verdictOn({ policy, selected, violating, opponents }: Standing): Verdict {
  if (!policy.ok)
    return { status: 'False', reason: 'InvalidSpec', message: `It is not applied. ${policy.error} Correct the spec.` }
  const between = opponents.flatMap((other) => conflictsWith(policy.value, other))
  const found = [...contradictions(policy.value), ...between]
  if (found.length > 0)
    return { status: 'False', reason: 'Contradictory', message: `It is applied as it is written. ${found.join(' ')}` }
  if (selected === 0)
    return {
      status: 'True',
      reason: 'SelectsNothing',
      message:
        'It selects no Certificate; compare spec.selector with the labels of namespaces and Certificates, and with the issuers that these name.',
    }
  const how = modeOf(policy.value) === 'Enforce' ? 'Enforced for' : 'Watches'
  return { status: 'True', reason: 'Applied', message: `${how} ${counted(selected)}; ${violatingText(violating)}.` }
}

const counted = (count: number): string => `${count} ${count === 1 ? 'Certificate' : 'Certificates'}`

function violatingText(violating: number): string {
  if (violating === 0) return 'all are allowed'
  return violating === 1 ? 'one is not allowed' : `${violating} are not allowed`
}
