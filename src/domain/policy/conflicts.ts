/** What two policies ask for that no certificate can have at once: found when they meet, not rule by rule at each Certificate. */
import type { AttributeRule, PolicyRules } from '../../api/policy.ts'
import { listed } from './breach.ts'
import { keyKindText, oneName } from './contentrules.ts'
import type { KeyKind } from './contentrules.ts'
import { isPossible, lengthOf } from './contradictions.ts'
import { fitsText } from './match.ts'
import { issuerText, modeOf } from './select.ts'
import type { Policy } from './select.ts'

/** Two rules of which no certificate keeps both: where they stand, and what they say. */
interface Clash {
  readonly own: Said
  readonly theirs: Said
}
type Said = readonly [path: string, value: string]

/** @returns a sentence for each pair of rules that take each other back, with the paths and the cure */
export function conflictsWith({ spec: { rules: own = {} } }: Policy, other: Policy): readonly string[] {
  const theirs = other.spec.rules ?? {}
  return [...inLists(own, theirs), ...inSpans(own, theirs), ...inUsages(own, theirs), ...inSubjects(own, theirs)].map(
    ({ own: [path, value], theirs: [otherPath, otherValue] }) =>
      `${path} is ${value}, and ${otherPath} of CertificatePolicy ${other.name} is ${otherValue}, so that nothing keeps both; change one of the two, or whom they select.`,
  )
}

/** More policies than people write. */
const mostCompared = 256

/** @returns the enforced policies that cannot be kept together with the policy, by name, whether they meet it or not */
export const rivalsOf = (policy: Policy, all: readonly Policy[]): readonly Policy[] =>
  all
    .slice(0, mostCompared)
    .filter(
      (other) => other.name !== policy.name && modeOf(other) === 'Enforce' && conflictsWith(policy, other).length > 0,
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1))

/** Whether one of the two selects whatever the other does, by what their selectors say. */
export const surelyMeet = (one: Policy, two: Policy): boolean => isWithin(one, two) || isWithin(two, one)

function isWithin({ spec: { selector: narrow = {} } }: Policy, { spec: { selector: wide = {} } }: Policy): boolean {
  return (['namespaces', 'certificates', 'issuerRefs'] as const).every((member) => {
    const wanted = wide[member]
    return wanted === undefined || JSON.stringify(wanted) === JSON.stringify(narrow[member])
  })
}

const clash = (isSo: boolean, own: Said, theirs: Said): readonly Clash[] => (isSo ? [{ own, theirs }] : [])

/** Lists of which one entry must hold. Empty ones allow nothing by themselves, which is told of their own policy. */
function inLists(own: PolicyRules, theirs: PolicyRules): readonly Clash[] {
  const disjoint = <T>(path: string, lists: Lists<T>, how: Comparing<T>): readonly Clash[] => {
    const [ours = [], others = []] = lists
    const isSo = ours.length > 0 && others.length > 0 && !ours.some((one) => others.some((two) => how.fits(one, two)))
    return clash(isSo, [path, listed(ours.map(how.text))], [path, listed(others.map(how.text))])
  }
  const same: Comparing<string> = { fits: (one, two) => one === two, text: (one) => one }
  const [key, otherKey] = [own.privateKey ?? {}, theirs.privateKey ?? {}]
  return [
    ...disjoint('rules.privateKey.allow', [key.allow, otherKey.allow], { fits: haveKey, text: keyKindText }),
    ...disjoint('rules.privateKey.rotationPolicies', [key.rotationPolicies, otherKey.rotationPolicies], same),
    ...disjoint('rules.signatureHashes', [own.signatureHashes, theirs.signatureHashes], same),
    ...disjoint('rules.issuers.allow', [own.issuers?.allow, theirs.issuers?.allow], {
      fits: mayMeet,
      text: issuerText,
    }),
    ...(own.labels ?? []).flatMap(({ key: label, values }) =>
      disjoint(`rules.labels (${label})`, [values, theirs.labels?.find((one) => one.key === label)?.values], same),
    ),
  ]
}

