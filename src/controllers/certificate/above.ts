/** What stands above a leaf in a Secret. Ten thousand certificates have few issuers, so each of those is read and kept once. */
import type { CertificateFacts } from '../../domain/facts.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import { sha256Hex } from '../../pki/hash.ts'
import type { Der } from '../../std/bytes.ts'
import { LatestMap } from '../../std/latestmap.ts'

/** A longer path than any CA has; what comes after it is not looked at. */
const longestChain = 10
/** Issuers that are kept; beyond that they are forgotten, the oldest first, and read again when they are seen again. */
const mostKept = 2048

const kept = new LatestMap<string, CertificateFacts>(mostKept)

/**
 * @param certificates - of a Secret, the leaf first
 * @returns facts of those after the leaf, equal ones being the same object; one that cannot be read ends the list
 */
export function factsAbove(certificates: readonly Der[]): readonly CertificateFacts[] {
  const above: CertificateFacts[] = []
  for (const der of certificates.slice(1, longestChain + 1)) {
    const facts = keptFacts(der)
    if (facts === undefined) break
    above.push(facts)
  }
  return above.length === 0 ? none : above
}

const none: readonly CertificateFacts[] = []

function keptFacts(der: Der): CertificateFacts | undefined {
  const hash = sha256Hex(der)
  const known = kept.get(hash)
  if (known !== undefined) return known
  const facts = certificateFacts(der)
  if (!facts.ok) return undefined
  kept.set(hash, facts.value)
  return facts.value
}
