/** Proofs of control that a CA asks for, and where answers to them are shown. Part of the contract in `enroller.ts`. */
import type { Fault } from '../domain/fault.ts'
import type { Instant } from '../std/time.ts'
import type { Ticket } from './enroller.ts'

export type ChallengeType = 'http-01' | 'dns-01' | 'tls-alpn-01' | 'dns-account-01' | 'dns-persist-01'

/** One proof of control that a CA will look for. */
export interface ChallengeAnswer {
  readonly type: ChallengeType
  /** The DNS name (without `*.`) or IP address under proof. */
  readonly identifier: string
  /** Empty where the challenge has none. */
  readonly token: string
  /** The full answer: the key authorization (RFC 8555 section 8.1), or the text of the record where there is no token. */
  readonly value: string
  /** What stands before `_acme-challenge`, where each account has its own record. */
  readonly label?: string
  /** Which of {@link Ticket.solvers}. */
  readonly solver?: number
}

/** What became of an answer that was posted. */
export type Presence =
  /** `unseen`: why the answer was not seen from here, where it was not; the CA is asked to look all the same. */
  | { readonly kind: 'ready'; readonly unseen?: string }
  | { readonly kind: 'waiting'; readonly wakeAt: Instant; readonly note: string }
  | { readonly kind: 'failed'; readonly fault: Fault }

/** Where answers to challenges are posted and taken down. Knows about Ingress, Gateway and DNS so that no protocol has to. */
export interface ChallengeBoard {
  /** What can be served for it. */
  typesFor(identifier: {
    readonly kind: 'dns' | 'ip'
    readonly value: string
    readonly wildcard: boolean
  }): readonly ChallengeType[]
  /**
   * Idempotent: called again on every poll until `ready` or `failed`.
   *
   * @param check - `look`: fetch the answer once from here before the CA is told; `trust`: do not
   */
  present(answer: ChallengeAnswer, check: 'look' | 'trust'): Promise<Presence>
  /** Idempotent. */
  remove(answer: ChallengeAnswer): Promise<void>
}