type Lists<T> = readonly [readonly T[] | undefined, readonly T[] | undefined]
interface Comparing<T> {
  readonly fits: (one: T, two: T) => boolean
  readonly text: (one: T) => string
}
type IssuerPattern = NonNullable<NonNullable<PolicyRules['issuers']>['allow']>[number]

/** Whether an issuer may fit both. What two asterisks have in common is not worked out: it may be something. */
function mayMeet({ kind, name }: IssuerPattern, other: IssuerPattern): boolean {
  if (kind !== undefined && other.kind !== undefined && kind !== other.kind) return false
  return fitsText(name, other.name) || fitsText(other.name, name) || (name.includes('*') && other.name.includes('*'))
}

/** Whether there is a key of both kinds; one that is impossible by itself is told of its own policy. */
function haveKey(one: KeyKind, two: KeyKind): boolean {
  if (one.algorithm !== two.algorithm) return false
  const minSize = Math.max(one.minSize ?? 0, two.minSize ?? 0)
  const maxSize = Math.min(one.maxSize ?? Infinity, two.maxSize ?? Infinity)
  if (one.algorithm === 'Ed25519') return true
  return minSize <= maxSize && isPossible({ algorithm: one.algorithm, minSize, maxSize })
}

/** The least that one asks for is more than the most that the other lets be. */
function inSpans(own: PolicyRules, theirs: PolicyRules): readonly Clash[] {
  return (['duration', 'renewBefore', 'renewBeforePercentage'] as const).flatMap((member) => {
    const boundOf = (rules: PolicyRules, end: 'min' | 'max'): Said => [
      `rules.${member}.${end}`,
      String(rules[member]?.[end] ?? ''),
    ]
    const [least, most] = [boundOf(own, 'min'), boundOf(own, 'max')]
    const [otherLeast, otherMost] = [boundOf(theirs, 'min'), boundOf(theirs, 'max')]
    return [
      ...clash(exceeds(least, otherMost), least, otherMost),
      ...clash(exceeds(otherLeast, most), most, otherLeast),
    ]
  })
}

/** Lengths, or percentages; what is not said exceeds nothing. */
function exceeds([, least]: Said, [, most]: Said): boolean {
  if (least === '' || most === '') return false
  const sizeOf = (text: string): number => lengthOf(text) ?? Number(text)
  return sizeOf(least) > sizeOf(most)
}

function inUsages(own: PolicyRules, theirs: PolicyRules): readonly Clash[] {
  const [required, allowed] = ['rules.usages.require', 'rules.usages.allow'] as const
  const lacking = (require: readonly string[] = [], allow?: readonly string[]): readonly string[] =>
    allow === undefined ? [] : require.filter((usage) => !allow.map(oneName).includes(oneName(usage)))
  const [ours, others] = [own.usages ?? {}, theirs.usages ?? {}]
  const [mine, foreign] = [lacking(ours.require, others.allow), lacking(others.require, ours.allow)]
  return [
    ...clash(mine.length > 0, [required, listed(mine)], [allowed, listed(others.allow ?? [])]),
    ...clash(foreign.length > 0, [allowed, listed(ours.allow ?? [])], [required, listed(foreign)]),
    ...clash(
      own.isCA !== undefined && theirs.isCA !== undefined && own.isCA !== theirs.isCA,
      ['rules.isCA', `${own.isCA}`],
      ['rules.isCA', `${theirs.isCA}`],
    ),
  ]
}

/** What must be there, and must not. */
function inSubjects(own: PolicyRules, theirs: PolicyRules): readonly Clash[] {
  const others = new Map(attributesOf(theirs))
  return attributesOf(own).flatMap(([path, { presence = '' }]) => {
    const { presence: other = '' } = others.get(path) ?? {}
    const isSo = presence !== '' && other !== '' && presence !== other
    return clash(isSo, [`${path}.presence`, presence], [`${path}.presence`, other])
  })
}

const attributesOf = ({
  subject = {},
  names: { commonName } = {},
}: PolicyRules): readonly [string, AttributeRule][] => [
  ...Object.entries(subject).map(([member, rule]): [string, AttributeRule] => [`rules.subject.${member}`, rule]),
  ...(commonName === undefined ? [] : [['rules.names.commonName', commonName] as [string, AttributeRule]]),
]
