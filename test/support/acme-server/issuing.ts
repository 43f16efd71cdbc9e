/** What the fake CA signs: leaves, and its own key under another root's name. */
import 'reflect-metadata'
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from '@peculiar/x509'
import type { SubjectName, Wanted } from '../../../src/domain/wanted.ts'
import { certificateFacts } from '../../../src/pki/certificate.ts'
import { issueCertificate } from '../../../src/pki/issue.ts'
import { readSigner } from '../../../src/pki/signer.ts'
import { asDer } from '../../../src/std/bytes.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { days, plus } from '../../../src/std/time.ts'
import type { Instant } from '../../../src/std/time.ts'
import { wantedCa } from '../ca-material.ts'
import type { CaMaterial } from '../ca-material.ts'
import { unwrap } from '../unwrap.ts'

export interface Request {
  readonly publicKey: Der
  readonly names: readonly SubjectName[]
}

/** @throws when it is no request, or its signature is not by its key */
export async function readRequest(text: string): Promise<Request> {
  const request = new Pkcs10CertificateRequest(Buffer.from(text, 'base64url'))
  if (!(await request.verify())) throw new Error('the request is not signed by its own key')
  return { publicKey: asDer(new Uint8Array(request.publicKey.rawData)), names: namesOf(request) }
}

function namesOf(request: Pkcs10CertificateRequest): readonly SubjectName[] {
  const extension = request.getExtension('2.5.29.17')
  if (extension === null) return []
  const { names } = new SubjectAlternativeNameExtension(extension.rawData)
  return names.items.map(({ type, value }): SubjectName => ({ type: type === 'ip' ? 'ip' : 'dns', value }))
}

export function sign({ publicKey, names }: Request, ca: CaMaterial, now: Instant): Promise<Der> {
  const wanted: Wanted = {
    subject: [],
    names,
    key: { algorithm: 'ECDSA', size: 256 },
    lifetime: days(90),
    usages: ['digital signature', 'key encipherment', 'server auth'],
    encodeUsagesInRequest: true,
    isCA: false,
  }
  return issueCertificate({
    wanted,
    publicKey,
    signer: unwrap(readSigner(ca)),
    notBefore: now,
    notAfter: plus(now, days(90)),
  })
}

/** A CA's key as another CA certifies it, so that one leaf has two chains. */
export function crossSign(ca: CaMaterial, by: CaMaterial): Promise<Der> {
  const { subject, notBefore, notAfter, key } = unwrap(certificateFacts(ca.certificate))
  const wanted = wantedCa({ subject, key })
  return issueCertificate({ wanted, publicKey: ca.key.publicKey, signer: unwrap(readSigner(by)), notBefore, notAfter })
}
