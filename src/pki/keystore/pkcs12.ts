/**
 * PKCS#12 keystores and truststores (RFC 7292).
 *
 *   PFX ─ MacData
 *    └── AuthenticatedSafe
 *         ├── EncryptedData ─ SafeContents: a CertBag for each certificate
 *         └── Data ────────── SafeContents: one PKCS8ShroudedKeyBag            [keystores only]
 */
import type { Der } from '../../std/bytes.ts'
import type { SecretText } from '../../std/secret.ts'
import { encodeElement, encodeOid, encodeSequence, encodeSetOf, tags } from '../der.ts'
import { sha256 } from '../hash.ts'
import type { PrivateKey } from '../key.ts'
import { aliasOf } from './alias.ts'
import { integer, octetString, protections } from './profile.ts'
import type { Pkcs12Profile, Protection } from './profile.ts'

interface Common {
  readonly password: SecretText
  readonly profile: Pkcs12Profile
  /** Trust anchors. */
  readonly roots: readonly Der[]
}

export interface Pkcs12Request extends Common {
  readonly key: PrivateKey
  /** Leaf first. */
  readonly chain: readonly Der[]
}

const oids = {
  data: encodeOid('1.2.840.113549.1.7.1'),
  encryptedData: encodeOid('1.2.840.113549.1.7.6'),
  keyBag: encodeOid('1.2.840.113549.1.12.10.1.2'),
  certificateBag: encodeOid('1.2.840.113549.1.12.10.1.3'),
  x509Certificate: encodeOid('1.2.840.113549.1.9.22.1'),
  friendlyName: encodeOid('1.2.840.113549.1.9.20'),
  localKeyId: encodeOid('1.2.840.113549.1.9.21'),
  /** Oracle's: without it, Java does not take a certificate of a PKCS#12 file for a trusted one. */
  trustedKeyUsage: encodeOid('2.16.840.1.113894.746875.1.1'),
  anyExtendedKeyUsage: encodeOid('2.5.29.37.0'),
}

/**
 * A keystore with one key, its chain, and the roots behind it. The entry has no name, so that Java calls it `1`, as it does
 * with keystores made by cert-manager.
 *
 * @returns a PFX, DER
 */
export async function buildPkcs12({ key, chain, roots, password, profile }: Pkcs12Request): Promise<Uint8Array> {
  const protection = protections[profile]
  const [leaf, ...others] = distinct([...chain, ...roots])
  // tells which certificate belongs to the key (RFC 7292 section 4.2); any octets will do
  const keyId = attribute(oids.localKeyId, octetString(sha256(leaf ?? Buffer.of()).subarray(0, 20)))
  const bags = [
    ...(leaf === undefined ? [] : [certificateBag(leaf, [keyId])]),
    ...others.map((der) => certificateBag(der)),
  ]
  const shrouded = await protection.encryptKey(key.toDer('PKCS8'), password)
  const keyInfo = encodeSequence(shrouded.algorithm, octetString(shrouded.ciphertext))
  const safes = [
    await encryptedSafe(bags, { protection, password }),
    contentInfo(oids.data, octetString(encodeSequence(safeBag(oids.keyBag, keyInfo, [keyId])))),
  ]
  return pfx(safes, { protection, password })
}

/** @returns a PFX, DER, in which every root is a trusted certificate, the first by the name `ca` */
export async function buildPkcs12Truststore({ roots, password, profile }: Common): Promise<Uint8Array> {
  const protection = protections[profile]
  const trusted = attribute(oids.trustedKeyUsage, oids.anyExtendedKeyUsage)
  const bags = distinct(roots).map((der, index) => certificateBag(der, [friendlyName(aliasOf(index)), trusted]))
  return pfx([await encryptedSafe(bags, { protection, password })], { protection, password })
}

interface Lock {
  readonly protection: Protection
  readonly password: SecretText
}

async function pfx(safes: readonly Der[], { protection, password }: Lock): Promise<Uint8Array> {
  const content = encodeSequence(...safes)
  const mac = await protection.authenticate(content, password)
  return encodeSequence(integer(3), contentInfo(oids.data, octetString(content)), mac)
}

async function encryptedSafe(bags: readonly Der[], { protection, password }: Lock): Promise<Der> {
  const { algorithm, ciphertext } = await protection.encryptCertificates(encodeSequence(...bags), password)
  const content = encodeSequence(oids.data, algorithm, encodeElement(0x80, ciphertext))
  return contentInfo(oids.encryptedData, encodeSequence(integer(0), content))
}

const contentInfo = (type: Der, content: Der): Der => encodeSequence(type, encodeElement(0xa0, content))

const certificateBag = (der: Der, attributes: readonly Der[] = []): Der =>
  safeBag(oids.certificateBag, encodeSequence(oids.x509Certificate, encodeElement(0xa0, octetString(der))), attributes)

const safeBag = (type: Der, value: Der, attributes: readonly Der[]): Der =>
  encodeSequence(type, encodeElement(0xa0, value), ...(attributes.length === 0 ? [] : [encodeSetOf(...attributes)]))

const attribute = (type: Der, value: Der): Der => encodeSequence(type, encodeSetOf(value))

const friendlyName = (name: string): Der =>
  attribute(oids.friendlyName, encodeElement(tags.bmpString, Buffer.from(name, 'utf16le').swap16()))

/** Each certificate once: the root may be in the chain as well. */
const distinct = (ders: readonly Der[]): readonly Der[] => [
  ...new Map(ders.map((der) => [Buffer.from(der).toString('latin1'), der])).values(),
]
