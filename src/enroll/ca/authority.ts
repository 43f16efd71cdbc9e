/** Reads the Secret of a CA issuer: a CA certificate, what leads from it to a root, and the key that signs. */
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import type { CertificateFacts } from '../../domain/facts.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import { assembleChain } from '../../pki/chain.ts'
import { readSigner } from '../../pki/signer.ts'
import type { Signer, SignerUrls } from '../../pki/signer.ts'
import { readPrivateKey } from '../../pki/key.ts'
import { pemLimits, readCertificates } from '../../pki/pem.ts'
import { keyUsageFlags } from '../../pki/usages.ts'
import type { Der } from '../../std/bytes.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'

/** A CA whose key this process holds. */
export interface Authority {
  readonly facts: CertificateFacts
  readonly signer: Signer
  /** The CA certificate and what leads from it towards its root, without a self-signed root. */
  readonly chain: readonly Der[]
  /** Empty when the Secret does not hold the root. */
  readonly roots: readonly Der[]
}

export interface AuthoritySource {
  /** For sentences: the Secret that is read. */
  readonly secretName: string
  readonly data: Readonly<Record<string, Uint8Array>>
  readonly urls: SignerUrls
}

/**
 * @param source - `tls.crt` (the CA certificate, possibly followed by its issuers), `tls.key`, and optionally `ca.crt` (roots)
 * @returns the authority, or a fault that says which entry of the Secret cannot work and why
 */
export function readAuthority(source: AuthoritySource): Result<Authority, Fault> {
  const say = (entry: string, complaint: string): { readonly ok: false; readonly error: Fault } =>
    err(fault('Misconfigured', `Secret "${source.secretName}" cannot be used as a CA: ${entry} ${complaint}`))

  const certificates = readCertificates(entryText(source, 'tls.crt'))
  if (!certificates.ok) return say('tls.crt', `holds no readable certificate: ${certificates.error}`)
  const key = readPrivateKey(entryText(source, 'tls.key'))
  if (!key.ok) return say('tls.key', `holds no readable private key: ${key.error}`)
  const anchors = readAnchors(source)
  if (!anchors.ok) return say('ca.crt', `holds no readable certificate: ${anchors.error}; mend or remove it`)
  const path = assembleChain({
    certificates: certificates.value,
    publicKeyHash: key.value.publicKeyHash,
    roots: anchors.value,
  })
  if (!path.ok) return say('tls.crt', `does not fit tls.key: ${path.error}`)
  const { leaf, intermediates, root } = path.value
  const facts = certificateFacts(leaf)
  if (!facts.ok) return say('tls.crt', `cannot be read: ${facts.error}`)
  const complaint = notACa(facts.value)
  if (complaint !== undefined) return say('tls.crt', complaint)
  const signer = readSigner({ certificate: leaf, key: key.value, urls: source.urls })
  if (!signer.ok) return say('tls.crt', `cannot be read: ${signer.error}`)
  const chain = facts.value.selfSigned ? [] : [leaf, ...intermediates]
  return ok({
    facts: facts.value,
    signer: signer.value,
    chain,
    roots: facts.value.selfSigned ? [leaf] : root === undefined ? [] : [root],
  })
}

function readAnchors(source: AuthoritySource): Result<readonly Der[], string> {
  const text = entryText(source, 'ca.crt')
  return text.trim() === '' ? ok([]) : readCertificates(text, pemLimits.bundle)
}

const entryText = ({ data }: AuthoritySource, entry: string): string => Buffer.from(data[entry] ?? []).toString('utf8')

/** RFC 5280 sections 4.2.1.3 and 4.2.1.9: only cA with keyCertSign may sign certificates. */
function notACa(facts: CertificateFacts): string | undefined {
  if (!facts.isCA)
    return 'is not a CA certificate (basic constraints do not say CA:TRUE); put a certificate made with isCA: true there'
  const hasKeyUsage = keyUsageFlags(facts.usages) !== 0
  if (hasKeyUsage && !facts.usages.includes('cert sign'))
    return 'may not sign certificates (its key usage lacks "cert sign"); put a certificate with that usage there'
  return undefined
}
