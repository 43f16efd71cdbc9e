/**
 * What a Certificate's Secrets look like: objects to create and patches to apply, computed without touching anything.
 */
import type { Certificate } from '../../api/certificate.ts'
import type { OwnerReference, Secret } from '../../api/meta.ts'
import type { CertificateFacts, KeyFacts } from '../../domain/facts.ts'
import type { RequestedWish } from '../../domain/snapshot.ts'
import type { PrivateKey } from '../../pki/key.ts'
import { annotations, labels, nextKeySecretName } from '../names.ts'
import { describeContent, writeContent } from './content.ts'
import type { CertificateSecret } from './projection.ts'

/** What is to be written: entries and marks, without the bookkeeping. */
export interface Rendering {
  readonly certificate: Certificate
  readonly wish: RequestedWish
  /** Entries, base64. */
  readonly data: Readonly<Record<string, string>>
  /** What `data` says, where it is known already. */
  readonly facts?: { readonly certificate: CertificateFacts; readonly key: KeyFacts } | undefined
  /** Annotations with the facts and marks of the certificate. */
  readonly marks: Readonly<Record<string, string>>
}

/** Ours: it carries the mark, or it names this Certificate although the mark was taken off. */
export function isOurs(secret: Secret, certificateName: string): boolean {
  const mark = secret.metadata.labels?.[labels.managed]
  if (mark !== undefined) return mark === 'certificate'
  return secret.metadata.annotations?.[annotations.certificateName] === certificateName
}

export function withMark(secret: Secret): Secret {
  return {
    ...secret,
    metadata: { ...secret.metadata, labels: { ...secret.metadata.labels, [labels.managed]: 'certificate' } },
  }
}

export function newSecret(rendering: Rendering): Secret {
  const { certificate, wish, data } = rendering
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      namespace: certificate.metadata.namespace ?? '',
      name: certificate.spec.secretName,
      ...dress(rendering),
      ...(wish.deletionPolicy === 'Delete' ? { ownerReferences: [ownerReference(certificate)] } : {}),
    },
    type: 'kubernetes.io/tls',
    data: { ...data },
  }
}

/** Labels and annotations: the template's first, ours over them. */
function dress({ certificate, data, marks }: Rendering): {
  labels: Record<string, string>
  annotations: Record<string, string>
} {
  const template = certificate.spec.secretTemplate
  const own = { labels: { ...template?.labels }, annotations: { ...template?.annotations, ...marks } }
  const content = describeContent({ data, ...own })
  return {
    labels: { ...own.labels, [labels.managed]: 'certificate' },
    annotations: { ...own.annotations, [annotations.content]: writeContent(content) },
  }
}

export interface SecretPatch {
  readonly metadata: object
  readonly data: object
}

/** A merge patch that sets what is wanted and removes what we wrote before and no longer want; strangers' parts stay. */
export function patchFor(rendering: Rendering, current: CertificateSecret): SecretPatch {
  const dressed = dress(rendering)
  const old = current.content
  return {
    metadata: {
      labels: { ...removals(old?.labels, dressed.labels), ...dressed.labels },
      annotations: { ...removals(old?.annotations, dressed.annotations), ...dressed.annotations },
      ownerReferences: ownersFor(rendering, current),
    },
    data: { ...removals(old?.entries, rendering.data), ...rendering.data },
  }
}

function removals(old: readonly string[] = [], wanted: Readonly<Record<string, string>>): Record<string, null> {
  return Object.fromEntries(old.filter((key) => !(key in wanted)).map((key) => [key, null]))
}

function ownersFor({ certificate, wish }: Rendering, current: CertificateSecret): readonly OwnerReference[] {
  const others = current.ownerReferences.filter((owner) => owner.uid !== certificate.metadata.uid)
  return wish.deletionPolicy === 'Delete' ? [...others, ownerReference(certificate)] : others
}

function ownerReference(certificate: Certificate): OwnerReference {
  const { name, uid = '' } = certificate.metadata
  return { apiVersion: certificate.apiVersion, kind: certificate.kind, name, uid, controller: false }
}

/**
 * What the decision to write a Secret was made on: which one it is, that it is ours, and what it holds. Everything else may change
 * meanwhile.
 */
export const basisOfSecret = [
  ['metadata', 'uid'],
  ['metadata', 'labels', labels.managed],
  ['metadata', 'annotations', annotations.certificateName],
  ['metadata', 'annotations', annotations.content],
  ['data', 'tls.crt'],
  ['data', 'tls.key'],
] as const

/** The Secret that keeps the key of the enrollment that is about to start. */
export function nextKeySecret(certificate: Certificate, key: PrivateKey): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...nextKeyRef(certificate),
      labels: { [labels.managed]: 'next-key' },
      annotations: { [annotations.certificateName]: certificate.metadata.name },
      ownerReferences: [ownerReference(certificate)],
    },
    type: 'perennial.dev/next-key',
    data: { 'tls.key': Buffer.from(key.toPem('PKCS8')).toString('base64') },
  }
}

export function nextKeyRef(certificate: Certificate): { namespace: string; name: string } {
  const { namespace = '', name, uid = '' } = certificate.metadata
  return { namespace, name: nextKeySecretName(name, uid) }
}
