/** What the CA may not grant, and what it revokes. */
import { same } from './asn1.ts'
import { isNamed } from './authority.ts'
import type { Authority, Case } from './authority.ts'
import { errorContent, revRepContent } from './bodies.ts'
import type { StatusInfo } from './bodies.ts'
import { readRevocations } from './crmf.ts'
import type { CertRequest } from './crmf.ts'
import type { Message } from './message.ts'
import type { Protector } from './protection.ts'
import type { Reply } from './reply.ts'
import type { CmpTroubles } from './troubles.ts'

export interface Incoming {
  readonly message: Message
  readonly protector: Protector
}

/** @returns an error body with the name of a PKIFailureInfo */
export const failure = (name: string, text?: string): Reply => ({
  type: 'error',
  content: errorContent({ status: 'rejection', failInfo: [name], text }),
})

export interface Bench {
  readonly authority: Authority
  readonly troubles: CmpTroubles
}

/** @returns the failure of a request that cannot be granted */
export function objectionTo(
  one: Pick<Case, 'requestType' | 'protector'> & { readonly request: CertRequest | undefined },
  { authority, troubles }: Bench,
): string | undefined {
  const { request, requestType, protector } = one
  if (request === undefined) return 'badDataFormat'
  if (requestType === 'kur') {
    if (protector.kind !== 'certificate') return 'wrongIntegrity'
    const known = authority.issued.find(({ certificate }) => same(certificate, protector.certificate))
    if (known?.isRevoked === true) return 'certRevoked'
    if (request.oldCert !== undefined && !isNamed(protector.certificate, request.oldCert)) return 'badCertId'
  }
  if (request.publicKey === undefined) return protector.kind === 'nobody' ? 'badCertTemplate' : undefined
  const isTrusted = request.proof === 'raVerified' && troubles.acceptsRaVerified === true
  return request.proof === 'signature' || isTrusted ? undefined : 'badPOP'
}

/** For who shows the certificate, or the secret under which anything may be asked for. */
export function revoke({ message, protector }: Incoming, { authority, troubles }: Bench): Reply {
  const { rejection } = troubles
  if (rejection?.by === 'error') return { type: 'error', content: errorContent(rejection, rejection) }
  const all = readRevocations(message.body).map((id): StatusInfo => {
    const known = authority.find(id)
    if (rejection !== undefined) return rejection
    if (known === undefined) return { status: 'rejection', failInfo: ['badCertId'] }
    const isOwn =
      protector.kind === 'secret' || (protector.kind === 'certificate' && isNamed(protector.certificate, id))
    if (!isOwn) return { status: 'rejection', failInfo: ['notAuthorized'] }
    if (known.isRevoked) return { status: 'rejection', failInfo: ['certRevoked'] }
    known.isRevoked = true
    return { status: 'accepted' }
  })
  return all.length === 0 ? failure('badRequest') : { type: 'rp', content: revRepContent(all) }
}
