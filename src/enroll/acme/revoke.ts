/** Revocation (RFC 8555 section 7.6), by the account and, where that may not, by the certificate's own key. */
import { fault } from '../../domain/fault.ts'
import { crlReasons } from '../crlreasons.ts'
import type { Revocable, RevocationReason, RevokeOutcome } from '../enroller.ts'
import { failureOutcome } from './outcomes.ts'
import { jwsKey } from './jws.ts'
import type { Signer } from './client.ts'
import type { AcmeFailure, Answer } from './reply.ts'
import type { Desk } from './desk.ts'

export async function revokeCertificate(
  { client, directory, account, ctx }: Desk,
  { chain, key }: Revocable,
  reason: RevocationReason,
): Promise<RevokeOutcome> {
  const url = directory.revokeCert
  const leaf = chain[0]
  if (url === undefined || leaf === undefined)
    return { kind: 'refused', fault: fault('RequestUnsupported', 'the CA offers no revocation over ACME') }
  const payload = { certificate: Buffer.from(leaf).toString('base64url'), reason: crlReasons[reason] }
  const send = (signer: Signer): Promise<Answer> => client.post({ what: 'revokeCert', url, signer, payload }, ctx)
  const byAccount = await send(account)
  if (byAccount.ok || isDone(byAccount.error)) return { kind: 'revoked' }
  // Issued by another account, or by one that was lost: the certificate's key may speak for it.
  const own = byAccount.error.problem?.type === 'unauthorized' && key !== undefined ? jwsKey(key.keyObject) : undefined
  if (own === undefined) return refusal(byAccount.error)
  const byKey = await send({ kind: 'key', key: own })
  return byKey.ok || isDone(byKey.error) ? { kind: 'revoked' } : refusal(byKey.error)
}

const isDone = ({ problem }: AcmeFailure): boolean => problem?.type === 'alreadyRevoked'

function refusal(failure: AcmeFailure): RevokeOutcome {
  const outcome = failureOutcome(failure)
  if (outcome.kind === 'deferred') {
    const { fault: problem, wakeAt } = outcome
    return { kind: 'deferred', fault: problem, ...(wakeAt === undefined ? {} : { wakeAt }) }
  }
  return { kind: 'refused', fault: outcome.fault }
}
