/**
 * Reads a Certificate's spec as a wish: what to ask of the CA, how to keep it, when to renew it. Everything after this
 * works on the wish, so that defaults and spellings of the resource are known in this one place.
 */
import type { CertificateSpec } from '../api/certificate.ts'
import type { IssuerRef } from '../api/meta.ts'
import { parseGoDuration } from '../std/duration.ts'
import { canonicalIp } from '../std/ip.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { days } from '../std/time.ts'
import type { Duration } from '../std/time.ts'
import { parseDistinguishedName } from './name.ts'
import type {
  DistinguishedName,
  KeyEncoding,
  KeyShape,
  NameConstraints,
  NameSubtrees,
  Rdn,
  SubjectName,
  Wanted,
} from './wanted.ts'

export interface Wish {
  readonly wanted: Wanted
  readonly secretName: string
  readonly issuerRef: IssuerRef
  readonly fallbackIssuerRefs: readonly IssuerRef[]
  readonly keyEncoding: KeyEncoding
  readonly rotation: 'Always' | 'Never'
  readonly renewBefore: Duration | undefined
  readonly renewBeforePercentage: number | undefined
  readonly deletionPolicy: 'Retain' | 'Delete'
  /** Changes exactly when a new certificate must be asked for. Canonical text, to be hashed. */
  readonly requestText: string
  /** Changes exactly when the Secret must be written anew with the same certificate. Canonical text, to be hashed. */
  readonly outputsText: string
}

/** cert-manager.io/v1 defaults, so that a manifest means the same here. */
const defaultLifetime = days(90)
const defaultUsages = ['digital signature', 'key encipherment'] as const
const defaultRsaSize = 2048
const defaultCurve = 256

/**
 * @param spec - a parsed spec
 * @returns the wish, or a sentence that names the field that cannot be understood
 */
export function readWish(spec: CertificateSpec): Result<Wish, string> {
  const subject = readSubject(spec)
  if (!subject.ok) return subject
  const names = readNames(spec)
  if (!names.ok) return names
  const lifetime = readDuration('spec.duration', spec.duration)
  if (!lifetime.ok) return lifetime
  const renewBefore = readDuration('spec.renewBefore', spec.renewBefore)
  if (!renewBefore.ok) return renewBefore
  const wanted: Wanted = {
    subject: subject.value,
    names: names.value,
    key: keyShape(spec),
    lifetime: lifetime.value ?? defaultLifetime,
    usages: readUsages(spec),
    encodeUsagesInRequest: spec.encodeUsagesInRequest ?? true,
    isCA: spec.isCA ?? false,
    ...optional('nameConstraints', readConstraints(spec)),
    ...optional('signatureAlgorithm', spec.signatureAlgorithm),
  }
  const issuerRef = spec.issuerRef
  return ok({
    wanted,
    secretName: spec.secretName,
    issuerRef,
    fallbackIssuerRefs: spec.fallbackIssuerRefs ?? [],
    keyEncoding: keyEncoding(spec),
    rotation: spec.privateKey?.rotationPolicy ?? 'Always',
    renewBefore: renewBefore.value,
    renewBeforePercentage: spec.renewBeforePercentage,
    deletionPolicy: spec.deletionPolicy ?? 'Retain',
    requestText: requestText(wanted),
    outputsText: outputsText(spec),
  })
}

function outputsText(spec: CertificateSpec): string {
  return canonical({
    encoding: keyEncoding(spec),
    formats: (spec.additionalOutputFormats ?? []).map((format) => format.type).sort(),
    keystores: spec.keystores ?? {},
    template: spec.secretTemplate ?? {},
    deletionPolicy: spec.deletionPolicy ?? 'Retain',
  })
}

function readSubject(spec: CertificateSpec): Result<DistinguishedName, string> {
  if (spec.literalSubject === undefined) return ok(structuredSubject(spec))
  const parsed = parseDistinguishedName(spec.literalSubject)
  return parsed.ok ? parsed : err(`spec.literalSubject is not an RFC 4514 name: ${parsed.error}`)
}

