/**
 * What a CA shows of itself, in a form that no protocol owns. An enroller says what it saw and who vouched for it; whether a
 * change is believed, published and followed by re-issue is decided for all protocols alike.
 */
import type { Der } from '../std/bytes.ts'

/** Certificates of the CA. Those that signed themselves are trust anchors. */
export interface ShownAuthorities {
  readonly kind: 'shown'
  /** What counts now: roots, and what hangs below them. May hold the links between an old and a new root (RFC 4210 section 4.4). */
  readonly current: readonly Der[]
  /** Still shown, though a successor that is certified by it has taken its place. */
  readonly former?: readonly Der[]
  /** Announced, and vouched for by the present CA. Undefined: it gave no answer, and what it announced before stands. */
  readonly next: readonly Der[] | undefined
  /**
   * `settings`: a pin, a bundle or a Secret that the spec names. `connection`: only who speaks is known, by TLS or by a protected
   * message, so that a root that is not yet known counts only where a path from a known one leads to it.
   */
  readonly vouchedBy: 'settings' | 'connection'
  /** A clause about what the CA shows and nothing trusted vouches for. */
  readonly doubtful?: string | undefined
  /** What a person does to accept the root of a fingerprint, as a clause: `set spec.est.nextCAFingerprint to it`. */
  readonly cure?: string | undefined
}

/** All that is known is the name that the topmost certificate of what it issued was signed by. */
export interface InferredAuthority {
  readonly kind: 'inferred'
  /** RFC 4514. */
  readonly subject: string
  /** Lower-case hex. */
  readonly keyId: string | undefined
}

export type Authorities = ShownAuthorities | InferredAuthority
