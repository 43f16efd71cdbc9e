/**
 * From what a CA sent to what may be stored: orders the chain and holds the certificate against what was wanted. Nothing that
 * fails here is written anywhere.
 */
import type { CertificateFacts } from '../domain/facts.ts'
import { fault } from '../domain/fault.ts'
import type { Fault } from '../domain/fault.ts'
import { verify } from '../domain/verify.ts'
import type { Wanted } from '../domain/wanted.ts'
import type { Der } from '../std/bytes.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import type { Instant } from '../std/time.ts'
import { certificateFacts } from './certificate.ts'
import { assembleChain } from './chain.ts'
import type { PrivateKey } from './key.ts'
import { openCertificate } from './opened.ts'

/** A verified certificate with its key. */
export interface Bundle {
  readonly key: PrivateKey
  readonly leaf: Der
  readonly intermediates: readonly Der[]
  /** Trust anchors, where they are known. */
  readonly roots: readonly Der[]
}

/** What a CA sent, and the key that it was asked to certify or made. */
export interface Reply {
  /** In any order. */
  readonly chain: readonly Der[]
  /** Trust anchors, where the protocol names them. */
  readonly roots?: readonly Der[]
  readonly key: PrivateKey
}

export interface Accepted {
  readonly bundle: Bundle
  readonly facts: CertificateFacts
  /** What the CA changed without harm, a clause each. */
  readonly differences: readonly string[]
}

/**
 * @param now - the moment of judgement
 * @returns what may be stored, or a fault that says why nothing may
 */
export function accept(
  { chain: sent, roots: anchors, key }: Reply,
  wanted: Wanted,
  now: Instant,
): Result<Accepted, Fault> {
  const { publicKeyHash } = key
  const chain = assembleChain({
    certificates: sent,
    publicKeyHash,
    ...(anchors === undefined ? {} : { roots: anchors }),
  })
  if (!chain.ok)
    return err(fault('WrongCertificate', `the CA's reply cannot be used: ${chain.error}; it was not stored`))
  const { leaf, intermediates, root } = chain.value
  const facts = certificateFacts(leaf)
  if (!opens(leaf))
    return err(fault('ReplyMalformed', 'the issued certificate is none that OpenSSL can read; it was not stored'))
  if (!facts.ok) return err(fault('ReplyMalformed', `the issued certificate cannot be read: ${facts.error}`))
  const verdict = verify({ wanted, publicKeyHash, facts: facts.value }, now)
  if (verdict.kind === 'rejected') return err(verdict.fault)
  const roots = anchors === undefined ? [] : root === undefined ? anchors : [root]
  return ok({ bundle: { key, leaf, intermediates, roots }, facts: facts.value, differences: verdict.differences })
}

/** Whoever serves it reads it whole, and with more rigour than is needed to tell what it says. */
function opens(certificate: Der): boolean {
  try {
    return openCertificate(certificate).serialNumber !== ''
  } catch {
    return false
  }
}
