/** Items of the inventory whose CA was replaced, and what becomes of them. Pure. */
import type { Issuer } from '../../api/issuer.ts'
import { replacementOf, reissueOf } from '../authority/remaining.ts'
import type { Reissue } from '../authority/reissue.ts'
import type { Replacement } from '../authority/remaining.ts'
import type { Instant } from '../../std/time.ts'
import { loadKey } from './issuers.ts'
import type { InventoryItem } from './item.ts'

/** By kind, as the caches have them. */
export interface AllIssuers {
  readonly issuers: Iterable<Issuer>
  readonly clusterIssuers: Iterable<Issuer>
}

/** @returns what becomes of an item; undefined while no CA was replaced, so that nobody need be asked about */
export function reissuesUnder(
  { issuers, clusterIssuers }: AllIssuers,
  now: Instant,
): ((item: InventoryItem) => Reissue | undefined) | undefined {
  const replacements = new Map<string, Replacement>()
  const note = (kind: string, { metadata, spec, status }: Issuer): void => {
    const replacement = replacementOf(status?.authorities ?? [], spec)
    const { name, namespace = '' } = metadata
    if (replacement !== undefined) replacements.set(loadKey({ kind, name }, namespace), replacement)
  }
  for (const issuer of issuers) note('Issuer', issuer)
  for (const issuer of clusterIssuers) note('ClusterIssuer', issuer)
  if (replacements.size === 0) return undefined
  return ({ management, namespace, facts, chain, issuedAt }) => {
    if (management === undefined || facts === undefined) return undefined
    const replacement = replacements.get(loadKey(management.issuer, namespace))
    const lead = { uid: management.uid, issuedAt: issuedAt ?? facts.notBefore, links: [facts, ...chain] }
    return replacement && reissueOf(lead, replacement, now)
  }
}
