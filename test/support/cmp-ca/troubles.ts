import type { Instant } from '../../../src/std/time.ts'
import type { Holder } from './protection.ts'
import type { BodyType } from './wire.ts'

/** How the fake behaves, kindly and unkindly. Changed at any time; each member is one thing. */
export interface CmpTroubles {
  // --- what a server may do
  /** How requests are answered that are new: a certificate, or `waiting` until {@link FakeCmp.approve}. */
  approval?: 'automatic' | 'manual'
  /** Where requests wait: how many pollReqs are answered with a pollRep before the rest is granted. */
  pollsUntilApproval?: number
  /** Of pollRep, in seconds. */
  checkAfter?: number
  reason?: string
  /** The whole message waits: an error with the status `waiting` (RFC 9483 section 4.4). */
  delaysWholeMessage?: boolean
  grantsImplicitConfirm?: boolean
  /** How many polls a certConf waits for before its answer. */
  delaysConfirmation?: number
  /** In the reply with a certificate. */
  confirmWaitTime?: Instant
  /** Certificates have no names. */
  leavesOutNames?: boolean
  /** Replies to requests under a secret are signed all the same. */
  signsAlways?: boolean
  /** Only messages of this version are taken. */
  onlyVersion?: number
  /** Signed replies do not bring the signer's certificate. */
  leavesOutSigner?: boolean
  /** pkiConf comes without the certificates that earlier replies had. */
  barePkiConf?: boolean
  /** Says certReqId 0 to a PKCS #10 request, where -1 belongs. */
  zeroForPkcs10?: boolean
  /** The final reply after polling echoes the nonce of the request. */
  echoesFirstNonce?: boolean
  /** A transaction that is known is answered with transactionIdInUse. */
  refusesKnownTransactions?: boolean
  status?: 'accepted' | 'grantedWithMods'
  words?: string
  /** Does not answer general messages. */
  answersNoQuestions?: boolean
  /** The root that comes next, and who vouches for it; nobody where it is left out. */
  nextRoot?: { readonly holder: Holder; readonly newWithOld?: Holder }

  // --- failures
  /** A rejection of the request with these bits of PKIFailureInfo. */
  rejects?: { readonly bits?: readonly number[]; readonly text?: string; readonly inError?: boolean }
  /** An error instead of pkiConf: a bit of PKIFailureInfo. */
  rejectsConfirmation?: number
  httpStatus?: number
  retryAfter?: string
  /** The reply to messages of this type gets lost once the work is done. */
  losesReplyOf?: BodyType

  // --- lies
  certifiesAnotherKey?: boolean
  wrongNonce?: boolean
  lacksNonce?: boolean
  wrongTransaction?: boolean
  wrongSender?: boolean
  unprotected?: boolean
  /** Replies are protected by this secret instead. */
  wrongSecret?: string
  /** Somebody else signs, with a certificate that comes along. */
  wrongSigner?: Holder
  /** The protection is spoiled. */
  spoiled?: boolean
  /** Under a secret: how many iterations the MAC of a reply asks for. */
  iterations?: number
  messageTime?: Instant | 'none'
  wrongBody?: BodyType | number
  wrongRequestId?: number
  severalResponses?: boolean
  lacksCertificate?: boolean
  /** What was answered to an earlier request is answered again. */
  replays?: Uint8Array
  truncatedAt?: number
  trailing?: Uint8Array
  /** Instead of every answer. */
  body?: Uint8Array
  /** Signs the key that the CA made. */
  keyMaker?: Holder
  /** Another key than that of the certificate comes. */
  sendsAnotherKey?: boolean
}
