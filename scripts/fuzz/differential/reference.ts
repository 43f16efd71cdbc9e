/** What OpenSSL says of a certificate, by way of node:crypto, in the words that our reader would use. */
import { createHash, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

export interface Reference {
  readonly serialNumber: string
  readonly notBefore: number
  readonly notAfter: number
  /** Values of all attributes, sorted; undefined where OpenSSL cannot turn them into text. */
  readonly subject: readonly string[] | undefined
  readonly issuer: readonly string[] | undefined
  /** As OpenSSL prints it. */
  readonly names: string
  readonly purposes: readonly string[]
  readonly isCA: boolean
  readonly fingerprint: string
  readonly key: string
  readonly publicKeyHash: string | undefined
  readonly selfSigned: boolean
}

/** @returns undefined for what OpenSSL does not take for a certificate */
export function referenceOf(der: Uint8Array): Reference | undefined {
  const certificate = opened(der)
  if (certificate === undefined) return undefined
  const key = attempt(() => certificate.publicKey)
  return {
    serialNumber: certificate.serialNumber,
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
    subject: attempt(() => valuesIn(certificate.toLegacyObject().subject)),
    issuer: attempt(() => valuesIn(certificate.toLegacyObject().issuer)),
    names: attempt(() => certificate.subjectAltName) ?? '',
    purposes: [...(attempt(() => certificate.keyUsage) ?? [])].sort(),
    isCA: certificate.ca,
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    key: key === undefined ? 'unreadable' : wordsOf(key),
    publicKeyHash: key && attempt(() => hashOf(key)),
    selfSigned: key !== undefined && attempt(() => signedItself(certificate, key)) === true,
  }
}

const signedItself = (certificate: X509Certificate, key: KeyObject): boolean =>
  certificate.subject === certificate.issuer && certificate.verify(key)

const opened = (der: Uint8Array): X509Certificate | undefined => attempt(() => new X509Certificate(der))

function attempt<T>(what: () => T): T | undefined {
  try {
    return what()
  } catch {
    return undefined
  }
}

/** Members are single values, or lists where an attribute occurs more than once. */
const valuesIn = (name: object | undefined): readonly string[] =>
  Object.values(name ?? {})
    .flat()
    .map(String)
    .sort()

function wordsOf({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): string {
  const { modulusLength, namedCurve } = asymmetricKeyDetails
  return [asymmetricKeyType, modulusLength ?? namedCurve].filter((part) => part !== undefined).join(' ')
}

const hashOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
