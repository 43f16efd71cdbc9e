/** One message and its reply. */
import type { CmpSpec } from '../../api/issuer/cmp.ts'
import { keyText } from '../../domain/wanted.ts'
import { reading } from '../../pki/readder.ts'
import type { Der } from '../../std/bytes.ts'
import { ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { between } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { Ctx } from '../enroller.ts'
import type { CallFailure } from '../outcomes.ts'
import { addressOf } from './address.ts'
import type { Opening } from './address.ts'
import { post } from './client.ts'
import { encodeHeader } from './header.ts'
import type { Info } from './header.ts'
import { isMac } from './mac.ts'
import { encodeBody, encodeMessage, protectedPart } from './message.ts'
import type { Body, BodyName, Received } from './message.ts'
import { sealingOf } from './protection.ts'
import type { Protector } from './protection.ts'
import { checkReply } from './replycheck.ts'
import { statusWords, readError } from './status.ts'
import type { Acquaintances, Defective } from './trust.ts'

/** What all messages of a transaction share. */
export interface Conversation {
  readonly spec: CmpSpec
  readonly ctx: Ctx
  readonly opening: Opening
  readonly protector: Protector
  readonly anchors: readonly Der[]
  readonly recipient: Der | undefined
  readonly transactionID: Uint8Array
  readonly pvno: number
  readonly acquaintances: Acquaintances
}

export interface Outgoing {
  readonly body: Body
  readonly senderNonce: Uint8Array
  readonly recipNonce?: Uint8Array | undefined
  readonly generalInfo?: readonly Info[]
}

/** @returns a PKIMessage under protection, DER */
export async function write(conversation: Conversation, outgoing: Outgoing): Promise<Der> {
  const { protector, recipient, transactionID, pvno, ctx } = conversation
  const { senderNonce, recipNonce, generalInfo = [] } = outgoing
  const sealing = sealingOf(protector)
  const header = encodeHeader({
    pvno,
    sender: sealing.sender,
    recipient,
    messageTime: ctx.now(),
    protectionAlg: sealing.algorithm,
    senderKID: sealing.senderKID,
    transactionID,
    senderNonce,
    recipNonce,
    generalInfo,
  })
  const body = encodeBody(outgoing.body)
  const protection = await sealing.seal(protectedPart(header, body))
  return encodeMessage({ header, body, protection, extraCerts: sealing.certificates })
}

/** A message that was written, and what its reply must echo. */
export interface Sent {
  readonly message: Uint8Array
  readonly name: BodyName
  /** The last one sent, and the first of the transaction, which the last reply after polling may echo. */
  readonly nonces: readonly Uint8Array[]
}

/** A reply that counts. */
export interface Checked {
  readonly message: Received
  readonly protection: 'secret' | 'signature' | 'none'
  readonly retryAfter: Instant | undefined
}

export type Exchanged =
  | { readonly kind: 'unanswered'; readonly failure: CallFailure }
  | { readonly kind: 'rejected'; readonly defective: Defective }
  | { readonly kind: 'answered'; readonly reply: Checked }

export async function exchange(conversation: Conversation, sent: Sent): Promise<Exchanged> {
  const { ctx, spec, opening } = conversation
  const began = ctx.now()
  const answer = await post(addressOf(spec, opening), { ...sent, framing: spec.tcpFraming ?? 'RFC2510' }, ctx)
  const result = answer.ok ? checkReply(conversation, sent, answer.value) : undefined
  ctx.told({
    request: sent.name,
    reply: answer.ok ? replyWords(answer.value.message, result) : answer.error.fault.message,
    algorithms: answer.ok ? algorithmsOf(conversation, answer.value.message) : algorithmsOf(conversation),
    took: between(began, ctx.now()),
  })
  if (!answer.ok) return { kind: 'unanswered', failure: answer.error }
  if (result === undefined || result.ok)
    return { kind: 'answered', reply: { ...answer.value, protection: 'none', ...result?.value } }
  return { kind: 'rejected', defective: result.error }
}

function replyWords({ name, content }: Received, result: Result<Checked, Defective> | undefined): string {
  const error = name === 'error' ? reading(() => ok(statusWords(readError(content)))) : undefined
  const words = error?.ok === true ? `${name} ${error.value}` : name
  return result?.ok === false ? `${words}: ${result.error.why}` : words
}

function algorithmsOf({ protector }: Conversation, reply?: Received): string {
  const ours =
    protector.kind === 'secret' ? protector.shared.mac.algorithm : keyText(protector.signer.identity.key.shape)
  const identifier = reply?.header.protectionAlg
  if (reply === undefined) return ours
  if (identifier === undefined || reply.protection === undefined) return `${ours}; reply not protected`
  const theirs = reading(() => ok(isMac(identifier) ? 'a MAC' : 'a signature'))
  return `${ours}; reply by ${theirs.ok ? theirs.value : 'something unknown'}`
}
