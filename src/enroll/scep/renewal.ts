/**
 * How a certificate is asked for again (RFC 8894 section 3.3.1.2). Servers differ: some take a RenewalReq, some only say so, and
 * some take a PKCSReq that the old certificate signs. What the CA does not take is tried in the next way.
 */
import { certificateFacts } from '../../pki/certificate.ts'
import type { Identity, Order, Outcome } from '../enroller.ts'
import { can } from './capabilities.ts'
import { beginTransaction, keepsSubject } from './request.ts'
import type { Desk } from './desk.ts'
import type { Requester } from './kept.ts'
import type { Way } from './ticket.ts'

export function beginRenewal(desk: Desk, order: Order, current: Identity): Promise<Outcome> {
  const requester = requesterOf(current)
  const canSign = requester !== undefined && maySign(desk, order, requester)
  const ways = (canSign ? waysToRenew(desk) : (['Enroll'] as const)).filter(
    (way) => way !== 'Enroll' || canEnroll(desk, order),
  )
  return beginTransaction(desk, { order, ways, ...(canSign ? { current: requester } : {}) })
}

/** The certificate of the key, wherever in the chain it is. */
function requesterOf({ chain, key }: Identity): Requester | undefined {
  const certificate = chain.find((der) => {
    const facts = certificateFacts(der)
    return facts.ok && facts.value.publicKeyHash === key.publicKeyHash
  })
  return certificate === undefined ? undefined : { key, certificate }
}

/** A certificate that has expired, or is for another subject, does not vouch for the next one; its key must decrypt the reply. */
function maySign({ spec, ctx }: Desk, order: Order, { key, certificate }: Requester): boolean {
  const facts = certificateFacts(certificate)
  if (!facts.ok || ctx.now() >= facts.value.notAfter || !keepsSubject(order, facts.value)) return false
  if (key.shape.algorithm === 'RSA') return true
  return key.shape.algorithm === 'ECDSA' && spec.ecKeys === 'Password' && spec.challengeUse !== 'OneTime'
}

function waysToRenew({ spec, site }: Desk): readonly Way[] {
  const { renewal = 'Auto' } = spec
  if (renewal !== 'Auto') return [renewal]
  const isListed = can(site.capabilities, 'Renewal')
  return [
    ...(isListed ? (['RenewalReq'] as const) : []),
    'PKCSReq',
    ...(spec.challengeUse === 'OneTime' ? [] : (['Enroll'] as const)),
  ]
}

/** @returns whether the key of the order can sign for itself the way the spec wants it */
export const canEnroll = ({ spec }: Pick<Desk, 'spec'>, { wanted }: Order): boolean =>
  wanted.key.algorithm === 'RSA' ||
  spec.ecKeys === 'TemporaryRSA' ||
  (spec.ecKeys === 'Password' && wanted.key.algorithm === 'ECDSA')
