/** What stands above a leaf in a Secret. Ten thousand certificates have few issuers, so each of those is read and kept once. */
import type { CertificateFacts } from '../../domain/facts.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import { longestChain } from '../../pki/entry.ts'
import { sha256Hex } from '../../pki/hash.ts'
import type { Der } from '../../std/bytes.ts'
import { LatestMap } from '../../std/latestmap.ts'

/** Issuers that are kept; beyond that they are forgotten, the oldest first, and read again when they are seen again. */
const mostKept = 2048

const kept = new LatestMap<string, CertificateFacts>(mostKept)

export interface Above {
  /** Equal ones are the same object. */
  readonly chain: readonly CertificateFacts[]
  /** How many further up are not looked at. */
  readonly unreadAbove: number
}

/**
 * @param certificates - of a Secret, the leaf first
 * @returns facts of those after the leaf; one that cannot be read ends the list
 */
export function factsAbove(certificates: readonly Der[]): Above {
  const above: CertificateFacts[] = []
  for (const der of certificates.slice(1, longestChain + 1)) {
    const facts = keptFacts(der)
    if (facts === undefined) break
    above.push(facts)
  }
  const unreadAbove = Math.max(0, certificates.length - 1 - above.length)
  return { chain: above.length === 0 ? none : above, unreadAbove }
}

const none: readonly CertificateFacts[] = []
/** There is no leaf, or what is there cannot be read. */
export const noneAbove: Above = { chain: none, unreadAbove: 0 }

function keptFacts(der: Der): CertificateFacts | undefined {
  const hash = sha256Hex(der)
  const known = kept.get(hash)
  if (known !== undefined) return known
  const facts = certificateFacts(der)
  if (!facts.ok) return undefined
  kept.set(hash, facts.value)
  return facts.value
}
