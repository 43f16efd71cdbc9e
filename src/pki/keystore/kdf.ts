/** From passwords to keys. */
import { createHash, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import type { SecretText } from '../../std/secret.ts'

export interface Stretching {
  readonly hash: 'sha1' | 'sha256'
  readonly salt: Uint8Array
  readonly iterations: number
  /** Octets wanted. */
  readonly length: number
}

const pbkdf2Async = promisify(pbkdf2)

/** PBKDF2 (RFC 8018 section 5.2) of the password in UTF-8, on the thread pool. */
export const stretchPbkdf2 = (
  password: SecretText,
  { hash, salt, iterations, length }: Stretching,
): Promise<Uint8Array> => pbkdf2Async(password.reveal(), salt, iterations, length, hash)

/** What the octets are for (RFC 7292 appendix B.3). */
export const purposes = { key: 1, iv: 2, mac: 3 } as const

const digestSizes = { sha1: 20, sha256: 32 } as const

/** Both SHA-1 and SHA-256 take 64 octets at a time. */
const blockSize = 64

/** The key derivation of PKCS#12 (RFC 7292 appendix B.2). */
export function stretchPkcs12(
  password: SecretText,
  purpose: (typeof purposes)[keyof typeof purposes],
  { hash, salt, iterations, length }: Stretching,
): Uint8Array {
  const diversifier = Buffer.alloc(blockSize, purpose)
  const input = Buffer.concat([fillBlocks(salt), fillBlocks(bmpPassword(password))])
  const parts: Uint8Array[] = []
  for (let have = 0; have < length; have += digestSizes[hash]) {
    let digest = createHash(hash).update(diversifier).update(input).digest()
    for (let round = 1; round < iterations; round += 1) digest = createHash(hash).update(digest).digest()
    parts.push(digest)
    addToBlocks(input, digest)
  }
  return Buffer.concat(parts).subarray(0, length)
}

/** Appendix B.1: BMPString with its terminating NUL. */
const bmpPassword = (password: SecretText): Uint8Array => Buffer.from(`${password.reveal()}\0`, 'utf16le').swap16()

/** Repeats the octets until they fill whole blocks. */
const fillBlocks = (octets: Uint8Array): Buffer =>
  Buffer.alloc(Math.ceil(octets.length / blockSize) * blockSize, octets)

/** Steps 6B and 6C: adds the repeated digest and one to every block, as numbers modulo 2^512. */
function addToBlocks(input: Buffer, digest: Uint8Array): void {
  const addend = Buffer.alloc(blockSize, digest)
  for (let start = 0; start < input.length; start += blockSize) {
    let carry = 1
    for (let at = blockSize - 1; at >= 0; at -= 1) {
      carry += (input[start + at] ?? 0) + (addend[at] ?? 0)
      input[start + at] = carry & 0xff
      carry >>= 8
    }
  }
}
