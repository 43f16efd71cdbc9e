import type { Der } from '../../../src/std/bytes.ts'
import type { StatusInfo } from './bodies.ts'
import type { Holder } from './material.ts'
import type { MacChoice } from './mac.ts'

/** How the server behaves, kindly and unkindly. Changed at any time; each member is one thing. */
export interface CmpTroubles {
  // --- what a service may do
  /** New requests are granted at once, or wait for {@link CmpServer.approve}. */
  approval?: 'automatic' | 'manual'
  /** Status `waiting` in the first ip, cp or kup, then so many pollReps before the certificate; Infinity never ends. */
  waitingPolls?: number
  /** The whole answer to a message is delayed: an error body with status `waiting`, then so many pollReps (RFC 9483 section 4.4). */
  delay?: { readonly polls: number; /** Bodies of requests; all when left out. */ readonly of?: readonly string[] }
  /** Seconds in pollRep; 1 when left out. May be 0, negative down to -128, or a century. */
  checkAfter?: number
  pollReason?: string
  /** What the last reply after polls echoes: the nonce of the pollReq, as usual, or of the first request. */
  finalEcho?: 'poll' | 'request'
  /** Implicit confirmation: `asked` (usual) grants it to who asks, `never` refuses it, `always` grants it to everybody. */
  implicitConfirm?: 'asked' | 'never' | 'always'
  /** Seconds: confirmWaitTime in the header. A certConf after it is answered with `certRevoked`. */
  confirmWaitTime?: number
  /** Status of what is granted; `accepted` when left out. */
  granted?: StatusInfo
  /** caPubs of ip; the CA when left out. cp and kup have none but on command. */
  caPubs?: readonly Der[]
  /** Protects replies otherwise than the request was; the CMP signer's certificate, or a shared secret. */
  guard?: 'signature' | { readonly secret: string; readonly reference?: string; readonly choice?: MacChoice }
  /** The MAC of replies to requests under a shared secret, where it is to differ from theirs. */
  mac?: MacChoice
  /** extraCerts of signed replies; signer and CA when left out. */
  extraCerts?: readonly Der[]
  /** Takes requests without protection. */
  acceptsUnprotected?: boolean
  /** Takes raVerified as proof of possession. */
  acceptsRaVerified?: boolean
  /** The same bytes again are answered with transactionIdInUse, instead of as before. */
  refusesRepeats?: boolean
  /** Lifetime of certificates in days; 90 when left out. */
  lifetime?: number
  pvno?: number
  /** Algorithm of the keys that the CA makes; EC P-256 when left out. */
  keyMade?: { readonly algorithm: 'RSA' | 'ECDSA' | 'Ed25519'; readonly size: number }
  /** Signs keys that the CA makes; the CA when left out. */
  keySigner?: Holder
  /** Where the CA makes keys: it sends the EnvelopedData without the SignedData of RFC 9483 section 4.1.6. */
  unsignedKey?: boolean

  // --- failures
  /** Refuses requests for certificates and revocations: in the reply's own body, or by an error body. */
  rejection?: StatusInfo & { readonly by?: 'reply' | 'error'; readonly code?: number; readonly details?: string }
  /** Answers certConf with this instead of pkiConf; `nothing` is HTTP 204. */
  confirmation?: 'nothing' | StatusInfo
  /** Ways of HTTP, and of the connection. */
  transport?: TransportTrouble
  /** So many requests are answered like that; the rest is answered well. All when left out. */
  transportTimes?: number

  /** Over TCP: the transport answers pollRep so many times before the reply. */
  tcpPolls?: number
  /** Over TCP: errorMsgRep with this text. */
  tcpError?: string

  // --- lies
  /** Which replies are lies; all when left out. For example `['ip', 'pkiconf']`. */
  only?: readonly string[]
  /** So many replies are lies. All when left out. */
  times?: number
  wrongTransaction?: boolean
  recipNonce?: 'wrong' | 'missing'
  senderNonce?: 'missing' | 'short'
  /** A name nobody knows in the sender field. */
  wrongSender?: boolean
  messageTime?: 'absent' | 'yesterday' | 'tomorrow'
  protection?:
    | 'missing'
    /** A MAC by another secret. */
    | 'wrongSecret'
    /** One bit of it differs. */
    | 'spoiled'
    /** The header names another algorithm than the one that was used. */
    | 'otherAlgorithm'
    /** Protected as if by a MAC of four octets (tests of truncated MACs). */
    | 'truncated'
  /** Somebody signs, with a certificate that comes along. */
  stranger?: Holder
  certifies?: 'otherKey' | 'otherNames' | 'otherSubject'
  /** The body's tag names another body, for example `cp` for `ip`. */
  bodyAs?: string
  certReqId?: number
  /** How many CertResponses are in the reply; 1 when left out. */
  responses?: number
  /** The status of an issued certificate, without the certificate. */
  withoutCertificate?: boolean
  /** What was answered to an earlier request is answered again. */
  replays?: Uint8Array
  truncatedAt?: number
  /** Octets after the message. */
  trailing?: Uint8Array
  /** The reply is a hundred sequences in each other, or so many. */
  nested?: number
  /** Instead of every reply. */
  body?: Uint8Array
}

export type TransportTrouble =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string; readonly body?: string }
  /** HTTP 200 with a page. */
  | { readonly kind: 'html' }
  | { readonly kind: 'contentType'; readonly type: string }
  /** To itself, forever; or once to another place. */
  | { readonly kind: 'redirect'; readonly to?: string; readonly status?: 301 | 302 | 307 | 308 }
  | { readonly kind: 'endless' }
  /** One octet a second. */
  | { readonly kind: 'slow' }
  | { readonly kind: 'silent' }
  /** The connection is reset before the request is read by the CA, or when the CA has done everything. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
