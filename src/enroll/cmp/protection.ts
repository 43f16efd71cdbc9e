/** Who protects our messages, and how (RFC 9810 section 5.1.3). */
import type { Identity } from '../enroller.ts'
import type { CertificateFacts } from '../../domain/facts.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import { encodeName } from '../../pki/names.ts'
import { signatureFor } from '../../pki/signature.ts'
import { identifierOf } from '../../pki/cms/identifier.ts'
import type { Der } from '../../std/bytes.ts'
import type { SecretText } from '../../std/secret.ts'
import { freshMac } from './mac.ts'
import type { MacWish } from './mac.ts'

/** A secret that the CA's administrator gave out, and the name that it goes by there. */
export interface SharedSecret {
  readonly secret: SecretText
  /** Octets for senderKID. */
  readonly reference: Uint8Array
  readonly mac: MacWish
}

/** A certificate of ours with its key. */
export interface Signer {
  readonly identity: Identity
  readonly certificate: Der
  readonly facts: CertificateFacts
}

export type Protector =
  { readonly kind: 'secret'; readonly shared: SharedSecret } | { readonly kind: 'signature'; readonly signer: Signer }

/** What the header must say of a protection, before it is computed over the header. */
export interface Sealing {
  /** Name, DER. */
  readonly sender: Der
  readonly senderKID: Uint8Array
  /** AlgorithmIdentifier, DER. */
  readonly algorithm: Der
  /** In words. */
  readonly words: string
  /** Certificates that whoever checks will need, own one first. */
  readonly certificates: readonly Der[]
  seal(protectedPart: Uint8Array): Promise<Uint8Array>
}

export function sealingOf(protector: Protector): Sealing {
  return protector.kind === 'secret' ? byMac(protector.shared) : bySignature(protector.signer)
}

/** A sender whose name nobody certified is the NULL-DN; the reference says who it is (RFC 9483 section 3.1). */
function byMac({ secret, reference, mac }: SharedSecret): Sealing {
  const ours = freshMac(mac, secret)
  return {
    sender: encodeName([]),
    senderKID: reference,
    algorithm: ours.identifier,
    words: ours.words,
    certificates: [],
    seal: (part) => Promise.resolve(ours.compute(part)),
  }
}

function bySignature({ identity, certificate, facts }: Signer): Sealing {
  const { key, chain } = identity
  const { hash, identifier } = signatureFor(key.shape)
  return {
    sender: identifierOf(certificate).subject,
    senderKID: keyIdOf(facts),
    algorithm: identifier,
    words: `signature, ${key.shape.algorithm} ${key.shape.size}, ${hash}`,
    certificates: [certificate, ...chain.filter((one) => one !== certificate && !isRoot(one))],
    seal: (part) => key.sign(part, hash),
  }
}

/** Whoever checks has the roots that he trusts (RFC 9483 section 3.3). */
function isRoot(der: Der): boolean {
  const facts = certificateFacts(der)
  return facts.ok && facts.value.selfSigned
}

/** A certificate without a key identifier gets one by method 1 of RFC 7093, which keeps SHA-1 out. */
const keyIdOf = ({ subjectKeyId, publicKeyHash }: CertificateFacts): Uint8Array =>
  subjectKeyId === undefined ? Buffer.from(publicKeyHash, 'hex').subarray(0, 20) : Buffer.from(subjectKeyId, 'hex')

/** @returns who signs with the key of an identity; undefined where none of its certificates is of that key */
export function signerOf(identity: Identity): Signer | undefined {
  for (const certificate of identity.chain) {
    const facts = certificateFacts(certificate)
    if (facts.ok && facts.value.publicKeyHash === identity.key.publicKeyHash)
      return { identity, certificate, facts: facts.value }
  }
  return undefined
}
