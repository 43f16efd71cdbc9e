/** The X.509 v3 extensions that a wish asks for, the same in requests and in certificates (RFC 5280 section 4.2). */
import type { NameConstraints, NameSubtrees, SubjectName, Wanted } from '../domain/wanted.ts'
import type { Der } from '../std/bytes.ts'
import { ipOctets } from '../std/ip.ts'
import { encodedTrue, encodeElement, encodeNamedBits, encodeOid, encodeSequence, tags } from './der.ts'
import { generalName, generalNameTags } from './names.ts'
import { extendedKeyUsages, keyUsageFlags } from './usages.ts'

/** Object identifiers of RFC 5280 section 4.2, and PKIX's own. */
export const extensionIds = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  cRLNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  nameConstraints: '2.5.29.30',
  cRLDistributionPoints: '2.5.29.31',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  /** id-pe-acmeIdentifier, RFC 8737 section 6.1. */
  proofOfControl: '1.3.6.1.5.5.7.1.31',
} as const

/** Encodes extensions of one type from the encoding of their value. */
export interface ExtensionType {
  plain(value: Der): Der
  critical(value: Der): Der
}

/** @param name - its object identifier is encoded once for all extensions of the type */
export function extensionType(name: keyof typeof extensionIds): ExtensionType {
  const id = encodeOid(extensionIds[name])
  const octets = (value: Der): Der => encodeElement(tags.octetString, value)
  return {
    plain: (value) => encodeSequence(id, octets(value)),
    critical: (value) => encodeSequence(id, encodedTrue, octets(value)),
  }
}

const keyUsage = extensionType('keyUsage')
const extendedKeyUsage = extensionType('extKeyUsage')
const basicConstraints = extensionType('basicConstraints')
const subjectAltName = extensionType('subjectAltName')
const nameConstraints = extensionType('nameConstraints')

const endEntity = basicConstraints.critical(encodeSequence())
const authority = basicConstraints.critical(encodeSequence(encodedTrue))

/** Key usage and extended key usage. A CA may always sign certificates (section 4.2.1.3). */
export function usageExtensions({ usages, isCA }: Pick<Wanted, 'usages' | 'isCA'>): readonly Der[] {
  const flags = keyUsageFlags(isCA ? [...usages, 'cert sign'] : usages)
  const purposes = extendedKeyUsages(usages)
  return [
    ...(flags === 0 ? [] : [keyUsage.critical(encodeNamedBits(flags))]),
    ...(purposes.length === 0 ? [] : [extendedKeyUsage.plain(encodeSequence(...purposes.map(encodeOid)))]),
  ]
}

/** Basic constraints, and for a CA its name constraints, which nothing else may carry (section 4.2.1.10). */
export function constraintExtensions(wanted: Pick<Wanted, 'isCA' | 'nameConstraints'>): readonly Der[] {
  if (!wanted.isCA) return [endEntity]
  if (wanted.nameConstraints === undefined) return [authority]
  const value = constraintsValue(wanted.nameConstraints)
  return [authority, wanted.nameConstraints.critical ? nameConstraints.critical(value) : nameConstraints.plain(value)]
}

/** Subject alternative names, critical when there is no subject (section 4.2.1.6). */
export function nameExtensions({ subject, names }: Pick<Wanted, 'subject' | 'names'>): readonly Der[] {
  if (names.length === 0) return []
  const value = encodeSequence(...names.map(generalName))
  return [subject.length === 0 ? subjectAltName.critical(value) : subjectAltName.plain(value)]
}

/** NameConstraints: permittedSubtrees is [0], excludedSubtrees [1], each absent when empty. */
function constraintsValue({ permitted, excluded }: NameConstraints): Der {
  const parts = [subtrees(permitted), subtrees(excluded)].map((bases, number) =>
    bases.length === 0 ? [] : [encodeElement(0xa0 + number, ...bases)],
  )
  return encodeSequence(...parts.flat())
}

/** Each a GeneralSubtree, whose minimum is 0 and therefore left out. */
function subtrees(part: NameSubtrees): readonly Der[] {
  const named = (type: 'dns' | 'email' | 'uri') => (value: string) => generalName({ type, value } satisfies SubjectName)
  const bases = [
    ...part.dnsDomains.map(named('dns')),
    ...part.ipRanges.map(rangeName),
    ...part.emailAddresses.map(named('email')),
    ...part.uriDomains.map(named('uri')),
  ]
  return bases.map((base) => encodeSequence(base))
}

/** Address and mask (section 4.2.1.10), from CIDR text. */
function rangeName(range: string): Der {
  const [address = '', prefix = ''] = range.split('/')
  const octets = ipOctets(address)
  const mask = octets.map((_, at) => 0xff & ~(0xff >> Math.min(8, Math.max(0, Number(prefix) - at * 8))))
  return encodeElement(generalNameTags.ip, octets, mask)
}
