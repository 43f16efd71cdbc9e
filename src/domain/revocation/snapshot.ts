/** What the policy of revocation may see. */
import type { RevocationSpec, RevocationStatus, RevocationTarget } from '../../api/revocation.ts'
import type { IssuerRef } from '../../api/meta.ts'

export interface RevocationSnapshot {
  readonly name: string
  readonly uid: string
  readonly generation: number
  readonly spec: RevocationSpec
  readonly status: RevocationStatus
  /** Absent until the certificate was found. */
  readonly target: RevocationTarget | undefined
  /** The Certificate whose Secret holds the target now. */
  readonly holder: Holder | undefined
  /** The issuer to ask; undefined while it is not known which. */
  readonly issuer: RevokingIssuer | undefined
}

export interface Holder {
  readonly name: string
  /** Its renewals keep the key that they have. */
  readonly keepsKey: boolean
  /** The renewal that was asked for last, by {@link renewalToken} or by a person. */
  readonly renewRequest: string | undefined
}

export type RevokingIssuer =
  | { readonly kind: 'absent'; readonly ref: IssuerRef; readonly message: string }
  | { readonly kind: 'notReady'; readonly ref: IssuerRef; readonly message: string }
  | {
      readonly kind: 'ready'
      readonly ref: IssuerRef
      readonly protocol: string
      readonly revokes: boolean
      /** A clause: what would let it revoke, where that is a matter of its settings. */
      readonly revokesOnce?: string | undefined
    }

/** Asks a Certificate for a renewal, once for each order. */
export const renewalToken = ({ uid }: Pick<RevocationSnapshot, 'uid'>): string => `revocation-${uid}`