/** The order in which Go's crypto/x509, and so cert-manager, encodes the parts of a subject. */
function structuredSubject(spec: CertificateSpec): DistinguishedName {
  const s = spec.subject ?? {}
  return [
    ...rdn('2.5.4.6', s.countries),
    ...rdn('2.5.4.10', s.organizations),
    ...rdn('2.5.4.11', s.organizationalUnits),
    ...rdn('2.5.4.7', s.localities),
    ...rdn('2.5.4.8', s.provinces),
    ...rdn('2.5.4.9', s.streetAddresses),
    ...rdn('2.5.4.17', s.postalCodes),
    ...rdn('2.5.4.3', spec.commonName === undefined ? [] : [spec.commonName]),
    ...rdn('2.5.4.5', s.serialNumber === undefined ? [] : [s.serialNumber]),
  ]
}

/** Several values of one attribute share one level, as crypto/x509 encodes them. */
function rdn(oid: string, values: readonly string[] = []): readonly Rdn[] {
  return values.length === 0 ? [] : [values.map((value) => ({ oid, value }))]
}

function readNames(spec: CertificateSpec): Result<readonly SubjectName[], string> {
  const names: SubjectName[] = (spec.dnsNames ?? []).map((value) => ({ type: 'dns', value: value.toLowerCase() }))
  for (const [i, text] of (spec.ipAddresses ?? []).entries()) {
    const value = canonicalIp(text)
    if (value === undefined) return err(`spec.ipAddresses[${i}] is not an IP address: ${JSON.stringify(text)}`)
    names.push({ type: 'ip', value })
  }
  for (const value of spec.uris ?? []) names.push({ type: 'uri', value })
  for (const value of spec.emailAddresses ?? []) names.push({ type: 'email', value })
  for (const { oid, utf8Value } of spec.otherNames ?? []) names.push({ type: 'other', oid, value: utf8Value })
  return ok([...new Map(names.map((name) => [canonical(name), name])).values()])
}

function readDuration(field: string, text: string | undefined): Result<Duration | undefined, string> {
  if (text === undefined) return ok(undefined)
  const parsed = parseGoDuration(text)
  return parsed.ok ? parsed : err(`${field} is not a duration such as 2160h or 90m: ${parsed.error}`)
}

function keyShape(spec: CertificateSpec): KeyShape {
  const algorithm = spec.privateKey?.algorithm ?? 'RSA'
  const size = spec.privateKey?.size
  switch (algorithm) {
    case 'RSA':
      return { algorithm, size: size ?? defaultRsaSize }
    case 'ECDSA':
      return { algorithm, size: size ?? defaultCurve }
    case 'Ed25519':
      return { algorithm, size: 0 }
  }
}

/** Ed25519 has no PKCS#1 form (RFC 8410 section 7). */
function keyEncoding(spec: CertificateSpec): KeyEncoding {
  return keyShape(spec).algorithm === 'Ed25519' ? 'PKCS8' : (spec.privateKey?.encoding ?? 'PKCS1')
}

function readUsages(spec: CertificateSpec): readonly string[] {
  const asked = spec.usages === undefined || spec.usages.length === 0 ? defaultUsages : spec.usages
  return spec.isCA === true ? [...new Set([...asked, 'cert sign'])] : asked
}

function readConstraints(spec: CertificateSpec): NameConstraints | undefined {
  const c = spec.nameConstraints
  if (c === undefined) return undefined
  return { critical: c.critical ?? false, permitted: subtrees(c.permitted), excluded: subtrees(c.excluded) }
}

function subtrees(part: Partial<NameSubtrees> | undefined): NameSubtrees {
  return {
    dnsDomains: part?.dnsDomains ?? [],
    ipRanges: part?.ipRanges ?? [],
    emailAddresses: part?.emailAddresses ?? [],
    uriDomains: part?.uriDomains ?? [],
  }
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V })
}

/** Names and usages are sets: a manifest that lists them in another order asks for the same certificate. */
function requestText(wanted: Wanted): string {
  const names = wanted.names.map((name) => canonical(name)).sort()
  return canonical({ ...wanted, names, usages: [...new Set(wanted.usages)].sort() })
}

/** JSON with sorted keys: equal values give equal text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
