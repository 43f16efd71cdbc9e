/** What comes back with a certificate, or with word of one: CertRepMessage (RFC 9810 section 5.3.4), PollRepContent (5.3.22). */
import { tags } from '../../pki/der.ts'
import type { DerElement } from '../../pki/der.ts'
import { childrenOf, Malformed, onlyChild } from '../../pki/readder.ts'
import type { Der } from '../../std/bytes.ts'
import { readStatus } from './status.ts'
import type { StatusInfo } from './status.ts'
import { integerOf, textsOf } from './values.ts'
import { clip } from '../../std/text.ts'

export interface CertResponse {
  readonly certReqId: number
  readonly status: StatusInfo
  readonly certificate: Der | undefined
  /** The certificate came encrypted, which proves possession of a key that cannot sign. */
  readonly isEncrypted: boolean
  /** EncryptedKey: the private key that the CA made. */
  readonly privateKey: DerElement | undefined
}

export interface CertRep {
  readonly caPubs: readonly Der[]
  readonly responses: readonly CertResponse[]
}

/** @param content - CertRepMessage; throws Malformed */
export function readCertRep(content: DerElement): CertRep {
  const fields = childrenOf(content, 'reply')
  const caPubs = fields.find(({ tag }) => tag === 0xa1)
  const responses = fields.find(({ tag }) => tag === tags.sequence)
  return {
    caPubs: caPubs === undefined ? [] : certificatesOf(onlyChild(caPubs.content, 'caPubs')),
    responses: childrenOf(responses, 'responses').map(readResponse),
  }
}

const mostCertificates = 40

/** @param list - SEQUENCE OF CMPCertificate */
export function certificatesOf(list: DerElement): readonly Der[] {
  const certificates = childrenOf(list, 'certificates')
  if (certificates.length > mostCertificates) throw new Malformed(`it brings ${certificates.length} certificates`)
  return certificates.map(({ encoded }) => encoded)
}

function readResponse(element: DerElement): CertResponse {
  const [certReqId, status, pair] = childrenOf(element, 'response')
  const parts = pair?.tag === tags.sequence ? childrenOf(pair, 'certified key pair') : []
  const [certificate] = parts
  const privateKey = parts.slice(1).find(({ tag }) => tag === 0xa0)
  return {
    certReqId: integerOf(certReqId, 'certReqId'),
    status: readStatus(status),
    certificate: certificate?.tag === 0xa0 ? onlyChild(certificate.content, 'certificate').encoded : undefined,
    isEncrypted: certificate?.tag === 0xa1,
    privateKey: privateKey && onlyChild(privateKey.content, 'private key'),
  }
}

export interface PollRep {
  readonly certReqId: number
  /** Seconds; anything that six octets hold. */
  readonly checkAfter: number
  readonly reason: string
}

/** @param content - PollRepContent; throws Malformed */
export function readPollRep(content: DerElement): PollRep {
  const [first] = childrenOf(content, 'reply to a poll')
  const [certReqId, checkAfter, reason] = childrenOf(first, 'reply to a poll')
  return {
    certReqId: integerOf(certReqId, 'certReqId'),
    checkAfter: integerOf(checkAfter, 'checkAfter'),
    reason: clip(textsOf(reason).join('; ')),
  }
}

/** @param content - RevRepContent; throws Malformed */
export function readRevocation(content: DerElement): StatusInfo {
  const [statuses] = childrenOf(content, 'reply to a revocation')
  const [first] = childrenOf(statuses, 'reply to a revocation')
  return readStatus(first)
}
