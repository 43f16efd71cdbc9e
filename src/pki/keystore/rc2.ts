/**
 * RC2 encryption (RFC 2268). No CA and no user should want it, but the profile LegacyRC2 names it and the OpenSSL inside Node
 * has it only in a provider that cannot be loaded. Only for PKCS#12 files whose readers demand it.
 */

/** Section 2: a permutation made from the digits of pi. */
const piTable = Buffer.from(
  'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2' +
    '179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82' +
    '54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626' +
    '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7' +
    '08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec' +
    'c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731' +
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9' +
    '0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad',
  'hex',
)

const pi = (index: number): number => piTable[index & 0xff] ?? 0

const blockSize = 8

export interface Rc2Key {
  /** 1 to 128 octets. */
  readonly octets: Uint8Array
  /** How many bits of the key count: 1 to 1024. */
  readonly effectiveBits: number
}

/**
 * @param plain - of any length; padded as PKCS#7 asks
 * @param key - see {@link Rc2Key}
 * @param iv - 8 octets
 * @returns the ciphertext in CBC mode
 */
export function encryptRc2Cbc(plain: Uint8Array, key: Rc2Key, iv: Uint8Array): Uint8Array {
  const padding = blockSize - (plain.length % blockSize)
  const out = Buffer.alloc(plain.length + padding, padding)
  out.set(plain)
  const words = expandKey(key)
  let previous = iv
  for (let at = 0; at < out.length; at += blockSize) {
    const block = out.subarray(at, at + blockSize)
    for (let i = 0; i < blockSize; i += 1) block[i] = (block[i] ?? 0) ^ (previous[i] ?? 0)
    encryptBlock(block, words)
    previous = block
  }
  return out
}

/** Section 2: 64 words of 16 bits. */
function expandKey({ octets, effectiveBits }: Rc2Key): Uint16Array {
  const length = octets.length
  const effective = Math.ceil(effectiveBits / 8)
  const mask = 0xff >> (8 * effective - effectiveBits)
  const buffer = Buffer.alloc(128)
  buffer.set(octets)
  const at = (index: number): number => buffer[index] ?? 0
  for (let i = length; i < 128; i += 1) buffer[i] = pi(at(i - 1) + at(i - length))
  buffer[128 - effective] = pi(at(128 - effective) & mask)
  for (let i = 127 - effective; i >= 0; i -= 1) buffer[i] = pi(at(i + 1) ^ at(i + effective))
  return Uint16Array.from({ length: 64 }, (_, i) => buffer.readUInt16LE(2 * i))
}

/** Section 3: 5 rounds of mixing, 1 of mashing, 6 of mixing, 1 of mashing, 5 of mixing. */
const mashAfter: ReadonlySet<number> = new Set([4, 10])
const rotations = [1, 2, 3, 5] as const

function encryptBlock(block: Buffer, key: Uint16Array): void {
  const r = Uint16Array.from({ length: 4 }, (_, i) => block.readUInt16LE(2 * i))
  const word = (index: number): number => r[index & 3] ?? 0
  for (let round = 0; round < 16; round += 1) {
    for (const [i, rotation] of rotations.entries()) {
      const chosen = (word(i + 3) & word(i + 2)) | (~word(i + 3) & word(i + 1))
      const mixed = (word(i) + (key[4 * round + i] ?? 0) + (chosen & 0xffff)) & 0xffff
      r[i] = (mixed << rotation) | (mixed >>> (16 - rotation))
    }
    if (!mashAfter.has(round)) continue
    for (let i = 0; i < 4; i += 1) r[i] = word(i) + (key[word(i + 3) & 63] ?? 0)
  }
  for (const [i, value] of r.entries()) block.writeUInt16LE(value, 2 * i)
}
