/**
 * Whose signature counts on a reply (RFC 9483 section 3.5, RFC 9810 section 8.9). It is not enough that a certificate leads to the
 * CA: everybody whom the CA ever gave a certificate has one. The signer must be the CA itself, or one whom it made its
 * registration authority, or the one that the issuer's spec names.
 */
import type { CertificateFacts } from '../../domain/facts.ts'
import { formatDistinguishedName } from '../../domain/name.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import { assembleChain } from '../../pki/chain.ts'
import { verifyPlain } from '../../pki/cms/verify.ts'
import type { DerElement } from '../../pki/der.ts'
import { isKeyUsage } from '../../pki/usages.ts'
import type { Der } from '../../std/bytes.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import type { Instant } from '../../std/time.ts'
import type { ReplyDefect } from './faults.ts'
import type { Received } from './message.ts'
import type { Protector } from './protection.ts'

export interface Trusted {
  /** Where a path must end: the spec's, or the CAs of the certificate that is being renewed. */
  readonly anchors: readonly Der[]
  /** Of the spec; lower-case hex. */
  readonly signerFingerprint: string | undefined
  /** Certificates that came in earlier messages: later ones often leave them out. */
  readonly seen: readonly Der[]
}

/** Certificates of earlier replies whose signature counted. Bounded: a CA may change its signers for ever. */
export class Acquaintances {
  readonly #known = new Map<string, Der>()

