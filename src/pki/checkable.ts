/** Which signatures are worth being checked: a certificate of a kilobyte can hold a key that takes a hundred times as long as others. */
import type { KeyObject } from 'node:crypto'

/** More than any CA has. The exponent is 65537 nearly everywhere; one as long as the modulus costs a hundred times as much. */
const largestModulus = 8192
const largestExponent = 2n ** 32n

/** Those of CAs in use, and brainpool's. Binary curves take twice as long as the slowest of these. */
const curves: ReadonlySet<string> = new Set([
  'prime256v1',
  'secp256k1',
  'secp384r1',
  'secp521r1',
  'brainpoolP256r1',
  'brainpoolP384r1',
  'brainpoolP512r1',
])

/** @param publicKey - of whoever is said to have signed. Checking with others takes long enough to hold everything up */
export function isCheckable({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n, namedCurve = '' } = asymmetricKeyDetails
  switch (asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
      return modulusLength <= largestModulus && publicExponent <= largestExponent
    case 'ec':
      return curves.has(namedCurve)
    case 'ed25519':
    case 'ed448':
      return true
    case 'dsa':
      return modulusLength <= largestModulus / 2
    default:
      return false
  }
}
