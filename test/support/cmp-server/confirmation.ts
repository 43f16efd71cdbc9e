/** certConf (RFC 9810 section 5.3.18): whether the client has what was issued, and keeps it. */
import type { DerElement } from '../../../src/pki/der.ts'
import { algorithmOf, inside, numberOf, same, tagged } from './asn1.ts'
import { certHashName, digest } from './authority.ts'
import type { IssuedCertificate } from './authority.ts'
import { hashes } from './mac.ts'
import type { Message } from './message.ts'

/** @returns `refused` where the client does not want the certificate, otherwise the name of a failure */
export function checkConfirmation(
  message: Message,
  { certificate }: IssuedCertificate,
  id: number,
): 'confirmed' | 'refused' | 'badCertId' | 'badRequest' | 'badAlg' {
  const [status] = inside(message.body)
  if (status === undefined) return 'refused'
  const fields = inside(status)
  const [hash, requestId] = fields
  const hashAlg = tagged(fields, 0)
  // RFC 9480 section 2.10: hashAlg came with version 3
  if (hashAlg !== undefined && message.header.pvno !== 3) return 'badRequest'
  const name = hashAlg === undefined ? certHashName(certificate) : hashes[algorithmOf(hashAlg)]
  if (name === undefined) return 'badAlg'
  if (numberOf(requestId) !== id || !same(hash?.content, digest(name, certificate))) return 'badCertId'
  return isRejection(fields) ? 'refused' : 'confirmed'
}

function isRejection(fields: readonly DerElement[]): boolean {
  const info = fields.slice(2).find(({ tag }) => tag === 0x30)
  return numberOf(inside(info)[0]) === 2
}
