/** The certificate that proves control of a name over TLS (RFC 8737 section 3, for addresses RFC 8738 section 6). */
import type { SubjectName, Wanted } from '../domain/wanted.ts'
import type { Der } from '../std/bytes.ts'
import { days, minus, plus } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import { encodeElement, tags } from './der.ts'
import { extensionType } from './extensions.ts'
import { sha256 } from './hash.ts'
import { issueCertificate } from './issue.ts'
import type { PrivateKey } from './key.ts'
import { selfSigner } from './signer.ts'

const proofOfControl = extensionType('proofOfControl')

/** Nobody looks at the validity, but some would at a certificate that is not valid now. */
const validity = days(1)

/**
 * @param proof.name - the only name that the certificate is for
 * @param proof.keyAuthorization - of RFC 8555 section 8.1, in ASCII; its SHA-256 goes into the certificate
 * @returns the certificate, self-signed, DER
 */
export function proofCertificate(
  proof: { readonly name: SubjectName; readonly keyAuthorization: string },
  key: PrivateKey,
  now: Instant,
): Promise<Der> {
  const wanted: Wanted = {
    subject: [],
    names: [proof.name],
    key: key.shape,
    lifetime: validity,
    usages: [],
    encodeUsagesInRequest: false,
    isCA: false,
  }
  const digest = encodeElement(tags.octetString, sha256(Buffer.from(proof.keyAuthorization, 'ascii')))
  const signer = { ...selfSigner({ wanted, key }), extensions: [proofOfControl.critical(digest)] }
  return issueCertificate({
    wanted,
    publicKey: key.publicKey,
    signer,
    notBefore: minus(now, validity),
    notAfter: plus(now, validity),
  })
}

/** Whether a certificate carries the proof, whatever else it says. */
export function provesControl(certificate: Der, keyAuthorization: string): boolean {
  const digest = encodeElement(tags.octetString, sha256(Buffer.from(keyAuthorization, 'ascii')))
  return Buffer.from(certificate).includes(Buffer.from(proofOfControl.critical(digest)))
}
