/**
 * A number in [0, 1) that depends on `text` alone: jitter that is the same on every replica, after every restart.
 * FNV-1a over UTF-16 units, followed by the murmur3 finaliser so that near-equal texts land far apart.
 *
 * @param text - what the jitter belongs to, for example an object's uid and a serial number
 */
export function fractionOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000
}
