/** What policies say of the certificates in the inventory, rule by rule. */
import type { Violation } from './item.ts'
import type { JudgedItem } from './query.ts'

/** One rule of a policy, and how many certificates do not keep it. */
export interface BrokenRule extends Pick<Violation, 'policy' | 'mode' | 'rule'> {
  readonly certificates: number
  /** What is wrong with the first of them, as an example. */
  readonly example: string
}

/** @returns enforced rules first, then those that most certificates break */
export function brokenRules(judged: readonly JudgedItem[]): readonly BrokenRule[] {
  const rules = new Map<string, { first: Violation; certificates: number }>()
  for (const { item } of judged) {
    const broken = new Map((item.management?.violations ?? []).map((one) => [`${one.policy}\n${one.rule}`, one]))
    for (const [key, first] of broken) {
      const known = rules.get(key) ?? { first, certificates: 0 }
      known.certificates += 1
      rules.set(key, known)
    }
  }
  return [...rules.values()]
    .map(({ first: { policy, mode, rule, message }, certificates }) => ({
      policy,
      mode,
      rule,
      certificates,
      example: message,
    }))
    .sort((a, b) => rank[a.mode] - rank[b.mode] || b.certificates - a.certificates || (a.policy < b.policy ? -1 : 1))
}

const rank = { Enforce: 0, Audit: 1 } as const
