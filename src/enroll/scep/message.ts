/** pkiMessages of the client: SignedData around EnvelopedData around what is asked (RFC 8894 section 3). */
import { buildEnvelopedData } from '../../pki/cms/envelopeddata.ts'
import { buildSignedData } from '../../pki/cms/signeddata.ts'
import { encodeSequence } from '../../pki/der.ts'
import type { Der } from '../../std/bytes.ts'
import type { Instant } from '../../std/time.ts'
import { requestAttributes } from './attributes.ts'
import type { MessageHead } from './attributes.ts'
import type { Algorithms } from './capabilities.ts'
import type { Requester } from './kept.ts'

/** id-data: what the signature covers is the encoded EnvelopedData, and what that covers has a type of its own in the head. */
const data = '1.2.840.113549.1.7.1'

export interface RequestMessage {
  readonly head: MessageHead
  /** What is asked: a PKCS#10 request, or IssuerAndSubject. */
  readonly payload: Der
  readonly requester: Requester
  /** The certificate that the payload is encrypted to. */
  readonly recipient: Der
  readonly algorithms: Pick<Algorithms, 'hash' | 'cipher'>
}

/** @returns a ContentInfo, DER: what goes to the service in a PKIOperation */
export async function buildMessage(request: RequestMessage, now: Instant): Promise<Der> {
  const { requester, algorithms } = request
  const envelope = await buildEnvelopedData({
    content: request.payload,
    contentType: data,
    recipients: [{ kind: 'certificate', certificate: request.recipient, transport: 'RSAES-PKCS1-v1_5' }],
    cipher: algorithms.cipher,
  })
  return buildSignedData({
    content: envelope,
    contentType: data,
    signer: requester,
    hash: algorithms.hash,
    signedAttributes: requestAttributes(request.head, now),
    certificates: [requester.certificate],
  })
}

/**
 * What CertPoll asks with (section 3.3.3).
 *
 * @param names - the subject of the CA that issues (not its issuer), and the subject of the request; Names, DER
 */
export const issuerAndSubject = (names: { readonly issuer: Der; readonly subject: Der }): Der =>
  encodeSequence(names.issuer, names.subject)
