/** Rules on names and on the attributes of the subject. */
import type { AttributeRule, PolicyRules } from '../../api/policy.ts'
import { allowedText, failures, listed } from './breach.ts'
import type { Failure } from './breach.ts'
import type { Judged } from './judged.ts'
import { attributeValues, commonNameOid } from './namekinds.ts'
import { fitsDns, fitsEmail, fitsRange, fitsText, fitsUri } from './match.ts'
import type { Fit } from './match.ts'

type NameRules = NonNullable<PolicyRules['names']>

interface Patterns {
  readonly allow?: readonly string[] | undefined
  readonly deny?: readonly string[] | undefined
}

type Matcher = (pattern: string, value: string, fit: Fit) => boolean

export function nameFailures({ names: rules = {} }: PolicyRules, judged: Judged): readonly Failure[] {
  const { byKind: found } = judged
  const { most } = rules
  return [
    ...failures(most !== undefined && judged.names.length > most, () => ({
      rule: 'rules.names.most',
      message: `it has ${judged.names.length} names; at most ${most} are allowed`,
    })),
    ...kindFailures('dns', rules.dns, { what: 'DNS name', values: found.dns, fits: fitsDns }),
    ...wildcardFailures(rules, found.dns),
    ...kindFailures('ips', rules.ips, { what: 'IP address', values: found.ip, fits: fitsRange }),
    ...kindFailures('emails', rules.emails, { what: 'e-mail address', values: found.email, fits: fitsEmail }),
    ...kindFailures('uris', rules.uris, { what: 'URI', values: found.uri, fits: fitsUri }),
    ...kindFailures('otherNames', rules.otherNames, { what: 'other name', values: found.other, fits: sameText }),
    ...attributeFailures('rules.names.commonName', rules.commonName, {
      what: 'common name',
      values: attributeValues(judged.subject, commonNameOid),
    }),
  ]
}

const sameText: Matcher = (pattern, value) => pattern === value

interface Kind {
  readonly what: string
  readonly values: readonly string[]
  readonly fits: Matcher
}

function kindFailures(
  member: string,
  { allow, deny = [] }: Patterns = {},
  { what, values, fits }: Kind,
): readonly Failure[] {
  const denied = values.filter((value) => deny.some((pattern) => fits(pattern, value, 'overlaps')))
  const strangers =
    allow === undefined ? [] : values.filter((value) => !allow.some((pattern) => fits(pattern, value, 'covers')))
  return [
    ...failures(denied.length > 0, () => ({
      rule: `rules.names.${member}.deny`,
      message: `${plural(what, denied)} ${listed(denied)} ${isOrAre(denied)} denied`,
    })),
    ...failures(strangers.length > 0, () => ({
      rule: `rules.names.${member}.allow`,
      message: `${plural(what, strangers)} ${listed(strangers)} ${isOrAre(strangers)} not allowed; ${allowedText(allow ?? [])}`,
    })),
  ]
}

function wildcardFailures({ dns = {} }: NameRules, values: readonly string[]): readonly Failure[] {
  const wildcards = values.filter((value) => value.includes('*'))
  return failures(dns.wildcards === 'Deny' && wildcards.length > 0, () => ({
    rule: 'rules.names.dns.wildcards',
    message: `${plural('DNS name', wildcards)} ${listed(wildcards)} ${isOrAre(wildcards)} not allowed; name each host`,
  }))
}

const attributeOids = {
  organizations: { oid: '2.5.4.10', what: 'organization' },
  countries: { oid: '2.5.4.6', what: 'country' },
  organizationalUnits: { oid: '2.5.4.11', what: 'organizational unit' },
  localities: { oid: '2.5.4.7', what: 'locality' },
  provinces: { oid: '2.5.4.8', what: 'province' },
  streetAddresses: { oid: '2.5.4.9', what: 'street address' },
  postalCodes: { oid: '2.5.4.17', what: 'postal code' },
  serialNumber: { oid: '2.5.4.5', what: 'serial number of the subject' },
} as const satisfies Record<keyof NonNullable<PolicyRules['subject']>, { readonly oid: string; readonly what: string }>

export function subjectFailures({ subject = {} }: PolicyRules, judged: Judged): readonly Failure[] {
  return Object.entries(attributeOids).flatMap(([member, { oid, what }]) => {
    const rule = Object.entries(subject).find(([name]) => name === member)?.[1]
    return attributeFailures(`rules.subject.${member}`, rule, { what, values: attributeValues(judged.subject, oid) })
  })
}

/** Upper and lower case are alike, as in comparisons of names (RFC 5280 section 7.1). */
export const fitsAttribute = (pattern: string, value: string): boolean =>
  fitsText(pattern.toLowerCase(), value.toLowerCase())

function attributeFailures(
  rule: string,
  { allow, deny = [], presence }: AttributeRule = {},
  { what, values }: { readonly what: string; readonly values: readonly string[] },
): readonly Failure[] {
  const denied = values.filter((value) => deny.some((pattern) => fitsAttribute(pattern, value)))
  const strangers =
    allow === undefined ? [] : values.filter((value) => !allow.some((pattern) => fitsAttribute(pattern, value)))
  return [
    ...failures(presence === 'Required' && values.length === 0, () => ({
      rule: `${rule}.presence`,
      message: `it has no ${what}, which is required`,
    })),
    ...failures(presence === 'Forbidden' && values.length > 0, () => ({
      rule: `${rule}.presence`,
      message: `it has the ${what} ${listed(values)}, and must have none`,
    })),
    ...failures(denied.length > 0, () => ({ rule: `${rule}.deny`, message: `${what} ${listed(denied)} is denied` })),
    ...failures(strangers.length > 0, () => ({
      rule: `${rule}.allow`,
      message: `${what} ${listed(strangers)} is not allowed; ${allowedText(allow ?? [])}`,
    })),
  ]
}

const isOrAre = (values: readonly string[]): string => (values.length === 1 ? 'is' : 'are')

function plural(what: string, values: readonly string[]): string {
  if (values.length === 1) return what
  return what.endsWith('s') ? `${what}es` : `${what}s`
}
