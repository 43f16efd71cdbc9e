/** What a request asks for: CRMF (RFC 4211) or PKCS #10. */
import { createPublicKey } from 'node:crypto'
import type { DistinguishedName, SubjectName } from '../../../src/domain/wanted.ts'
import { encodeElement, tags } from '../../../src/pki/der.ts'
import type { DerElement } from '../../../src/pki/der.ts'
import { readOid, readTime } from '../../../src/pki/readder.ts'
import { readGeneralNames, readName } from '../../../src/pki/readnames.ts'
import type { Der } from '../../../src/std/bytes.ts'
import type { Instant } from '../../../src/std/time.ts'
import { readCsr } from '../scep-server/csr.ts'
import { isSigned } from './protection.ts'
import { elementOf, inside, signedIn } from './wire.ts'

export interface Request {
  readonly certReqId: number
  readonly subject: DistinguishedName
  readonly names: readonly SubjectName[]
  /** Undefined where the CA shall make the key. */
  readonly publicKey: Der | undefined
  readonly notAfter: Instant | undefined
  /** `none` without a key; `raVerified` when somebody else has looked. */
  readonly proof: 'signature' | 'raVerified' | 'none' | 'broken'
  /** Issuer and serial number of the certificate that is replaced, DER of a CertId's content. */
  readonly oldCertId: Der | undefined
}

/** @param body - CertReqMessages */
export function readCrmf(body: DerElement): Request {
  const [message, ...more] = inside(body)
  if (more.length > 0) throw new Error('there are several requests')
  const [request, proof] = inside(message)
  const [id, template, controls] = inside(request)
  const field = (number: number): DerElement | undefined =>
    inside(template).find(({ tag }) => (tag & 0x1f) === number && (tag & 0x80) !== 0)
  const key = field(6)
  const publicKey = key && encodeElement(tags.sequence, key.content)
  const [subject] = inside(field(5))
  const [, notAfter] = inside(field(4))
  return {
    certReqId: signedIn(id),
    subject: readName(subject, 'subject'),
    names: namesIn(inside(field(9))),
    publicKey,
    notAfter: notAfter && readTime(inside(notAfter)[0], 'notAfter'),
    proof: proofOf(proof, request, publicKey),
    oldCertId: inside(controls)
      .map((control) => inside(control))
      .find(([type]) => readOid(type, 'control') === '1.3.6.1.5.5.7.5.1.5')?.[1]?.encoded,
  }
}

function proofOf(
  proof: DerElement | undefined,
  request: DerElement | undefined,
  publicKey: Der | undefined,
): Request['proof'] {
  if (proof === undefined || request === undefined) return 'none'
  if (proof.tag === 0x80) return 'raVerified'
  const [identifier, signature] = inside(proof)
  if (identifier === undefined || publicKey === undefined) return 'broken'
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
  const holds = isSigned(identifier, {
    data: request.encoded,
    signature: signature?.content.subarray(1) ?? new Uint8Array(),
    key,
  })
  return holds ? 'signature' : 'broken'
}

function namesIn(extensions: readonly DerElement[]): readonly SubjectName[] {
  const names = extensions.find((one) => readOid(inside(one)[0], 'extension') === '2.5.29.17')
  const value = inside(names).at(-1)
  return value === undefined ? [] : readGeneralNames(elementOf(value.content), 'names')
}

/** @param body - CertificationRequest */
export function readPkcs10(body: DerElement): Request {
  const csr = readCsr(body.encoded)
  if (csr === undefined) throw new Error('this is no PKCS #10 request')
  return {
    certReqId: -1,
    subject: csr.subject,
    names: csr.names,
    publicKey: csr.publicKey,
    notAfter: undefined,
    proof: csr.isProven ? 'signature' : 'broken',
    oldCertId: undefined,
  }
}
