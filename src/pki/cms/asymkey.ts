/** Private keys that a CA made: AsymmetricKeyPackage and its OneAsymmetricKey (RFC 5958). */
import { createPrivateKey } from 'node:crypto'
import type { Der } from '../../std/bytes.ts'
import { asPem } from '../../std/bytes.ts'
import { err } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { tags } from '../der.ts'
import { readPrivateKey } from '../key.ts'
import type { PrivateKey } from '../key.ts'
import { childrenOf, onlyChild, reading } from '../readder.ts'

/**
 * @param der - an AsymmetricKeyPackage with one key, or a OneAsymmetricKey (PKCS#8) alone; DER
 * @returns the key, or a clause that says why it cannot be used; never anything of the key
 */
export function readAsymmetricKeyPackage(der: Uint8Array): Result<PrivateKey, string> {
  return reading(() => {
    const outer = onlyChild(der, 'key package')
    const [first, ...others] = childrenOf(outer, 'key package')
    if (first?.tag === tags.integer) return openKey(outer.encoded)
    if (first === undefined || others.length > 0)
      return err(`it holds ${others.length + (first ? 1 : 0)} keys, and one is due`)
    return openKey(first.encoded)
  })
}

/** Through OpenSSL, which leaves out attributes and the public half that a OneAsymmetricKey may have. */
function openKey(der: Der): Result<PrivateKey, string> {
  try {
    const key = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' })
    return readPrivateKey(asPem(String(key.export({ type: 'pkcs8', format: 'pem' }))))
  } catch {
    return err('it is not a private key that can be read; it may be damaged')
  }
}
