/**
 * Whether the certificate in a Secret of cert-manager answers a Certificate of ours, and the marks that tell the operator so. With
 * them it finds its own Secret there, and nothing to ask a CA for. Pure.
 */
import type { Certificate } from '../../../api/certificate.ts'
import type { OwnerReference, Secret } from '../../../api/meta.ts'
import { annotations, labels } from '../../../controllers/names.ts'
import type { CertificateFacts } from '../../../domain/facts.ts'
import { flawOf } from '../../../domain/verify.ts'
import { readWish } from '../../../domain/wish.ts'
import { certificateFacts } from '../../../pki/certificate.ts'
import { shortHash } from '../../../pki/hash.ts'
import { readCertificates } from '../../../pki/pem.ts'
import { err, ok } from '../../../std/result.ts'
import type { Result } from '../../../std/result.ts'
import type { Instant } from '../../../std/time.ts'
import { originAnnotation } from './convert.ts'
import { foreignGroup } from './foreign.ts'

export interface Adoption {
  readonly kind: 'adopt'
  readonly namespace: string
  readonly name: string
  readonly resourceVersion: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Those that stay: with an owner of cert-manager the Secret would go when that goes. */
  readonly ownerReferences: readonly OwnerReference[]
  /** Why its certificate is not what is asked for: the operator will get another in its place. */
  readonly unfit?: string
}

export type Adopted =
  | Adoption
  /** Marked already. */
  | { readonly kind: 'ours' }
  | { readonly kind: 'absent' }

interface Candidate {
  readonly certificate: Certificate
  /** Of the Certificate that will own it. */
  readonly name: string
  readonly secret: Secret | undefined
  readonly now: Instant
}

export function adoption({ certificate, name, secret, now }: Candidate): Adopted {
  if (secret === undefined) return { kind: 'absent' }
  const { metadata } = secret
  if (metadata.annotations?.[originAnnotation] !== undefined) return { kind: 'ours' }
  const { issuerRef } = certificate.spec
  const answer = answerIn(secret, certificate, now)
  return {
    kind: 'adopt',
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    resourceVersion: metadata.resourceVersion ?? '',
    labels: { [labels.managed]: 'certificate' },
    annotations: {
      [annotations.certificateName]: name,
      [annotations.issuerName]: issuerRef.name,
      [annotations.issuerKind]: issuerRef.kind,
      [annotations.issuerGroup]: issuerRef.group,
      ...(answer.ok ? { [annotations.requestHash]: answer.value } : {}),
      [originAnnotation]: certificate.metadata.annotations?.[originAnnotation] ?? foreignGroup,
    },
    ownerReferences: (metadata.ownerReferences ?? []).filter((owner) => !owner.apiVersion.startsWith(foreignGroup)),
    ...(answer.ok ? {} : { unfit: answer.error }),
  }
}

/** @returns the hash of the wish that the certificate answers; or why it answers another */
function answerIn(secret: Secret, { spec }: Certificate, now: Instant): Result<string, string> {
  const wish = readWish(spec)
  if (!wish.ok) return wish
  const leaf = leafOf(secret)
  if (leaf === undefined) return err('its Secret holds no certificate that can be read')
  const flaw = flawOf({ wanted: wish.value.wanted, publicKeyHash: leaf.publicKeyHash, facts: leaf }, now)
  return flaw === undefined ? ok(shortHash(wish.value.requestText)) : err(`the one that is there ${flaw.clause}`)
}

function leafOf({ data }: Secret): CertificateFacts | undefined {
  const chain = readCertificates(Buffer.from(data?.['tls.crt'] ?? '', 'base64').toString('utf8'))
  const [leaf] = chain.ok ? chain.value : []
  const facts = leaf === undefined ? undefined : certificateFacts(leaf)
  return facts?.ok === true ? facts.value : undefined
}
