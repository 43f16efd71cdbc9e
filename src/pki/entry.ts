/** Facts of the certificates in one entry: a chain with its leaf, or a bundle of trust anchors. */
import type { CertificateFacts } from '../domain/facts.ts'
import { certificateFacts } from './certificate.ts'
import type { Der } from '../std/bytes.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'

export interface EntryFacts {
  readonly facts: CertificateFacts
  /** Above it, in the order of the entry. */
  readonly chain: readonly CertificateFacts[]
  /** How many above it are left out, because the chain is longer than any. */
  readonly unreadAbove: number
  /** How many there are beside them. */
  readonly others: number
}

/**
 * @param shape - `chain`: the first is the leaf and the others its chain. `bundle`: where the first is a CA's own certificate,
 *   all of them are anchors, and the one that ends first speaks for them
 * @returns facts, or a clause that says what cannot be read
 */
export function readEntry(
  certificates: Result<readonly Der[], string>,
  shape: 'chain' | 'bundle',
): Result<EntryFacts, string> {
  if (!certificates.ok) return certificates
  const all: CertificateFacts[] = []
  for (const [index, der] of certificates.value.entries()) {
    const facts = certificateFacts(der)
    if (!facts.ok) return err(`certificate ${index + 1} in it cannot be read: ${facts.error}`)
    all.push(facts.value)
  }
  const [leaf, ...rest] = all
  if (leaf === undefined) return err('it has no certificate')
  if (shape === 'chain' || !leaf.isCA) {
    const chain = rest.slice(0, longestChain)
    return ok({ facts: leaf, chain, unreadAbove: rest.length - chain.length, others: 0 })
  }
  const first = all.reduce((earliest, one) => (one.notAfter < earliest.notAfter ? one : earliest), leaf)
  return ok({ facts: first, chain: [], unreadAbove: 0, others: rest.length })
}

/** How many above a leaf are kept: more than any path that a client follows. */
export const longestChain = 10
