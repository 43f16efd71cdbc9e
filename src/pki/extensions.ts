/** The X.509 v3 extensions that a wish asks for, the same in requests and in certificates (RFC 5280 section 4.2). */
import { AsnConvert } from '@peculiar/asn1-schema'
import {
  BasicConstraints,
  ExtendedKeyUsage,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_subjectAltName,
  KeyUsage,
  KeyUsageFlags,
  NameConstraints as AsnNameConstraints,
  SubjectAlternativeName,
} from '@peculiar/asn1-x509'
import type { NameConstraints, NameSubtrees, SubjectName, Wanted } from '../domain/wanted.ts'
import type { Der } from '../std/bytes.ts'
import { encodeElement, encodeOid, encodeSequence, tags } from './der.ts'
import { generalName } from './names.ts'
import { extendedKeyUsages, keyUsageFlags } from './usages.ts'

/** Encodes extensions of one type from the object that asn1-x509 has for their value. */
export interface ExtensionType {
  readonly oid: string
  plain(value: object): Der
  critical(value: object): Der
}

const asn1True = Uint8Array.of(1, 1, 0xff)

/** @param oid - the extnID, encoded once for all extensions of the type */
export function extensionType(oid: string): ExtensionType {
  const id = encodeOid(oid)
  const octets = (value: object): Der => encodeElement(tags.octetString, new Uint8Array(AsnConvert.serialize(value)))
  return {
    oid,
    plain: (value) => encodeSequence(id, octets(value)),
    critical: (value) => encodeSequence(id, asn1True, octets(value)),
  }
}

const keyUsage = extensionType(id_ce_keyUsage)
const extendedKeyUsage = extensionType(id_ce_extKeyUsage)
const basicConstraints = extensionType(id_ce_basicConstraints)
const subjectAltName = extensionType(id_ce_subjectAltName)
const nameConstraints = extensionType(id_ce_nameConstraints)

const endEntity = basicConstraints.critical(new BasicConstraints({ cA: false }))
const authority = basicConstraints.critical(new BasicConstraints({ cA: true }))

/** Key usage and extended key usage. A CA may always sign certificates (section 4.2.1.3). */
export function usageExtensions({ usages, isCA }: Pick<Wanted, 'usages' | 'isCA'>): readonly Der[] {
  const flags = keyUsageFlags(usages) | (isCA ? KeyUsageFlags.keyCertSign : 0)
  const purposes = extendedKeyUsages(usages)
  return [
    ...(flags === 0 ? [] : [keyUsage.critical(new KeyUsage(flags))]),
    ...(purposes.length === 0 ? [] : [extendedKeyUsage.plain(new ExtendedKeyUsage([...purposes]))]),
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
  const value = new SubjectAlternativeName(names.map(generalName))
  return [subject.length === 0 ? subjectAltName.critical(value) : subjectAltName.plain(value)]
}

function constraintsValue({ permitted, excluded }: NameConstraints): AsnNameConstraints {
  const permittedSubtrees = subtrees(permitted)
  const excludedSubtrees = subtrees(excluded)
  return new AsnNameConstraints({
    ...(permittedSubtrees.length === 0 ? {} : { permittedSubtrees }),
    ...(excludedSubtrees.length === 0 ? {} : { excludedSubtrees }),
  })
}

function subtrees(part: NameSubtrees): GeneralSubtrees {
  const bases: readonly SubjectName[] = [
    ...part.dnsDomains.map((value) => ({ type: 'dns' as const, value })),
    ...part.ipRanges.map((value) => ({ type: 'ip' as const, value })),
    ...part.emailAddresses.map((value) => ({ type: 'email' as const, value })),
    ...part.uriDomains.map((value) => ({ type: 'uri' as const, value })),
  ]
  return new GeneralSubtrees(bases.map((base) => new GeneralSubtree({ base: generalName(base) })))
}
