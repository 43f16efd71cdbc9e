/**
 * What one certificate says (RFC 5280 section 4.1), read straight from its DER: every Secret is read when it arrives, and no
 * library gives all of this from one parse.
 */
import type { CertificateFacts } from '../domain/facts.ts'
import type { DistinguishedName, SubjectName, Usage } from '../domain/wanted.ts'
import type { Der } from '../std/bytes.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { Shared, sharedText } from '../std/shared.ts'
import { tags } from './der.ts'
import type { DerElement } from './der.ts'
import { isCheckable } from './checkable.ts'
import { sha256Hex } from './hash.ts'
import { openCertificate } from './opened.ts'
import { readKeyShape, readSignatureHash } from './readalgorithm.ts'
import { childrenOf, extensionValues, hexOf, Malformed, onlyChild, reading, readOid, readTime } from './readder.ts'
import { readGeneralNames, readName } from './readnames.ts'
import { usagesOfFlags, usagesOfPurpose } from './usages.ts'

/**
 * @param der - what is said to be one certificate; may be anything
 * @returns the facts, or a clause that says what is wrong. Signatures are not checked, but for whether it signed itself
 */
export function certificateFacts(der: Der): Result<CertificateFacts, string> {
  const known = readBefore.get(der)
  if (known !== undefined) return known
  const facts = reading(() => readCertificate(der))
  readBefore.set(der, facts)
  return facts
}

/** A CA hands in the same bytes of its own certificates with each one it issues. Kept as long as the bytes are. */
const readBefore = new WeakMap<Der, Result<CertificateFacts, string>>()

/** Places in TBSCertificate, after the version. */
const [serialAt, signatureAt, issuerAt, validityAt, subjectAt, publicKeyAt, optionalsAt] = [0, 1, 2, 3, 4, 5, 6]
const versionTag = 0xa0
const extensionsTag = 0xa3

function readCertificate(der: Der): Result<CertificateFacts, string> {
  const [body, signature] = childrenOf(onlyChild(der, 'encoding'), 'encoding')
  const all = childrenOf(body, 'body')
  const fields = all[0]?.tag === versionTag ? all.slice(1) : all
  const publicKey = fields[publicKeyAt]
  if (publicKey === undefined || signature === undefined) return err('it is not an X.509 certificate')
  if (!same(fields[signatureAt], signature)) return err('it names two different signature algorithms')
  const [notBefore, notAfter] = childrenOf(fields[validityAt], 'validity')
  const extensions = readExtensions(fields.slice(optionalsAt).find(({ tag }) => tag === extensionsTag))
  return ok({
    serialNumber: sharedText(serialText(fields[serialAt])),
    fingerprint: sharedText(sha256Hex(der)),
    subject: readName(fields[subjectAt], 'subject'),
    issuer: readIssuer(fields[issuerAt]),
    notBefore: readTime(notBefore, 'notBefore'),
    notAfter: readTime(notAfter, 'notAfter'),
    key: readKeyShape(publicKey),
    publicKeyHash: sharedText(sha256Hex(publicKey.encoded)),
    signatureHash: readSignatureHash(signature),
    selfSigned: same(fields[issuerAt], fields[subjectAt]) && signedItself(der),
    ...extensions,
  })
}

/** The many certificates of a CA name it alike, and are made alike: each name and each list of usages is kept once. */
const issuers = new Shared<DistinguishedName>(256)
const usageLists = new Shared<readonly Usage[]>(256)

function readIssuer(element: DerElement | undefined): DistinguishedName {
  const key = Buffer.from(element?.encoded ?? []).toString('latin1')
  return issuers.get(key) ?? issuers.of(key, readName(element, 'issuer'))
}

const sharedUsages = (usages: readonly Usage[]): readonly Usage[] => usageLists.of(usages.join(), usages)

const same = (a: DerElement | undefined, b: DerElement | undefined): boolean =>
  a !== undefined && b !== undefined && Buffer.compare(a.encoded, b.encoded) === 0

