/**
 * One root after another (RFC 4210 section 4.4): the old one certifies the key of the new one.
 *
 *   old root ──signs──► "new with old": the new root's key
 *                                └─ same key ─► new root counts too
 */
import type { CertificateFacts } from '../domain/facts.ts'
import type { Der } from '../std/bytes.ts'
import { certificateFacts } from './certificate.ts'
import { assembleChain } from './chain.ts'

export interface Known {
  readonly der: Der
  readonly facts: CertificateFacts
}

/** @returns those that can be read, each once, with what they say */
export function distinctCertificates(certificates: readonly Der[]): readonly Known[] {
  const found = new Map<string, Known>()
  for (const der of certificates) {
    const facts = certificateFacts(der)
    if (facts.ok && !found.has(facts.value.fingerprint)) found.set(facts.value.fingerprint, { der, facts: facts.value })
  }
  return [...found.values()]
}

interface Offered<T extends Known> {
  readonly roots: readonly T[]
  /** Certificates that may lead from one root to another. */
  readonly links: readonly Known[]
}

/** @returns the trusted ones, and those of the offered roots that a series of changes leads to from them */
export function withSuccessors<T extends Known>(trusted: readonly T[], { roots, links }: Offered<T>): readonly T[] {
  const found = [...trusted]
  for (let grown = true; grown;) {
    const next = roots.find((root) => !found.includes(root) && isVouchedFor(root, found, links))
    grown = next !== undefined
    if (next !== undefined) found.push(next)
  }
  return found
}

/** By key, not by name: an old and a new root have the same name. */
export function isVouchedFor({ facts }: Known, trusted: readonly Known[], links: readonly Known[]): boolean {
  if (!links.some((link) => link.facts.publicKeyHash === facts.publicKeyHash && link.facts.isCA)) return false
  const path = assembleChain({
    certificates: links.map(({ der }) => der),
    publicKeyHash: facts.publicKeyHash,
    roots: trusted.map(({ der }) => der),
  })
  return path.ok && path.value.root !== undefined
}
