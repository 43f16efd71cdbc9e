/** What `allow` gives and something beside it takes back, so that nothing is left of it. */
import type { AttributeRule, PolicyRules } from '../../api/policy.ts'
import { listed } from './breach.ts'
import { fitsDns, fitsEmail, fitsRange, fitsUri } from './match.ts'
import { fitsAttribute } from './namerules.ts'
import { fitsIssuer, issuerText } from './select.ts'

/**
 * Whether everything that one pattern stands for fits another. An asterisk in it is fitted by nothing but an asterisk of the
 * other, so it can be matched as if it were a name.
 */
type Covers<P> = (deny: P, allow: P) => boolean

/** @returns a sentence for each list that has such entries, with its path and the cure */
export function takenBack({ names = {}, subject = {}, issuers = {} }: PolicyRules): readonly string[] {
  const { dns, ips, emails, uris, otherNames, commonName } = names
  const path = 'rules.names.'
  return [
    ...shadowed(`${path}dns`, dns, coversDns),
    ...shadowed(`${path}ips`, ips, coversRange),
    ...shadowed(`${path}emails`, emails, (deny, allow) => fitsEmail(deny, allow, 'overlaps')),
    ...shadowed(`${path}uris`, uris, coversUri),
    ...shadowed(`${path}otherNames`, otherNames, (deny, allow) => deny === allow),
    ...inAttribute(`${path}commonName`, commonName),
    ...Object.entries(subject).flatMap(([member, rule]) => inAttribute(`rules.subject.${member}`, rule)),
    ...sentence(
      'rules.issuers',
      (issuers.allow ?? [])
        .filter((allow) => issuers.deny?.some((deny) => fitsIssuer(deny, allow)) === true)
        .map(issuerText),
    ),
  ]
}

interface Lists {
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
}

const shadowed = (path: string, { allow = [], deny = [] }: Lists = {}, covers: Covers<string>): readonly string[] =>
  sentence(
    path,
    allow.filter((pattern) => deny.some((other) => covers(other, pattern))),
  )

const sentence = (path: string, dead: readonly string[]): readonly string[] =>
  dead.length === 0 ? [] : [`${path}.allow has ${listed(dead)}, which ${path}.deny takes back; drop one of the two.`]

function inAttribute(path: string, rule: AttributeRule = {}): readonly string[] {
  const { allow, presence } = rule
  return [
    ...shadowed(path, { allow: allow ?? [], deny: rule.deny ?? [] }, fitsAttribute),
    ...(presence === 'Required' && allow?.length === 0
      ? [`${path} requires a value and allows none; drop presence or allow.`]
      : []),
    ...(presence === 'Forbidden' && allow !== undefined && allow.length > 0
      ? [`${path} forbids any value and allows ${listed(allow)}; drop presence or allow.`]
      : []),
  ]
}

/** A pattern is covered where each of its labels is, a dot in front standing for any labels. */
function coversDns(deny: string, allow: string): boolean {
  const [wide, narrow] = [deny.toLowerCase(), allow.toLowerCase()]
  if (wide === narrow || wide === '*') return true
  if (narrow === '*') return false
  if (!narrow.startsWith('.')) return !/[*]./.test(narrow.replace(/^[*][.]/, '')) && fitsDns(wide, narrow, 'covers')
  return wide.startsWith('.') && narrow.endsWith(wide)
}

function coversRange(deny: string, allow: string): boolean {
  const [address = '', prefix = ''] = allow.split('/')
  const [, outer = ''] = deny.split('/')
  return Number(outer) <= Number(prefix) && fitsRange(deny, address)
}

/** What is open at its end is covered only by what is open too. */
const coversUri = (deny: string, allow: string): boolean =>
  (!allow.endsWith('**') || deny.endsWith('**')) && fitsUri(deny, allow, 'overlaps')
