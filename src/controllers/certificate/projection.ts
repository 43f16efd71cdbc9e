/**
 * What the caches keep of a Secret: facts, marks and names. Bytes of keys and certificates are parsed when they arrive and
 * dropped at once, so that a heap dump of the operator holds no key and ten thousand Secrets cost little.
 */
import type { IssuerRef, OwnerReference, Secret } from '../../api/meta.ts'
import type { CertificateFacts, KeyFacts } from '../../domain/facts.ts'
import type { Part, PendingView, SecretMarks, SecretView } from '../../domain/snapshot.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import { keyFacts } from '../../pki/key.ts'
import { readCertificates } from '../../pki/pem.ts'
import { compact, Shared, sharedText } from '../../std/shared.ts'
import { fromRfc3339 } from '../../std/time.ts'
import { annotations, labels } from '../names.ts'
import { factsAbove, noneAbove } from './above.ts'
import type { Above } from './above.ts'
import { hasItsChain, hasItsRoots, hashContent, readContent } from './content.ts'
import type { Content, ContentSource } from './content.ts'

export type SecretProjection = CertificateSecret | NextKeySecret | ListSecret | OtherSecret

interface Common {
  readonly resourceVersion: string
  readonly uid: string
}

export interface CertificateSecret extends Common {
  readonly role: 'certificate'
  readonly view: SecretView
  /** What stands above the leaf. */
  readonly chain: Above['chain']
  readonly unreadAbove: Above['unreadAbove']
  readonly content: Content | undefined
  readonly ownerReferences: readonly OwnerReference[]
}

export interface NextKeySecret extends Common {
  readonly role: 'next-key'
  readonly certificateName: string | undefined
  readonly pending: PendingView
}

/** A list of revoked certificates, which is public. */
export interface ListSecret extends Common {
  readonly role: 'list'
  /** DER. */
  readonly crl: Uint8Array
}

export interface OtherSecret extends Common {
  readonly role: 'other'
}

/** What is known of entries without reading them, because whoever wrote them read or made them before. */
export interface KnownEntries {
  /** Base64, as they were written. */
  readonly data: Readonly<Record<string, string>>
  readonly certificate?: CertificateFacts
  readonly key: KeyFacts
}

/**
 * Projects a Secret as the API server sent it. Never throws: what cannot be read is said to be damaged.
 *
 * @param known - spares reading the entries that came back as they were written
 */
export function projectSecret(secret: Secret, known?: KnownEntries): SecretProjection {
  const common = { resourceVersion: secret.metadata.resourceVersion ?? '', uid: secret.metadata.uid ?? '' }
  switch (secret.metadata.labels?.[labels.managed]) {
    case 'certificate':
      return projectCertificate(secret, common, known)
    case 'next-key':
      return {
        ...common,
        role: 'next-key',
        certificateName: secret.metadata.annotations?.[annotations.certificateName],
        pending: pendingView(secret, known),
      }
    case 'issuer':
      return projectIssuerSecret(secret, common)
    default:
      return { ...common, role: 'other' }
  }
}

/** Of what issuers keep for themselves only what anybody may see is kept. */
function projectIssuerSecret({ data }: Secret, common: Common): ListSecret | OtherSecret {
  const crl = data?.['ca.crl']
  return crl === undefined
    ? { ...common, role: 'other' }
    : { ...common, role: 'list', crl: new Uint8Array(Buffer.from(crl, 'base64')) }
}

const nobody: readonly OwnerReference[] = []

function projectCertificate(secret: Secret, common: Common, known: KnownEntries | undefined): CertificateSecret {
  const { 'tls.crt': certificate, 'tls.key': key } = secret.data ?? {}
  const { chain, unreadAbove } = aboveIn(certificate)
  const content = readContent(secret.metadata.annotations?.[annotations.content])
  // Each field by its name: a spread before new fields costs a hidden class for each object (V8 of Node 20).
  return {
    resourceVersion: common.resourceVersion,
    uid: common.uid,
    role: 'certificate',
    content,
    ownerReferences: compact(secret.metadata.ownerReferences ?? nobody),
    chain,
    unreadAbove,
    view: {
      resourceVersion: common.resourceVersion,
      owner: secret.metadata.annotations?.[annotations.certificateName],
      certificate: asIssued(
        knownPart(certificate, known?.data['tls.crt'], known?.certificate) ?? certificatePart(certificate),
        content,
        contentSource(secret),
      ),
      key: knownPart(key, known?.data['tls.key'], known?.key) ?? keyPart(key),
      intact: content !== undefined && content.hash === hashContent(content, contentSource(secret)),
      marks: marksOf(secret.metadata.annotations ?? {}),
    },
  }
}

