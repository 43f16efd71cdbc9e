/** Requests as the server sees them: CRMF (RFC 4211) and PKCS #10 (RFC 2986). */
import type { DistinguishedName, SubjectName, Usage } from '../../../src/domain/wanted.ts'
import type { DerElement } from '../../../src/pki/der.ts'
import { readTime } from '../../../src/pki/readder.ts'
import { readGeneralNames, readName } from '../../../src/pki/readnames.ts'
import { usagesOfFlags, usagesOfPurpose } from '../../../src/pki/usages.ts'
import type { Der } from '../../../src/std/bytes.ts'
import type { Instant } from '../../../src/std/time.ts'
import { elementOf, inside, numberOf, oidOf, retag, tagged } from './asn1.ts'
import { isSigned, keyOf } from './protection.ts'

export type Proof = 'signature' | 'raVerified' | 'none' | 'broken' | 'other'

/** One certificate that is asked for. */
export interface CertRequest {
  /** certReqId; -1 for PKCS #10 (RFC 9483 section 4.1.4). */
  readonly id: number
  readonly subject: DistinguishedName
  readonly names: readonly SubjectName[]
  readonly usages: readonly Usage[]
  /** SubjectPublicKeyInfo; undefined where the CA is to make the key. */
  readonly publicKey: Der | undefined
  readonly notBefore: Instant | undefined
  readonly notAfter: Instant | undefined
  readonly proof: Proof
  /** CertId of the control oldCertID (RFC 4211 section 6.5). */
  readonly oldCert: CertId | undefined
}

export interface CertId {
  /** Name, encoded. */
  readonly issuer: Der
  /** INTEGER, encoded. */
  readonly serial: Der
}

const oldCertOid = '1.3.6.1.5.5.7.5.1.5'

/** @param body - CertReqMessages */
export const readCertRequests = (body: DerElement): readonly CertRequest[] =>
  inside(body).map((message) => readCertRequest(message))

function readCertRequest(message: DerElement): CertRequest {
  const [request, proof] = inside(message)
  const [id, template, controls] = inside(request)
  const fields = inside(template)
  const key = fields.find(({ tag }) => tag === 0xa6)
  const publicKey = key && inside(key)[1]?.content.length !== 1 ? retag(0x30, key.encoded) : undefined
  const validity = inside(fields.find(({ tag }) => tag === 0xa4))
  const time = (tag: number): Instant | undefined => {
    const found = tagged(validity, tag)
    return found && readTime(found, 'validity')
  }
  const old = inside(controls).find((control) => oidOf(inside(control)[0]) === oldCertOid)
  const extensions = fields.find(({ tag }) => tag === 0xa9)
  const subject = tagged(fields, 5)
  return {
    id: numberOf(id),
    subject: subject === undefined ? [] : readName(subject, 'subject'),
    ...readExtensions(inside(extensions)),
    publicKey,
    notBefore: time(0),
    notAfter: time(1),
    proof: readProof(proof, { request, publicKey }),
    oldCert: old && certIdOf(inside(old)[1]),
  }
}

function certIdOf(element: DerElement | undefined): CertId | undefined {
  const [issuer, serial] = inside(element)
  const name = inside(issuer)[0]
  return name === undefined || serial === undefined ? undefined : { issuer: name.encoded, serial: serial.encoded }
}

/** The signature is over the CertRequest, or over poposkInput where that is there (RFC 4211 section 4.1). */
function readProof(
  proof: DerElement | undefined,
  { request, publicKey }: { readonly request: DerElement | undefined; readonly publicKey: Der | undefined },
): Proof {
  if (proof === undefined) return 'none'
  if (proof.tag === 0x80) return 'raVerified'
  if (proof.tag !== 0xa1) return 'other'
  const fields = inside(proof)
  const input = fields.find(({ tag }) => tag === 0xa0)
  const [algorithm, signature] = fields.filter(({ tag }) => tag !== 0xa0)
  const data = input === undefined ? request?.encoded : retag(0x30, input.encoded)
  const key = publicKey && keyOf(publicKey)
  if (signature === undefined || data === undefined || key === undefined) return 'broken'
  return isSigned({ data, signature: signature.content.subarray(1), algorithm, key }) ? 'signature' : 'broken'
}

const extensionIds = { keyUsage: '2.5.29.15', subjectAltName: '2.5.29.17', purposes: '2.5.29.37' }

function readExtensions(extensions: readonly DerElement[]): Pick<CertRequest, 'names' | 'usages'> {
  const value = (id: string): DerElement | undefined => {
    const found = extensions.find((one) => oidOf(inside(one)[0]) === id)
    return found && elementOf(inside(found).at(-1)?.content ?? new Uint8Array())
  }
  const names = value(extensionIds.subjectAltName)
  const bits = value(extensionIds.keyUsage)?.content.subarray(1) ?? new Uint8Array()
  const purposes = inside(value(extensionIds.purposes)).flatMap((one) => usagesOfPurpose(oidOf(one))[0] ?? [])
  return {
    names: names === undefined ? [] : readGeneralNames(names, 'names'),
    usages: [...usagesOfFlags(flagsOf(bits)), ...purposes],
  }
}

const flagsOf = (bits: Uint8Array): number =>
  [...bits].reduce(
    (flags, octet, at) =>
      [0, 1, 2, 3, 4, 5, 6, 7].reduce(
        (sum, bit) => ((octet & (0x80 >> bit)) === 0 ? sum : sum | (1 << (at * 8 + bit))),
        flags,
      ),
    0,
  )

/** @param body - CertificationRequest */
export function readPkcs10(body: DerElement): CertRequest | undefined {
  const [info, algorithm, signature] = inside(body)
  const [, subject, publicKey, attributes] = inside(info)
  if (info === undefined || subject === undefined || publicKey === undefined || signature === undefined)
    return undefined
  const wish = inside(attributes).find((one) => oidOf(inside(one)[0]) === '1.2.840.113549.1.9.14')
  const key = keyOf(publicKey.encoded)
  const data = info.encoded
  const isProven = key !== undefined && isSigned({ data, signature: signature.content.subarray(1), algorithm, key })
  return {
    id: -1,
    subject: readName(subject, 'subject'),
    ...readExtensions(inside(inside(inside(wish)[1])[0])),
    publicKey: publicKey.encoded,
    notBefore: undefined,
    notAfter: undefined,
    proof: isProven ? 'signature' : 'broken',
    oldCert: undefined,
  }
}

/** @returns which certificates a RevReqContent names, and the reason where one is given */
export const readRevocations = (body: DerElement): readonly (CertId & { readonly reason: number | undefined })[] =>
  inside(body).flatMap((details) => {
    const [template, extensions] = inside(details)
    const fields = inside(template)
    const issuer = tagged(fields, 3)
    const serial = fields.find(({ tag }) => tag === 0x81)
    const reason = inside(extensions).find((one) => oidOf(inside(one)[0]) === '2.5.29.21')
    const value = reason && elementOf(inside(reason).at(-1)?.content ?? new Uint8Array())
    if (issuer === undefined || serial === undefined) return []
    return [{ issuer: issuer.encoded, serial: retag(0x02, serial.encoded), reason: value?.content[0] }]
  })
