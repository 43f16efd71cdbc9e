/** Certificates that nobody asked Perennial for, as items of the inventory. */
import type { ItemSource } from './item.ts'
import { ownerIn } from './managed.ts'
import type { Held } from './managed.ts'

export interface FoundPlace {
  readonly kind: 'Secret' | 'ConfigMap'
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>> | undefined
  /** Of a ConfigMap; empty for a Secret. */
  readonly entry: string
}

/** @param others - how many further certificates lie beside it */
export function foundSource(
  { kind, namespace, name, labels, entry }: FoundPlace,
  held: Held,
  others: number,
): ItemSource {
  return {
    kind,
    namespace,
    name,
    entry,
    ...held,
    others,
    secretName: kind === 'Secret' ? name : undefined,
    state: 'found',
    owner: ownerIn(labels),
    management: undefined,
  }
}
