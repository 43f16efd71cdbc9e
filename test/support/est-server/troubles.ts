/** How a fake EST server behaves, changed by a test while it runs. */
import type { Der } from '../../../src/std/bytes.ts'
import type { FakeReply, FakeRequest, Operation } from './fake.ts'
import type { Scheme } from './login.ts'

export interface EstTroubles {
  /** What it wants from whoever asks for a certificate. */
  login?: { username: string; password: string; schemes: readonly Scheme[] }
  /** The nonce of Digest is good for so many requests, then it is stale. */
  nonceUses?: number
  /** Asks for the login in cacerts too. */
  guardsEverything?: boolean
  /** Enrollment needs a client certificate of its CA. */
  wantsCertificate?: boolean
  /** The challengePassword must be that of the session. */
  wantsBinding?: 'tls-unique' | 'tls-exporter'
  /** What the CA was before: whoever has a certificate of theirs is known still. */
  formerCas?: readonly Der[]
  /** How often a request is put off with 202 before it is answered. */
  putsOff?: number
  /** Of the 202; left out when undefined. */
  retryAfter?: string
  /** CsrAttrs, DER; 404 when undefined. */
  csrattrs?: Uint8Array
  /** How bodies are written. */
  form?: 'wrapped' | 'lf' | 'unwrapped' | 'pem' | 'der'
  /** Media type of certificates. */
  certificateType?: string
  /** Bytes between parts of a serverkeygen reply, and how a key goes out. */
  multipart?: 'plain' | 'quoted' | 'reversed' | 'preamble' | 'lf' | 'wholeType'
  /** An AES key that server-made keys are encrypted with. */
  sharedKey?: Uint8Array
  /** The key of the reply is not that of the certificate. */
  sendsAnotherServerKey?: boolean
  /** Encrypts nothing, although it was asked to. */
  ignoresEncryption?: boolean
  certifiesAnotherKey?: boolean
  /** Signs with a CA that is not in cacerts. */
  signsElsewhere?: boolean
  /** Does not know how to renew. */
  knowsNoRenewal?: number
  /** Says no with this. */
  refuses?: FakeReply
  /** Answers in the place of everything. */
  instead?: (request: FakeRequest, operation: Operation) => FakeReply | undefined
}
