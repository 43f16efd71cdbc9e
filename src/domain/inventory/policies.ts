/** What policies say of the certificates in the inventory, rule by rule, and how the policies themselves stand. */
import type { CertificatePolicy } from '../../api/policy.ts'
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

export interface PolicyStanding {
  readonly name: string
  readonly mode: Violation['mode']
  /** `wrong`: it contradicts itself or another, or cannot be read; `idle`: it selects nothing; `unknown`: not looked at yet. */
  readonly standing: 'applied' | 'wrong' | 'idle' | 'unknown'
  readonly message: string | undefined
  readonly selected: number
  readonly violating: number
}

/** @returns those that a person should look at first */
export function policyStandings(policies: readonly CertificatePolicy[]): readonly PolicyStanding[] {
  const order = { wrong: 0, idle: 1, unknown: 2, applied: 3 } as const
  return policies
    .map(standingIn)
    .toSorted(
      (a, b) => order[a.standing] - order[b.standing] || b.violating - a.violating || (a.name < b.name ? -1 : 1),
    )
}

function standingIn({ metadata, spec, status }: CertificatePolicy): PolicyStanding {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  const told = ready?.reason === 'SelectsNothing' ? 'idle' : ready?.status === 'False' ? 'wrong' : 'applied'
  return {
    name: metadata.name,
    mode: spec.mode ?? 'Enforce',
    standing: ready === undefined ? 'unknown' : told,
    message: ready?.message,
    selected: status?.selected ?? 0,
    violating: status?.violating ?? 0,
  }
}

const rank = { Enforce: 0, Audit: 1 } as const
