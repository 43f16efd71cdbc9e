/** What a policy says that cannot be meant: found when it is written, not when a Certificate meets it. */
import type { PolicyRules } from '../../api/policy.ts'
import { parseGoDuration } from '../../std/duration.ts'
import { listed } from './breach.ts'
import { fitsDns, fitsRange } from './match.ts'
import type { Policy } from './select.ts'

type NameRules = NonNullable<PolicyRules['names']>

/** @returns a sentence for each thing, with the path and the cure */
export function contradictions({ spec }: Policy): readonly string[] {
  const { rules = {} } = spec
  return [...inNames(rules.names ?? {}), ...inUsages(rules), ...inKeys(rules), ...inDefaults(spec)]
}

function inNames({ dns = {}, ips = {}, commonName, emails, uris }: NameRules): readonly string[] {
  const equal = (pattern: string, other: string): boolean => pattern === other
  return [
    ...shadowed('dns', dns, coversDns),
    ...shadowed('ips', ips, coversRange),
    ...shadowed('emails', emails ?? {}, equal),
    ...shadowed('uris', uris ?? {}, equal),
    ...shadowed('commonName', commonName ?? {}, equal),
    ...(commonName?.presence === 'Required' && commonName.allow?.length === 0
      ? ['rules.names.commonName requires a name and allows none; drop presence or allow.']
      : []),
  ]
}

/** Entries of `allow` of which nothing is left. */
function shadowed(
  member: string,
  { allow = [], deny = [] }: { readonly allow?: readonly string[]; readonly deny?: readonly string[] },
  covers: (deny: string, allow: string) => boolean,
): readonly string[] {
  const dead = allow.filter((pattern) => deny.some((other) => covers(other, pattern)))
  if (dead.length === 0) return []
  return [
    `rules.names.${member}.allow has ${listed(dead)}, which rules.names.${member}.deny takes back; drop one of the two.`,
  ]
}

/** A pattern is covered where each of its labels is, a dot in front standing for any labels. */
function coversDns(deny: string, allow: string): boolean {
  if (deny === allow) return true
  if (allow === '*') return false
  if (!allow.startsWith('.')) return !/[*]./.test(allow.replace(/^[*][.]/, '')) && fitsDns(deny, allow, 'covers')
  return deny.startsWith('.') && allow.endsWith(deny)
}

function coversRange(deny: string, allow: string): boolean {
  const [address = '', prefix = ''] = allow.split('/')
  const [, outer = ''] = deny.split('/')
  return Number(outer) <= Number(prefix) && fitsRange(deny, address)
}

function inUsages({ usages: { allow, require = [] } = {} }: PolicyRules): readonly string[] {
  const missing = allow === undefined ? [] : require.filter((usage) => !allow.includes(usage))
  return missing.length === 0
    ? []
    : [`rules.usages.require has ${listed(missing)}, which rules.usages.allow has not; add it there.`]
}

function inKeys({ privateKey: { allow, rotationPolicies } = {} }: PolicyRules): readonly string[] {
  return [
    ...(allow?.length === 0
      ? ['rules.privateKey.allow is empty, so that no key is allowed; name one or drop it.']
      : []),
    ...(rotationPolicies?.length === 0
      ? ['rules.privateKey.rotationPolicies is empty, so that none is allowed; name one or drop it.']
      : []),
  ]
}

/** A default that its own policy denies would deny every Certificate that is silent. */
function inDefaults({ defaults, rules = {} }: Policy['spec']): readonly string[] {
  if (defaults === undefined) return []
  const { duration, privateKey, usages = [] } = defaults
  const { algorithm, size } = privateKey ?? {}
  const kinds = rules.privateKey?.allow
  const fits =
    algorithm === undefined ||
    kinds === undefined ||
    kinds.some(
      ({ algorithm: kind, minSize = 0, maxSize = Infinity }) =>
        kind === algorithm && (size === undefined || kind === 'Ed25519' || (size >= minSize && size <= maxSize)),
    )
  const strangers = usages.filter((usage) => rules.usages?.allow?.includes(usage) === false)
  return [
    ...(isOutside(duration, rules.duration ?? {})
      ? [`defaults.duration is ${duration}, which rules.duration does not allow; change one of the two.`]
      : []),
    ...(fits ? [] : ['defaults.privateKey is not among rules.privateKey.allow; change one of the two.']),
    ...(strangers.length === 0
      ? []
      : [`defaults.usages has ${listed(strangers)}, which rules.usages.allow has not; change one of the two.`]),
  ]
}

function isOutside(text: string | undefined, { min, max }: { readonly min?: string; readonly max?: string }): boolean {
  const length = lengthOf(text)
  if (length === undefined) return false
  return length < (lengthOf(min) ?? 0) || length > (lengthOf(max) ?? Infinity)
}

function lengthOf(text: string | undefined): number | undefined {
  const parsed = text === undefined ? undefined : parseGoDuration(text)
  return parsed?.ok === true ? parsed.value : undefined
}
