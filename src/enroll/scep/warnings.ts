/** What works and should not be needed any more. Pure. */
import type { Protection } from './certrep.ts'
import type { Algorithms } from './capabilities.ts'

const oldHashes: ReadonlySet<string> = new Set(['SHA-1', 'MD5'])
const oldCiphers: ReadonlySet<string> = new Set(['DES-CBC', 'DES-EDE3-CBC'])

/** @returns the old algorithms of a reply, for example `SHA-1` */
export const legacyOf = ({ hash, cipher }: Protection): readonly string[] => [
  ...(oldHashes.has(hash) ? [hash] : []),
  ...(cipher !== undefined && oldCiphers.has(cipher) ? [cipher] : []),
]

/** @returns a sentence about old algorithms in request and reply; undefined when there are none */
export function warningFor(algorithms: Algorithms, protection?: Protection): string | undefined {
  const replies = protection === undefined ? [] : legacyOf(protection)
  const parts = [
    ...(algorithms.legacy.length === 0 ? [] : [`requests to it are protected with ${algorithms.legacy.join(' and ')}`]),
    ...(replies.length === 0 ? [] : [`it protects its replies with ${replies.join(' and ')}`]),
  ]
  if (parts.length === 0) return undefined
  return `the SCEP service relies on old algorithms: ${parts.join(', and ')}; ask its administrator for AES and SHA-256`
}
