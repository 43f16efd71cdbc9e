import type { HashName } from '../../../src/pki/key.ts'
import type { Der } from '../../../src/std/bytes.ts'
import type { FakeCipher } from './cms.ts'
import type { Holder } from './material.ts'

/** How the fake behaves, kindly and unkindly. Changed at any time; each member is one thing. */
export interface ScepTroubles {
  // --- what a service may do
  /** The body of GetCACaps, instead of a list of everything; a number is an HTTP status. */
  capabilities?: string | number
  /** How requests are answered that are new: a certificate, PENDING until {@link FakeScep.approve}, or FAILURE. */
  approval?: 'automatic' | 'manual'
  /** Where requests wait: how many CertPolls are answered PENDING before the rest is granted. */
  pollsUntilApproval?: number
  replyHash?: HashName
  replyCipher?: FakeCipher
  /** Takes requests by GET only, although it may list POST; answers this status to a POST. */
  postStatus?: number
  /** What every first request must carry; none when not given. */
  challenge?: string
  /** Challenges that count once. */
  oneTimeChallenges?: Set<string>
  /** RenewalReq is refused although it is listed. */
  refusesRenewalReq?: boolean
  /** A RenewalReq is answered with this HTTP status, although it is listed. */
  renewalStatus?: number
  /** A PKCSReq that a certificate of ours signed is refused. */
  refusesSignedPkcsReq?: boolean
  /** What GetNextCACert gives; HTTP 404 when not given. */
  nextCa?: Holder
  /** What the CA was before: whoever has a certificate of theirs is known still. */
  formerCas?: readonly Der[]
  /** Signs what GetNextCACert gives, instead of the CA. */
  nextCaSigner?: Holder
  /** A certificate that every reply sends along, before the others. */
  firstCertificate?: 'signer' | 'ca'
  /** Does not answer a GET without a message, not even an empty one. */
  wantsMessage?: boolean
  /** The content type of GetCACert. */
  certType?: string
  retryAfter?: string
  /** Replies are BER: lengths of indefinite form, and strings in pieces, as many CAs send them. */
  sendsBer?: boolean
  /** A request whose transaction is known is answered as before, instead of being done again. */
  forgetsTransactions?: boolean

  // --- failures
  failure?: {
    readonly failInfo?: string
    readonly text?: string
    /** What stands in the signed message: nothing, an empty OCTET STRING, or something. */
    readonly content?: 'absent' | 'empty' | 'something'
  }
  /** An HTTP status instead of any answer to PKIOperation. */
  operationStatus?: number

  // --- lies
  certifiesAnotherKey?: boolean
  wrongNonce?: boolean
  wrongTransaction?: boolean
  wrongMessageType?: boolean
  wrongStatus?: string
  /** Somebody else signs, with a certificate that comes along. */
  wrongSigner?: Holder
  /** The signature is spoiled. */
  spoiledSignature?: boolean
  /** What was answered to an earlier request is answered again. */
  replays?: Uint8Array
  /** Only so many octets of the reply are sent. */
  truncatedAt?: number
  /** The reply is encrypted to another certificate. */
  encryptsTo?: Holder
  /** SUCCESS without anything inside. */
  emptySuccess?: boolean
  /** Instead of every answer to PKIOperation. */
  body?: Uint8Array
}
