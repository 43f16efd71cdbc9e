/**
 * Holds the certificate that came back against the one that was asked for. A certificate that fails is never stored: the old
 * one stays. What a CA may change without harm (subject details, extra usages, a shorter life) is told, not refused.
 */
import { between, hours, minutes, plus, scale, toRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import type { CertificateFacts } from './facts.ts'
import { fault } from './fault.ts'
import type { Fault } from './fault.ts'
import { formatDistinguishedName } from './name.ts'
import { keyText, sameShape } from './wanted.ts'
import type { SubjectName, Wanted } from './wanted.ts'

export type Verdict =
  | { readonly kind: 'accepted'; readonly differences: readonly string[] }
  | { readonly kind: 'rejected'; readonly fault: Fault }

export interface VerifyInput {
  readonly wanted: Wanted
  /** The key the request was made with (or that the CA made for us): lower-case hex SHA-256 of its SPKI. */
  readonly publicKeyHash: string
  readonly facts: CertificateFacts
}

/** How far the CA's clock may be ahead of ours before a certificate counts as not yet valid. */
const clockTolerance = minutes(2)
const weakHashes = /^(md2|md5|sha1)/i

/**
 * @param input - what was wanted and what came
 * @param now - the moment of judgement
 */
export function verify(input: VerifyInput, now: Instant): Verdict {
  const flaw = flawOf(input, now)
  if (flaw === undefined) return { kind: 'accepted', differences: differences(input) }
  const sentence = `the certificate that the CA returned ${flaw.clause}; it was not stored`
  return { kind: 'rejected', fault: fault(flaw.code, sentence) }
}

/** Why a certificate is not what is wanted. */
export interface Flaw {
  readonly code: 'WrongCertificate' | 'NamesRejected' | 'SecurityViolation'
  /** What the certificate does or is, for example `lacks www.example.com`. */
  readonly clause: string
}

export const flawOf = (input: VerifyInput, now: Instant): Flaw | undefined =>
  wrongKey(input) ?? wrongDates(input, now) ?? wrongNames(input) ?? wrongPowers(input) ?? weak(input)

function wrongKey({ facts, publicKeyHash, wanted }: VerifyInput): Flaw | undefined {
  if (facts.publicKeyHash !== publicKeyHash) return wrong('is for a key that is not ours', 'SecurityViolation')
  // Only a key that the CA made can differ. Stored, it would be replaced at once, and again, and again.
  const { key } = facts
  if (key === undefined || sameShape(key, wanted.key)) return undefined
  return wrong(`holds a key of the kind ${keyText(key)}, wanted is ${keyText(wanted.key)}`)
}

function wrongDates({ facts, wanted }: VerifyInput, now: Instant): Flaw | undefined {
  if (facts.notAfter <= now)
    return wrong(
      `expired at ${toRfc3339(facts.notAfter)}, before it arrived; check the clocks of the CA and of this cluster`,
    )
  if (facts.notBefore > plus(now, clockTolerance))
    return wrong(`is not valid before ${toRfc3339(facts.notBefore)}; check the clocks of the CA and of this cluster`)
  const left = between(now, facts.notAfter)
  // Held against what was issued too: a CA of short lives is not one that hands out old certificates.
  const lifetime = Math.min(wanted.lifetime, between(facts.notBefore, facts.notAfter))
  const least = Math.min(hours(1), lifetime / 2)
  return left < least ? wrong(`expires at ${toRfc3339(facts.notAfter)}, too soon to be worth serving`) : undefined
}

function wrongNames({ facts, wanted }: VerifyInput): Flaw | undefined {
  const have = new Set(facts.names.map(nameKey))
  const asked = new Set(wanted.names.map(nameKey))
  const missing = wanted.names.filter((name) => !have.has(nameKey(name)))
  if (missing.length > 0) return wrong(`lacks ${listNames(missing)}`, 'NamesRejected')
  const commonNames = new Set(
    wanted.subject
      .flat()
      .filter(isCommonName)
      .map((part) => part.value.toLowerCase()),
  )
  const extra = facts.names.filter((name) => !asked.has(nameKey(name)) && !commonNames.has(name.value.toLowerCase()))
  return extra.length > 0 ? wrong(`carries names nobody asked for: ${listNames(extra)}`) : undefined
}

function wrongPowers({ facts, wanted }: VerifyInput): Flaw | undefined {
  if (facts.isCA && !wanted.isCA) return wrong('may sign other certificates (CA:TRUE), which nobody asked for')
  if (!facts.isCA && wanted.isCA) return wrong('is not a CA certificate, but spec.isCA is true')
  const missing = wanted.usages.filter((usage) => isExtended(usage) && !facts.usages.includes(usage))
  const restricted = facts.usages.some(isExtended) && !facts.usages.includes('any')
  return missing.length > 0 && restricted ? wrong(`does not allow ${missing.join(', ')}`) : undefined
}

function weak({ facts }: VerifyInput): Flaw | undefined {
  if (facts.selfSigned || !weakHashes.test(facts.signatureHash)) return undefined
  return wrong(`is signed with ${facts.signatureHash}, which can be forged`)
}

function differences({ facts, wanted }: VerifyInput): readonly string[] {
  const found: string[] = []
  const subject = formatDistinguishedName(wanted.subject)
  const issued = formatDistinguishedName(facts.subject)
  if (subject !== issued) found.push(`subject is "${issued}", asked was "${subject}"`)
  const missing = wanted.usages.filter(
    (usage) => !isExtended(usage) && !facts.usages.includes(usage) && fits(usage, wanted),
  )
  if (missing.length > 0 && facts.usages.length > 0) found.push(`usages lack ${missing.join(', ')}`)
  const lifetime = between(facts.notBefore, facts.notAfter)
  if (lifetime < scale(wanted.lifetime, 0.9)) found.push(`lives until ${toRfc3339(facts.notAfter)}, shorter than asked`)
  return found
}

/** Key usage bits; every other usage name is an extended key usage (RFC 5280 sections 4.2.1.3 and 4.2.1.12). */
const keyUsages = new Set([
  'signing',
  'digital signature',
  'content commitment',
  'key encipherment',
  'key agreement',
  'data encipherment',
  'cert sign',
  'crl sign',
  'encipher only',
  'decipher only',
])
const isExtended = (usage: string): boolean => !keyUsages.has(usage) && usage !== 'any'
/** Only RSA keys encipher; CAs drop that usage from others, and nobody misses it (RFC 8813 section 3). */
const fits = (usage: string, { key }: Wanted): boolean => usage !== 'key encipherment' || key.algorithm === 'RSA'
const isCommonName = (part: { oid: string }): boolean => part.oid === '2.5.4.3'

/** DNS names and the host part of addresses compare without case; here everything textual does, which only forgives. */
const nameKey = (name: SubjectName): string =>
  name.type === 'other' ? `other:${name.oid}:${name.value}` : `${name.type}:${name.value.toLowerCase()}`

const listNames = (names: readonly SubjectName[]): string => {
  const shown = names.slice(0, 5).map((name) => name.value.slice(0, 80))
  return names.length > shown.length ? `${shown.join(', ')} and ${names.length - shown.length} more` : shown.join(', ')
}

const wrong = (clause: string, code: Flaw['code'] = 'WrongCertificate'): Flaw => ({ code, clause })
