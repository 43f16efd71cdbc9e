/** What a Certificate's `revocationPolicy.onDelete` asks for at each moment of its life. Pure. */
import type { Certificate } from '../../api/certificate.ts'
import type { Condition } from '../../api/meta.ts'

/** Keeps a Certificate until the order to revoke is written down. Never until the CA has answered. */
export const revokeFinalizer = 'perennial.dev/revoke'

export type Farewell =
  | { readonly kind: 'nothing' }
  /** From now on its deletion must not go by unnoticed. */
  | { readonly kind: 'hold' }
  /** The wish was taken back, or it was carried out. */
  | { readonly kind: 'release' }
  /** It is being deleted: order the revocation, then release it. */
  | { readonly kind: 'order' }

export function farewellOf({ metadata, spec }: Pick<Certificate, 'metadata' | 'spec'>): Farewell {
  const isHeld = metadata.finalizers?.includes(revokeFinalizer) === true
  const isWanted = spec.revocationPolicy?.onDelete === 'Revoke'
  if (metadata.deletionTimestamp !== undefined) {
    if (!isHeld) return { kind: 'nothing' }
    return { kind: isWanted ? 'order' : 'release' }
  }
  if (isWanted) return { kind: isHeld ? 'nothing' : 'hold' }
  return { kind: isHeld ? 'release' : 'nothing' }
}

/**
 * Whether the order may come through while its Certificate is held, which only helps where that is soon: it is not once the order is
 * carried out, cannot be, or has no issuer to go to.
 *
 * @param conditions - of the order
 */
export const isSoonThrough = (conditions: readonly Condition[]): boolean =>
  !conditions.some(
    ({ type, status, reason }) =>
      (status === 'True' && (type === 'Ready' || type === 'Stalled')) ||
      (type === 'Ready' && reason === 'IssuerMissing'),
  )
