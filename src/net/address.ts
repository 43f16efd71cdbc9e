/**
 * Which addresses may be called. Issuer URLs are written by people who may not reach what the operator can reach, so the check
 * is made on the resolved address, inside the connection's own lookup: what was checked is what is connected to.
 */
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { types } from 'node:util'
import { readRange } from '../std/cidr.ts'
import { canonicalIp } from '../std/ip.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'

/** @param address - canonical, and the IPv4 address that it reaches where it stands for one */
export type AddressTest = (address: string) => boolean

/** `allow` and `deny` are CIDRs or single addresses; `allow` wins. `alsoDeny` is asked at each call, for what is learnt later. */
export type AddressPolicy =
  | 'any'
  | {
      readonly kind: 'public'
      readonly allow: readonly string[]
      readonly deny?: readonly string[]
      readonly alsoDeny?: AddressTest
    }

/** Networks that are someone's own. Allowed by default, because that is where most CAs live; to be used as `deny`. */
export const privateRanges: readonly string[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
]

/** Never a CA (RFC 6890): this machine, its links, cloud metadata, everybody, nobody, and the tunnels that lead there. */
const neverPublic: readonly string[] = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '192.0.0.192/32',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
  'fd00:ec2::/32',
  'fd20:ce::254/128',
  '64:ff9b:1::/48',
  '2001::/32',
  '2002::/16',
]

/** @returns whether an address, in any spelling, may be connected to */
export type AddressCheck = (address: string) => boolean

export interface Resolved {
  readonly address: string
  readonly family: number
}

/** Name to addresses, best first. Rejects with Node's own DNS errors. */
export type Resolve = (hostname: string) => Promise<readonly Resolved[]>

/** The machine's resolver, so that /etc/hosts and the cluster's search domains count. */
export const resolveWithSystem: Resolve = (hostname) => lookup(hostname, { all: true, order: 'verbatim' })

/** Ends a sentence about an address that may not be called. */
export const unlessAllowed = 'unless --allow-addresses of the operator names it'

/** The `code` of the error with which a forbidden connection fails. */
export const forbiddenCode = 'PERENNIAL_FORBIDDEN_ADDRESS'

/** @returns the policy ready to be asked, or a sentence about the range that cannot be read */
export function compilePolicy(policy: AddressPolicy): Result<AddressCheck, string> {
  if (policy === 'any') return ok(() => true)
  const { alsoDeny = () => false } = policy
  const denied = new BlockList()
  const allowed = new BlockList()
  for (const range of [...neverPublic, ...(policy.deny ?? [])]) {
    if (!addRange(denied, range)) return err(badRange(range))
  }
  for (const range of policy.allow) {
    if (!addRange(allowed, range)) return err(badRange(range))
  }
  return ok((address) => {
    const plain = unmapped(address)
    return plain !== undefined && (holds(allowed, plain) || !(holds(denied, plain) || alsoDeny(plain)))
  })
}

/** @param ranges - CIDRs or single addresses; what is neither is passed over. @returns whether an address lies in one of them */
export function within(ranges: readonly string[]): AddressTest {
  const list = new BlockList()
  for (const range of ranges) addRange(list, range)
  return (address) => holds(list, address)
}

/**
 * A lookup for `net.connect` that answers only with permitted addresses. Names of which every address is forbidden fail
 * with {@link forbiddenCode}.
 */
export function guardedLookup(check: AddressCheck, resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    const answer = (found: readonly Resolved[]): void => {
      const permitted = found.filter(({ address }) => check(address))
      const [first] = permitted
      if (first === undefined) return callback(forbidden(hostname, found), '')
      if (options.all === true) callback(null, [...permitted])
      else callback(null, first.address, first.family)
    }
    resolve(hostname).then(answer, (error: unknown) => callback(asErrno(error), ''))
  }
}

function forbidden(hostname: string, found: readonly Resolved[]): NodeJS.ErrnoException {
  const addresses = found.map(({ address }) => address).join(', ')
  return Object.assign(new Error(`${hostname} resolves to ${addresses || 'nothing'}`), { code: forbiddenCode })
}

function asErrno(error: unknown): NodeJS.ErrnoException {
  return types.isNativeError(error) ? error : new Error('name resolution failed', { cause: error })
}

/** IPv4 in IPv6 clothes (RFC 4291 section 2.5.5.2, RFC 2765) and behind NAT64 (RFC 6052) counts as the IPv4 address it reaches. */
function unmapped(address: string): string | undefined {
  const canonical = canonicalIp(address.split('%')[0] ?? '')
  if (canonical === undefined || !canonical.includes(':')) return canonical
  const groups = groupsOf(canonical)
  const [high = 0, low = 0] = groups.slice(6)
  const prefix = groups
    .slice(0, 6)
    .map((group) => group.toString(16))
    .join(':')
  const holdsIpv4 = ['0:0:0:0:0:ffff', '0:0:0:0:ffff:0', '64:ff9b:0:0:0:0'].includes(prefix)
  return holdsIpv4 ? [high >> 8, high & 255, low >> 8, low & 255].join('.') : canonical
}

/** The eight numbers of a canonical IPv6 address. */
function groupsOf(canonical: string): readonly number[] {
  const [head = [], tail = []] = canonical.split('::').map((half) => half.split(':').filter((group) => group !== ''))
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  return [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16))
}

function holds(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function addRange(list: BlockList, text: string): boolean {
  const range = readRange(text)
  if (range === undefined) return false
  list.addSubnet(range.network, range.prefix, range.version === 6 ? 'ipv6' : 'ipv4')
  return true
}

function badRange(range: string): string {
  return `"${range}" is not an address range; write it as a CIDR, for example 10.0.0.0/8 or fd00::/8.`
}
