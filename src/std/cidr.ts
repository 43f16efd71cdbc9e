/** Ranges of addresses, written as CIDRs (RFC 4632 section 3.1, RFC 4291 section 2.3). */
import { isIP } from 'node:net'
import { canonicalIp, ipOctets } from './ip.ts'

export interface AddressRange {
  readonly version: 4 | 6
  /** As it was written; may have bits set behind the prefix. */
  readonly network: string
  readonly prefix: number
}

/** @param text - a CIDR, or one address. @returns undefined when it is neither */
export function readRange(text: string): AddressRange | undefined {
  const [network = '', bits, ...rest] = text.split('/')
  const version = isIP(network)
  if ((version !== 4 && version !== 6) || rest.length > 0 || network.includes('%')) return undefined
  const prefix = bits === undefined ? lengthOf(version) : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
  return prefix >= 0 && prefix <= lengthOf(version) ? { version, network, prefix } : undefined
}

/**
 * The fewest ranges that hold the same addresses: what lies in another is left out, and two halves become one.
 *
 * @param texts - CIDRs or addresses; what is neither is passed over
 * @returns CIDRs without bits behind the prefix, IPv4 before IPv6, by address
 */
export function mergeRanges(texts: readonly string[]): readonly string[] {
  const kept: Block[] = []
  for (const block of texts.flatMap(blockOf).toSorted(byPlace)) append(kept, block)
  return kept.map(textOf)
}

/** @param ranges - as {@link mergeRanges} returns them. @returns at most `most` of them, those with the shortest prefixes */
export function widestRanges(ranges: readonly string[], most: number): readonly string[] {
  if (ranges.length <= most) return ranges
  const prefixOf = (range: string): number => readRange(range)?.prefix ?? Infinity
  return ranges.toSorted((one, other) => prefixOf(one) - prefixOf(other)).slice(0, most)
}

interface Block {
  readonly version: 4 | 6
  readonly first: bigint
  readonly prefix: number
}

const lengthOf = (version: 4 | 6): number => (version === 6 ? 128 : 32)

/** Bits behind the prefix. */
const hostBits = ({ version, prefix }: Block): bigint => BigInt(lengthOf(version) - prefix)

function blockOf(text: string): readonly Block[] {
  const range = readRange(text)
  const network = range === undefined ? undefined : canonicalIp(range.network)
  if (range === undefined || network === undefined) return []
  const { version, prefix } = range
  return [startOf({ version, prefix, first: BigInt(`0x${Buffer.from(ipOctets(network)).toString('hex')}`) })]
}

/** The block of this length that the address lies in. */
function startOf(block: Block): Block {
  const bits = hostBits(block)
  return { ...block, first: (block.first >> bits) << bits }
}

/** The wider first, so that a block comes before what lies in it. */
function byPlace(one: Block, other: Block): number {
  if (one.version !== other.version) return one.version - other.version
  if (one.first !== other.first) return one.first < other.first ? -1 : 1
  return one.prefix - other.prefix
}

/** Each block that is kept lies before the next and is no half of one with it; so must it be afterwards. */
function append(kept: Block[], block: Block): void {
  const last = kept.at(-1)
  if (last?.version !== block.version) return void kept.push(block)
  if (last.first >> hostBits(last) === block.first >> hostBits(last)) return
  const areHalves = last.prefix === block.prefix && (last.first ^ block.first) === 1n << hostBits(block)
  if (!areHalves) return void kept.push(block)
  kept.pop()
  append(kept, { ...last, prefix: last.prefix - 1 })
}

function textOf({ version, first, prefix }: Block): string {
  const hex = first.toString(16).padStart(lengthOf(version) / 4, '0')
  const words = hex.match(version === 6 ? /.{4}/g : /../g) ?? []
  const address =
    version === 6 ? canonicalIp(words.join(':')) : words.map((word) => Number.parseInt(word, 16)).join('.')
  return `${address}/${prefix}`
}