/** The parts of a Secret that its content annotation speaks of. */
function contentSource(secret: Secret): ContentSource {
  return {
    data: secret.data ?? {},
    labels: secret.metadata.labels ?? {},
    annotations: secret.metadata.annotations ?? {},
  }
}

function marksOf(notes: Readonly<Record<string, string>>): SecretMarks {
  const issuedAt = notes[annotations.issuedAt]
  return {
    requestHash: sharedNote(notes[annotations.requestHash]),
    outputsHash: sharedNote(notes[annotations.outputsHash]),
    issuerRef: markedIssuer(notes),
    issuedAt: issuedAt === undefined ? undefined : fromRfc3339(issuedAt),
    renewRequest: notes[annotations.renew],
  }
}

/** Certificates under one issuer, or with the same outputs, are many. */
const sharedNote = (note: string | undefined): string | undefined => note && sharedText(note)
const issuers = new Shared<IssuerRef>(256)

function markedIssuer(notes: Readonly<Record<string, string>>): IssuerRef | undefined {
  const name = notes[annotations.issuerName]
  const kind = notes[annotations.issuerKind]
  const group = notes[annotations.issuerGroup] ?? 'perennial.dev'
  if (name === undefined || (kind !== 'Issuer' && kind !== 'ClusterIssuer')) return undefined
  return issuers.of(`${kind}/${name}/${group}`, { name, kind, group })
}

function certificatePart(base64: string | undefined): Part<CertificateFacts> {
  if (base64 === undefined || base64 === '') return { kind: 'missing' }
  const certificates = readCertificates(decodeText(base64))
  if (!certificates.ok) return { kind: 'damaged', message: certificates.error }
  const leaf = certificates.value[0]
  if (leaf === undefined) return { kind: 'missing' }
  const facts = certificateFacts(leaf)
  return facts.ok ? { kind: 'ok', facts: facts.value } : { kind: 'damaged', message: facts.error }
}

function aboveIn(base64: string | undefined): Above {
  const certificates = readCertificates(decodeText(base64 ?? ''))
  return certificates.ok ? factsAbove(certificates.value) : noneAbove
}

/** Intermediates and what lies in `ca.crt` came from the issuer, and only issuance brings them back. */
function asIssued(
  part: Part<CertificateFacts>,
  content: Content | undefined,
  source: ContentSource,
): Part<CertificateFacts> {
  if (part.kind !== 'ok' || content === undefined) return part
  if (!hasItsChain(content, source)) return { kind: 'damaged', message: 'it is not the chain that was issued' }
  if (hasItsRoots(content, source)) return part
  return { kind: 'damaged', message: 'the ca.crt beside it is missing or is not the one that it was issued with' }
}

function knownPart<F>(
  base64: string | undefined,
  written: string | undefined,
  facts: F | undefined,
): Part<F> | undefined {
  return facts !== undefined && base64 !== undefined && base64 === written ? { kind: 'ok', facts } : undefined
}

function keyPart(base64: string | undefined): Part<KeyFacts> {
  if (base64 === undefined || base64 === '') return { kind: 'missing' }
  const facts = keyFacts(decodeText(base64))
  return facts.ok ? { kind: 'ok', facts: facts.value } : { kind: 'damaged', message: facts.error }
}

function pendingView(secret: Secret, known: KnownEntries | undefined): PendingView {
  const base64 = secret.data?.['tls.key']
  const key = knownPart(base64, known?.data['tls.key'], known?.key) ?? keyPart(base64)
  return {
    resourceVersion: secret.metadata.resourceVersion ?? '',
    key: key.kind === 'ok' ? key.facts : undefined,
    keepsRequest: secret.data?.['request'] !== undefined,
  }
}

function decodeText(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}