/** RFC 5280 section 4.1.2.2 allows 20. What is longer than this does not fit into a Certificate's status. */
const longestSerial = 60

/** As `openssl x509 -serial` prints it: the magnitude, with a sign for serial numbers that should not exist. */
function serialText(element: DerElement | undefined): string {
  const octets = element?.content ?? new Uint8Array()
  if (element?.tag !== tags.integer || octets.length === 0) throw new Malformed('it has no serial number')
  if (octets.length > longestSerial) throw new Malformed(`its serial number has ${octets.length} octets`)
  if ((octets[0] ?? 0) >= 0x80) return `-${magnitudeOfNegative(octets)}`
  return hexOf(octets.length > 1 && octets[0] === 0 ? octets.subarray(1) : octets).toUpperCase()
}

function magnitudeOfNegative(octets: Uint8Array): string {
  const magnitude = (1n << BigInt(octets.length * 8)) - BigInt(`0x${hexOf(octets)}`)
  const hex = magnitude.toString(16).toUpperCase()
  return hex.length % 2 === 0 ? hex : `0${hex}`
}

function signedItself(der: Der): boolean {
  try {
    const certificate = openCertificate(der)
    const { publicKey } = certificate
    return isCheckable(publicKey) && certificate.verify(publicKey)
  } catch {
    // a key or an algorithm that OpenSSL does not know
    return false
  }
}

interface ExtensionFacts {
  readonly names: readonly SubjectName[]
  readonly usages: readonly Usage[]
  readonly isCA: boolean
  readonly subjectKeyId: string | undefined
  readonly authorityKeyId: string | undefined
}

function readExtensions(field: DerElement | undefined): ExtensionFacts {
  const values = field === undefined ? new Map<string, Uint8Array>() : extensionValues(field)
  const valueOf = (oid: string): DerElement | undefined => {
    const value = values.get(oid)
    return value && onlyChild(value, `extension ${oid}`)
  }
  const names = valueOf('2.5.29.17')
  const subjectKeyId = valueOf('2.5.29.14')
  const authorityKeyId = valueOf('2.5.29.35')
  return {
    names: names === undefined ? [] : readGeneralNames(names, 'subject alternative name'),
    usages: sharedUsages([...keyUsages(valueOf('2.5.29.15')), ...purposes(valueOf('2.5.29.37'))]),
    isCA: isAuthority(valueOf('2.5.29.19')),
    subjectKeyId: subjectKeyId && hexOf(subjectKeyId.content),
    authorityKeyId: authorityKeyId && keyIdentifierOf(authorityKeyId),
  }
}

/** KeyUsage: the BIT STRING's first octet counts unused bits, and its bit 0 is the highest of the next. */
function keyUsages(element: DerElement | undefined): readonly Usage[] {
  if (element !== undefined && element.tag !== tags.bitString) throw new Malformed('its key usage is no string of bits')
  const [, first = 0, second = 0] = element?.content ?? []
  const bits = (first << 8) | second
  let flags = 0
  for (let bit = 0; bit < 16; bit += 1) flags |= ((bits >> (15 - bit)) & 1) << bit
  return usagesOfFlags(flags)
}

const purposes = (element: DerElement | undefined): readonly Usage[] =>
  element === undefined
    ? []
    : childrenOf(element, 'extended key usage').flatMap((oid) => usagesOfPurpose(readOid(oid, 'extended key usage')))

/** BasicConstraints: cA is absent when false. */
function isAuthority(element: DerElement | undefined): boolean {
  const [cA] = element === undefined ? [] : childrenOf(element, 'basic constraints')
  return cA?.tag === tags.boolean && cA.content[0] !== 0
}

/** AuthorityKeyIdentifier: keyIdentifier is [0]. */
function keyIdentifierOf(element: DerElement): string | undefined {
  const id = childrenOf(element, 'authority key identifier').find(({ tag }) => tag === 0x80)
  return id && sharedText(hexOf(id.content))
}
