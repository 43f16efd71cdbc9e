/** What a policy says that cannot be meant: found when it is written, not when a Certificate meets it. */
import type { PolicyDefaults, PolicyRules } from '../../api/policy.ts'
import { parseGoDuration } from '../../std/duration.ts'
import { listed } from './breach.ts'
import { keyKindText, oneName } from './contentrules.ts'
import type { KeyKind } from './contentrules.ts'
import { fitsAttribute } from './namerules.ts'
import type { Policy } from './select.ts'
import { takenBack } from './takenback.ts'

/** @returns a sentence for each thing, with the path and the cure */
export function contradictions({ spec: { rules = {}, defaults = {} } }: Policy): readonly string[] {
  return [...takenBack(rules), ...inUsages(rules), ...inKeys(rules), ...inLabels(rules), ...inSpans(rules)].concat(
    defaultSpans(defaults, rules),
    defaultKey(defaults, rules),
    defaultUsages(defaults, rules),
    defaultSubject(defaults, rules),
  )
}

const when = (isSo: boolean, sentence: string): readonly string[] => (isSo ? [sentence] : [])

function inUsages({ usages: { allow, require = [] } = {} }: PolicyRules): readonly string[] {
  const missing = strangersTo(allow, require)
  return when(
    missing.length > 0,
    `rules.usages.require has ${listed(missing)}, which rules.usages.allow has not; add it there.`,
  )
}

/** Some usages have two names. */
function strangersTo(allow: readonly string[] | undefined, usages: readonly string[]): readonly string[] {
  const allowed = allow?.map(oneName)
  return usages.filter((usage) => allowed?.includes(oneName(usage)) === false)
}

function inKeys({ privateKey: { allow, rotationPolicies } = {}, signatureHashes }: PolicyRules): readonly string[] {
  const impossible = (allow ?? []).filter((kind) => !isPossible(kind)).map(keyKindText)
  return [
    ...when(allow?.length === 0, 'rules.privateKey.allow is empty, so that no key is allowed; name one or drop it.'),
    ...when(
      impossible.length > 0,
      `rules.privateKey.allow has ${listed(impossible)}, which no key is; use RSA with 2048 to 8192 bits, or ECDSA with 256, 384 or 521.`,
    ),
    ...when(
      rotationPolicies?.length === 0,
      'rules.privateKey.rotationPolicies is empty, so that none is allowed; name one or drop it.',
    ),
    ...when(
      signatureHashes?.length === 0,
      'rules.signatureHashes is empty, so that no signature is allowed; name one or drop it.',
    ),
  ]
}

const leastRsaBits = 2048
const curves = [256, 384, 521] as const

/** @returns whether a Certificate can ask for such a key */
export function isPossible({ algorithm, minSize = 0, maxSize = Infinity }: KeyKind): boolean {
  if (algorithm === 'RSA') return maxSize >= leastRsaBits
  return algorithm === 'Ed25519' || curves.some((size) => size >= minSize && size <= maxSize)
}

const inLabels = ({ labels = [] }: PolicyRules): readonly string[] =>
  labels.flatMap(({ key, values }) =>
    when(
      values?.length === 0,
      `rules.labels has no values for ${key}, so that none is allowed; name one or drop values.`,
    ),
  )

/** What is renewed before it begins is refused, whatever a policy says. */
function inSpans({ duration = {}, renewBefore = {} }: PolicyRules): readonly string[] {
  const [least, most] = [lengthOf(renewBefore.min), lengthOf(duration.max)]
  return when(
    least !== undefined && most !== undefined && least >= most,
    `rules.renewBefore.min is ${renewBefore.min}, and nothing may live longer than the ${duration.max} of rules.duration.max; change one of the two.`,
  )
}

/** A default that its own policy denies would deny every Certificate that is silent. */
function defaultSpans(
  { duration, renewBefore, renewBeforePercentage: share }: PolicyDefaults,
  rules: PolicyRules,
): readonly string[] {
  const { min = 0, max = Infinity } = rules.renewBeforePercentage ?? {}
  const [life, lead] = [lengthOf(duration), lengthOf(renewBefore)]
  return [
    ...when(
      isOutside(duration, rules.duration ?? {}),
      `defaults.duration is ${duration}, which rules.duration does not allow; change one of the two.`,
    ),
    ...when(
      isOutside(renewBefore, rules.renewBefore ?? {}),
      `defaults.renewBefore is ${renewBefore}, which rules.renewBefore does not allow; change one of the two.`,
    ),
    ...when(
      share !== undefined && (share < min || share > max),
      `defaults.renewBeforePercentage is ${share}, which rules.renewBeforePercentage does not allow; change one of the two.`,
    ),
    ...when(
      life !== undefined && lead !== undefined && lead >= life,
      `defaults.renewBefore is ${renewBefore}, and defaults.duration no longer than that; change one of the two.`,
    ),
  ]
}

function defaultKey({ privateKey }: PolicyDefaults, rules: PolicyRules): readonly string[] {
  const { algorithm, size } = privateKey ?? {}
  const kinds = rules.privateKey?.allow
  const fits =
    algorithm === undefined ||
    kinds === undefined ||
    kinds.some(
      ({ algorithm: kind, minSize = 0, maxSize = Infinity }) =>
        kind === algorithm && (size === undefined || kind === 'Ed25519' || (size >= minSize && size <= maxSize)),
    )
  return when(!fits, 'defaults.privateKey is not among rules.privateKey.allow; change one of the two.')
}

function defaultUsages({ usages = [] }: PolicyDefaults, rules: PolicyRules): readonly string[] {
  const strangers = strangersTo(rules.usages?.allow, usages)
  return when(
    strangers.length > 0,
    `defaults.usages has ${listed(strangers)}, which rules.usages.allow has not; change one of the two.`,
  )
}

function defaultSubject({ subject = {} }: PolicyDefaults, rules: PolicyRules): readonly string[] {
  const ruled = new Map(Object.entries(rules.subject ?? {}))
  return Object.entries(subject).flatMap(([member, values]) => {
    const { allow, deny = [], presence } = ruled.get(member) ?? {}
    const wrong = values.filter(
      (value) =>
        presence === 'Forbidden' ||
        deny.some((pattern) => fitsAttribute(pattern, value)) ||
        allow?.some((pattern) => fitsAttribute(pattern, value)) === false,
    )
    return when(
      wrong.length > 0,
      `defaults.subject.${member} has ${listed(wrong)}, which rules.subject.${member} does not allow; change one of the two.`,
    )
  })
}

function isOutside(text: string | undefined, { min, max }: { readonly min?: string; readonly max?: string }): boolean {
  const length = lengthOf(text)
  if (length === undefined) return false
  return length < (lengthOf(min) ?? 0) || length > (lengthOf(max) ?? Infinity)
}

export function lengthOf(text: string | undefined): number | undefined {
  const parsed = text === undefined ? undefined : parseGoDuration(text)
  return parsed?.ok === true ? parsed.value : undefined
}
