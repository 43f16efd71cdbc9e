/** What the documents mean: issuers, certificates and Secrets, held to the schemas and rules of the resources. */
import { parseCertificate } from '../api/certificate.ts'
import type { Certificate } from '../api/certificate.ts'
import { parseIssuer } from '../api/issuer.ts'
import type { Issuer } from '../api/issuer.ts'
import { apiVersion, group } from '../api/meta.ts'
import type { KubeObject } from '../api/meta.ts'
import { isJsonObject } from '../std/json.ts'
import { nearest } from '../std/nearest.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import type { ManifestDocument } from './documents.ts'
import { readSecret } from './secrets.ts'
import type { SecretDocument } from './secrets.ts'

export interface Manifests {
  readonly issuers: readonly Issuer[]
  readonly certificates: readonly Certificate[]
  readonly secrets: readonly SecretDocument[]
}

const ourKinds = ['Issuer', 'ClusterIssuer', 'Certificate', 'CertificatePolicy', 'CertificateRevocation'] as const

/** @returns every object of ours and every Secret; other kinds are passed over. Or a sentence with place and path of what is wrong */
export function readManifests(documents: readonly ManifestDocument[]): Result<Manifests, string> {
  const issuers: Issuer[] = []
  const certificates: Certificate[] = []
  const secrets: SecretDocument[] = []
  const seen = new Set<string>()
  for (const { place, object } of documents) {
    const stranger = misnamed(object, place)
    if (stranger !== undefined) return err(stranger)
    const read = readOne(object, { issuers, certificates, secrets })
    if (read === undefined) continue
    if (!read.ok) return err(`${place}: ${read.error}`)
    const { kind, metadata } = read.value
    const name = `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`
    if (seen.has(name)) return err(`${place}: ${name} is given twice; leave one out.`)
    seen.add(name)
  }
  return ok({ issuers, certificates, secrets })
}

interface Collected {
  readonly issuers: Issuer[]
  readonly certificates: Certificate[]
  readonly secrets: SecretDocument[]
}

/** @returns undefined for kinds that nobody here needs */
function readOne(object: ManifestDocument['object'], into: Collected): Result<KubeObject, string> | undefined {
  switch (object['kind']) {
    case 'Issuer':
    case 'ClusterIssuer':
      return collect(strict(object, parseIssuer(object)), into.issuers)
    case 'Certificate':
      return collect(strict(object, parseCertificate(object)), into.certificates)
    case 'Secret':
      return collect(readSecret(object), into.secrets)
    default:
      return undefined
  }
}

function collect<T extends KubeObject>(read: Result<T, string>, into: T[]): Result<T, string> {
  if (read.ok) into.push(read.value)
  return read
}

/** Catches what would otherwise be passed over in silence, or be taken for what it is not. */
export function misnamed({ apiVersion: written, kind }: ManifestDocument['object'], place: string): string | undefined {
  if (typeof written !== 'string' || typeof kind !== 'string') return `${place} has no apiVersion or no kind.`
  const isOurs = ourKinds.some((name) => name === kind)
  if (written.startsWith(`${group}/`)) {
    if (written !== apiVersion) return `${place}: there is no ${written}; write apiVersion: ${apiVersion}.`
    if (isOurs) return undefined
    const meant = nearest(kind, ourKinds)
    return `${place}: ${group} has no kind ${kind}; ${meant === undefined ? `it has ${ourKinds.join(', ')}` : `did you mean ${meant}`}${meant === undefined ? '.' : '?'}`
  }
  return isOurs ? `${place}: this is a ${kind} of ${written}; write apiVersion: ${apiVersion}.` : undefined
}

/** kubectl applies strictly: a field that nobody knows is a mistake, not a wish. */
export function strict<T extends { readonly spec: unknown }>(
  object: ManifestDocument['object'],
  read: Result<T, string>,
): Result<T, string> {
  if (!read.ok) return read
  const unknown = missingFrom(read.value.spec, object['spec'], 'spec')
  return unknown.length === 0 ? read : err(`${unknown.map((path) => `unknown field "${path}"`).join(', ')}.`)
}

/** Paths of the members of a value that the parsed value does not have. */
function missingFrom(parsed: unknown, value: unknown, path: string): readonly string[] {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = Array.isArray(parsed) ? parsed : []
    return value.flatMap((item, index) => missingFrom(items[index], item, `${path}[${index}]`))
  }
  if (!isJsonObject(value)) return parsed === undefined ? [path] : []
  if (!isJsonObject(parsed)) return [path]
  return Object.entries(value).flatMap(([key, member]) => missingFrom(parsed[key], member, `${path}.${key}`))
}

const nameOf = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.name}`
const listOf = (objects: readonly KubeObject[]): string => objects.map(nameOf).join(', ')

/** @param wanted - a name, or undefined where there is but one */
export function pickCertificate({ certificates }: Manifests, wanted: string | undefined): Result<Certificate, string> {
  const [only, another] =
    wanted === undefined ? certificates : certificates.filter(({ metadata }) => metadata.name === wanted)
  if (only !== undefined && another === undefined) return ok(only)
  if (only !== undefined) return err(`The manifests hold ${listOf(certificates)}; say which with --certificate.`)
  if (wanted === undefined) return err('The manifests hold no Certificate; add it with -f certificate.yaml.')
  const there = certificates.length === 0 ? 'no Certificate at all' : listOf(certificates)
  return err(`The manifests hold no Certificate ${wanted}, but ${there}.`)
}

/** The issuer that a Certificate asks for. */
export function pickIssuerOf({ spec, metadata }: Certificate, { issuers }: Manifests): Result<Issuer, string> {
  const { kind, name } = spec.issuerRef
  const namesakes = issuers.filter((one) => one.kind === kind && one.metadata.name === name)
  const found = namesakes.find((one) => isNear(one.metadata.namespace, metadata.namespace))
  if (found !== undefined) return ok(found)
  const there = issuers.length === 0 ? 'no issuer at all' : listOf(issuers)
  return err(
    `Certificate ${metadata.name} asks for ${kind} ${name} (spec.issuerRef), and the manifests hold ${there}; add it with -f.`,
  )
}

/** Manifests often leave the namespace to kubectl. */
const isNear = (one: string | undefined, other: string | undefined): boolean =>
  one === undefined || other === undefined || one === other

/** @param wanted - `name` or `Kind/name`, or undefined where there is but one */
export function pickIssuer({ issuers }: Manifests, wanted: string | undefined): Result<Issuer, string> {
  const fitting = issuers.filter(
    ({ kind, metadata }) => wanted === undefined || wanted === metadata.name || wanted === `${kind}/${metadata.name}`,
  )
  const [only, another] = fitting
  if (only !== undefined && another === undefined) return ok(only)
  if (only !== undefined) return err(`The manifests hold ${listOf(fitting)}; say which with --issuer Kind/name.`)
  if (issuers.length === 0)
    return err('The manifests hold no Issuer and no ClusterIssuer; add one with -f issuer.yaml.')
  return err(`The manifests hold no issuer ${wanted}, but ${listOf(issuers)}.`)
}
