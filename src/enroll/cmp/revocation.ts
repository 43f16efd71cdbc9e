/** Revocation by rr (RFC 9810 section 5.3.9, RFC 9483 section 4.2): signed with the certificate that it is about, or with its successor. */
import type { Der } from '../../std/bytes.ts'
import { identifierOf } from '../../pki/cms/identifier.ts'
import { reading } from '../../pki/readder.ts'
import { ok } from '../../std/result.ts'
import { retryClass } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import { crlReasons } from '../crlreasons.ts'
import type { RevocationReason, RevokeOutcome } from '../enroller.ts'
import { clampedWait } from '../outcomes.ts'
import { readRevocation } from './certrep.ts'
import { encodeRevocation } from './crmf.ts'
import { conversationOf, versions } from './desk.ts'
import type { Desk } from './desk.ts'
import { exchange, write } from './exchange.ts'
import type { Checked } from './exchange.ts'
import { rejectionFault, replyFault } from './faults.ts'
import type { Signer } from './protection.ts'
import { freshNonce } from './request.ts'
import { readError } from './status.ts'
import type { StatusInfo } from './status.ts'

/** @param which - `target`: the certificate to revoke, DER; `signer`: who asks for it */
export async function revoke(
  desk: Desk,
  { target, signer }: { readonly target: Der; readonly signer: Signer },
  reason: RevocationReason,
): Promise<RevokeOutcome> {
  const protector = { kind: 'signature', signer } as const
  const talk = { opening: 'rr', transactionID: freshNonce(), protector, pvno: versions.cmp2000 } as const
  const conversation = conversationOf(desk, talk)
  const senderNonce = freshNonce()
  const content = encodeRevocation(identifierOf(target), crlReasons[reason])
  const message = await write(conversation, { body: { name: 'rr', content }, senderNonce })
  const exchanged = await exchange(conversation, { message, name: 'rr', nonces: [senderNonce] })
  switch (exchanged.kind) {
    case 'unanswered': {
      const { fault, retryAfter } = exchanged.failure
      const wakeAt = retryAfter === undefined ? {} : { wakeAt: clampedWait(retryAfter, desk.ctx.now()) }
      return retryClass(fault.code) === 'soon' ? { kind: 'deferred', fault, ...wakeAt } : { kind: 'refused', fault }
    }
    case 'rejected':
      return failed(replyFault(exchanged.defective.defect, exchanged.defective.why))
    case 'answered':
      return concluded(exchanged.reply)
  }
}

function concluded({ message }: Checked): RevokeOutcome {
  const { name, content } = message
  if (name !== 'rp' && name !== 'error')
    return failed(replyFault('body', `the CA answered the rr with ${name}, which is no answer to it`))
  const status = reading(() => ok(name === 'rp' ? readRevocation(content) : readError(content)))
  if (!status.ok) return failed(replyFault('unreadable', `the reply of the CMP server cannot be read: ${status.error}`))
  return isRevoked(status.value) ? { kind: 'revoked' } : failed(rejectionFault('rr', status.value))
}

/** What was revoked before is what was wanted. */
const isRevoked = ({ status, failures }: StatusInfo): boolean =>
  ['accepted', 'grantedWithMods', 'revocationWarning', 'revocationNotification'].includes(status) ||
  failures.includes('certRevoked')

const failed = (cause: Fault): RevokeOutcome =>
  retryClass(cause.code) === 'soon' ? { kind: 'deferred', fault: cause } : { kind: 'refused', fault: cause }