  get all(): readonly Der[] {
    return [...this.#known.values()]
  }

  meet(certificates: readonly Der[]): void {
    for (const certificate of certificates) {
      const facts = certificateFacts(certificate)
      if (!facts.ok || this.#known.has(facts.value.fingerprint)) continue
      this.#known.set(facts.value.fingerprint, certificate)
      const [oldest] = this.#known.keys()
      if (this.#known.size > mostAcquaintances && oldest !== undefined) this.#known.delete(oldest)
    }
  }
}

const mostAcquaintances = 20

export interface Defective {
  readonly defect: ReplyDefect
  readonly why: string
}

const defective = (defect: ReplyDefect, why: string): { readonly ok: false; readonly error: Defective } =>
  err({ defect, why })

interface Candidate {
  readonly der: Der
  readonly facts: CertificateFacts
}

/** @returns the certificate that signed, once it is known to be one that may */
export function signerOfReply(
  reply: Received,
  algorithm: DerElement,
  { trusted, now }: { readonly trusted: Trusted; readonly now: Instant },
): Result<Candidate, Defective> {
  const candidates = readAll([...reply.extraCerts, ...trusted.seen, ...trusted.anchors])
  const signed = {
    data: reply.protectedPart,
    signature: reply.protection ?? new Uint8Array(),
    algorithm,
  }
  let why = 'the reply brings no certificate that could have signed it; add that to spec.cmp.caBundle'
  for (const candidate of byKeyId(candidates, reply.header.senderKID)) {
    const holds = verifyPlain(signed, candidate.der)
    if (holds.ok) return judge(candidate, candidates, { trusted, now })
    why = `the signature of the reply does not hold: ${holds.error}`
  }
  return defective('signature', why)
}

const readAll = (ders: readonly Der[]): readonly Candidate[] =>
  ders.flatMap((der) => {
    const facts = certificateFacts(der)
    return facts.ok ? [{ der, facts: facts.value }] : []
  })

/** The key identifier says where to begin, no more: some send ours back, some none. */
function byKeyId(candidates: readonly Candidate[], keyId: Uint8Array | undefined): readonly Candidate[] {
  const hex = Buffer.from(keyId ?? []).toString('hex')
  const isNamed = ({ facts }: Candidate): boolean => facts.subjectKeyId === hex
  return [...candidates.filter(isNamed), ...candidates.filter((one) => !isNamed(one))]
}

function judge(
  candidate: Candidate,
  candidates: readonly Candidate[],
  { trusted, now }: { readonly trusted: Trusted; readonly now: Instant },
): Result<Candidate, Defective> {
  const { facts } = candidate
  const { signerFingerprint: pin } = trusted
  const name = formatDistinguishedName(facts.subject).slice(0, 100)
  if (now >= facts.notAfter || now < facts.notBefore)
    return defective('signer', `the reply is signed with a certificate that is not valid now, that of "${name}"`)
  if (pin !== undefined)
    return facts.fingerprint === pin.toLowerCase()
      ? ok(candidate)
      : defective(
          'signer',
          `the reply is signed by "${name}" (${facts.fingerprint}), whose certificate is not that of spec.cmp.signerFingerprint; if the CA has really changed it, set that`,
        )
  if (!mayIssueOrSign(facts))
    return defective('signer', `the reply is signed by "${name}", whose certificate is not for signatures`)
  if (!leadsTo(candidate, candidates, trusted.anchors))
    return defective(
      'signer',
      trusted.anchors.length === 0
        ? `the reply is signed by "${name}", and no CA is known that could vouch for it; set spec.cmp.caBundle`
        : `the reply is signed by "${name}", whose certificate does not lead to a trusted CA; if that is right, add its CA to spec.cmp.caBundle`,
    )
  if (!isAuthorised(candidate, trusted.anchors))
    return defective(
      'signer',
      `the reply is signed by "${name}", whom the CA gave a certificate but no authority; if it does speak for the CA, set spec.cmp.signerFingerprint to ${facts.fingerprint}`,
    )
  return ok(candidate)
}

/** Key usage counts where the certificate has one. */
const mayIssueOrSign = ({ usages }: CertificateFacts): boolean => {
  const keyUsages = usages.filter(isKeyUsage)
  return keyUsages.length === 0 || usages.includes('digital signature') || usages.includes('cert sign')
}

function leadsTo({ der, facts }: Candidate, candidates: readonly Candidate[], anchors: readonly Der[]): boolean {
  if (anchors.some((anchor) => Buffer.compare(anchor, der) === 0)) return true
  // Every anchor may end the path, self-signed or not: a CA that issued what we hold is trusted without its root.
  const chain = assembleChain({
    certificates: [der, ...candidates.map((one) => one.der)],
    publicKeyHash: facts.publicKeyHash,
    roots: anchors,
  })
  return (
    chain.ok &&
    [...chain.value.intermediates, ...(chain.value.root === undefined ? [] : [chain.value.root])].some((member) =>
      anchors.some((anchor) => Buffer.compare(anchor, member) === 0),
    )
  )
}

/** id-kp-cmcCA and id-kp-cmcRA (RFC 6402 section 2.10). */
const authorities: ReadonlySet<string> = new Set(['1.3.6.1.5.5.7.3.27', '1.3.6.1.5.5.7.3.28'])

function isAuthorised({ der, facts }: Candidate, anchors: readonly Der[]): boolean {
  return (
    facts.isCA ||
    facts.usages.some((usage) => authorities.has(usage)) ||
    anchors.some((anchor) => Buffer.compare(anchor, der) === 0)
  )
}

interface Vouched {
  readonly anchors: readonly Der[]
  readonly protector: Protector
}

/** @returns the anchors of a transaction: the spec's, else the CAs of the certificate that signs its messages */
export const anchorsOf = ({ anchors, protector }: Vouched, offered: readonly Der[]): readonly Der[] =>
  anchors.length > 0 || protector.kind !== 'signature' ? anchors : issuersOf(protector.signer.identity.chain, offered)

/** @returns whether a certificate leads to an anchor of the transaction */
export function isTrustedSigner(vouched: Vouched, certificate: Der, offered: readonly Der[]): boolean {
  const [candidate] = readAll([certificate])
  const anchors = anchorsOf(vouched, offered)
  return candidate !== undefined && leadsTo(candidate, readAll(offered), anchors)
}

/**
 * The CAs that vouch for a renewal where the spec names none: whoever signed the certificate that is being renewed. Found by
 * signature, among its own chain and what the reply brings.
 */
export function issuersOf(chain: readonly Der[], offered: readonly Der[]): readonly Der[] {
  const [leaf] = chain
  const facts = leaf === undefined ? undefined : certificateFacts(leaf)
  if (leaf === undefined || facts?.ok !== true) return []
  const path = assembleChain({ certificates: [...chain, ...offered], publicKeyHash: facts.value.publicKeyHash })
  if (!path.ok) return []
  const { intermediates, root } = path.value
  return [...intermediates, ...(root === undefined || facts.value.selfSigned ? [] : [root])]
}
