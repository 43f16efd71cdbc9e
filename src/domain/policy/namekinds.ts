/** Names by what kind of rule they are held to. */
import { canonicalIp } from '../../std/ip.ts'
import type { DistinguishedName, SubjectName } from '../wanted.ts'

export const commonNameOid = '2.5.4.3'
const emailAddressOid = '1.2.840.113549.1.9.1'

export interface NamesByKind {
  readonly dns: readonly string[]
  readonly ip: readonly string[]
  readonly email: readonly string[]
  readonly uri: readonly string[]
  /** Object identifiers. */
  readonly other: readonly string[]
}

/** Old software takes a common name for a host's name, so that it is held to the rules on those. */
export function namesByKind(subject: DistinguishedName, names: readonly SubjectName[]): NamesByKind {
  const of = (type: SubjectName['type']): readonly string[] =>
    names.flatMap((name) => (name.type === type ? [name.type === 'other' ? name.oid : name.value] : []))
  const commonNames = attributeValues(subject, commonNameOid)
  const asHosts = commonNames.filter((value) => canonicalIp(value) === undefined && hostLike.test(value))
  const asAddresses = commonNames.flatMap((value) => canonicalIp(value) ?? [])
  return {
    dns: once([...of('dns'), ...asHosts.map((value) => value.toLowerCase().replace(/[.]$/, ''))]),
    ip: once([...of('ip'), ...asAddresses]),
    email: once([...of('email'), ...attributeValues(subject, emailAddressOid)]),
    uri: of('uri'),
    other: of('other'),
  }
}

/** With a dot in it: a single word is more likely the name of a thing. */
const hostLike = /^([*][.])?[a-z0-9_-]+([.][a-z0-9_-]+)+[.]?$/i

const once = (values: readonly string[]): readonly string[] => [...new Set(values)]

/** @returns the values of an attribute of the subject */
export const attributeValues = (subject: DistinguishedName, oid: string): readonly string[] =>
  subject.flat().flatMap((part) => (part.oid === oid ? [part.value] : []))
