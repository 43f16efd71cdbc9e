/** Lays what our reader says of a certificate beside what OpenSSL says. */
import type { CertificateFacts } from '../../../src/domain/facts.ts'
import type { DistinguishedName, SubjectName } from '../../../src/domain/wanted.ts'
import { certificateFacts } from '../../../src/pki/certificate.ts'
import { extendedKeyUsages } from '../../../src/pki/usages.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { referenceOf } from './reference.ts'
import type { Reference } from './reference.ts'

export interface Disagreement {
  /** What they differ about. */
  readonly about: string
  readonly ours: string
  readonly theirs: string
  readonly der: Der
}

/** @returns what the two readers differ about */
export function disagreements(der: Der): readonly Disagreement[] {
  const facts = certificateFacts(der)
  const reference = referenceOf(der)
  if (!facts.ok) return reference === undefined ? [] : [{ about: 'refusal', ours: facts.error, theirs: 'taken', der }]
  if (reference === undefined) return [{ about: 'acceptance', ours: 'taken', theirs: 'refused', der }]
  return rows(facts.value, reference)
    .filter(([, ours, theirs]) => ours !== theirs)
    .map(([about, ours, theirs]) => ({ about, ours, theirs, der }))
}

function rows(facts: CertificateFacts, reference: Reference): readonly (readonly [string, string, string])[] {
  const { names, usages, key } = facts
  return [
    ['serial number', facts.serialNumber, reference.serialNumber],
    ['notBefore', String(facts.notBefore), String(reference.notBefore)],
    ['notAfter', String(facts.notAfter), String(reference.notAfter)],
    ['subject', valuesOf(facts.subject), String(reference.subject)],
    ['issuer', valuesOf(facts.issuer), String(reference.issuer)],
    ['names', printed(names), withoutOthers(reference.names)],
    ['purposes', [...extendedKeyUsages(usages)].sort().join(), [...new Set(reference.purposes)].join()],
    ['CA', String(facts.isCA), String(reference.isCA)],
    ['fingerprint', facts.fingerprint, reference.fingerprint],
    ['key', key === undefined ? 'another' : keyWords(key), knownKey(reference.key)],
    ['public key', facts.publicKeyHash, reference.publicKeyHash ?? facts.publicKeyHash],
    ['self-signed', String(facts.selfSigned), String(reference.selfSigned)],
  ]
}

const valuesOf = (name: DistinguishedName): string =>
  String(
    name
      .flat()
      .map(({ value }) => value)
      .sort(),
  )

const keyWords = ({ algorithm, size }: NonNullable<CertificateFacts['key']>): string => `${algorithm} ${size}`

const knownKeys: Readonly<Record<string, string>> = {
  'ec prime256v1': 'ECDSA 256',
  'ec secp384r1': 'ECDSA 384',
  'ec secp521r1': 'ECDSA 521',
  ed25519: 'Ed25519 0',
}

const knownKey = (words: string): string =>
  knownKeys[words] ?? (words.startsWith('rsa ') ? words.replace('rsa', 'RSA') : 'another')

const labels = { dns: 'DNS', ip: 'IP Address', uri: 'URI', email: 'email' } as const

/** As Node prints them; other names are compared by nobody, for OpenSSL prints them in as many ways as it knows types. */
const printed = (names: readonly SubjectName[]): string =>
  names.flatMap((name) => (name.type === 'other' ? [] : `${labels[name.type]}:${quoted(name)}`)).join(', ')

/** What could be taken for the end of a value stands in quotes (CVE-2021-44532). */
function quoted({ type, value }: SubjectName): string {
  if (type === 'ip') return value.startsWith('#') ? `<invalid length=${(value.length - 1) / 2}>` : longForm(value)
  if (/^[\x20-\x7e]*$/.test(value) && !/[",\\']/.test(value)) return value
  const signs = [...value].map((sign) => (/[\x20-\x7e]/.test(sign) && !/[",\\]/.test(sign) ? sign : escaped(sign)))
  return `"${signs.join('')}"`
}

const escaped = (sign: string): string =>
  /["\\]/.test(sign) ? `\\${sign}` : `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`

/** OpenSSL writes all eight groups of IPv6. */
function longForm(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const groups = (part: string): readonly string[] => part.split(':').filter(Boolean)
  const missing = 8 - groups(head).length - groups(tail ?? '').length
  const all = [
    ...groups(head),
    ...(tail === undefined ? [] : Array.from({ length: missing }, () => '0')),
    ...groups(tail ?? ''),
  ]
  return all.map((group) => group.toUpperCase()).join(':')
}

const compared = /^(?:DNS|IP Address|URI|email):/

/** Splits what is printed at the commas that divide names, which stand outside of quotes. */
const withoutOthers = (printedNames: string): string =>
  [...printedNames.matchAll(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g)]
    .map(([name]) => name.trim())
    .filter((name) => compared.test(name))
    .join(', ')
