/** What a CA may certify, as its own certificate says (RFC 5280 section 4.2.1.10). */
import { BlockList, isIPv6 } from 'node:net'
import type { NameSubtrees, SubjectName } from '../domain/wanted.ts'
import type { DerElement } from './der.ts'
import { generalNameTags } from './names.ts'
import { childrenOf, Malformed, onlyChild } from './readder.ts'
import { addressText } from './readnames.ts'

/** The subtrees of a CA. Forms of names that Perennial cannot ask for are left out. */
export interface ConstrainedTo {
  readonly permitted: NameSubtrees
  readonly excluded: NameSubtrees
}

/**
 * @param value - the extension's value, DER
 * @throws Malformed when the bytes are not NameConstraints
 */
export function readNameConstraints(value: Uint8Array): ConstrainedTo {
  const parts = childrenOf(onlyChild(value, what), what)
  const [permitted, excluded] = [0xa0, 0xa1].map((tag) => subtrees(parts.find((part) => part.tag === tag)))
  return { permitted: permitted ?? none, excluded: excluded ?? none }
}

const what = 'name constraints extension'
const none: NameSubtrees = { dnsDomains: [], ipRanges: [], emailAddresses: [], uriDomains: [] }

/** @param element - GeneralSubtrees */
function subtrees(element: DerElement | undefined): NameSubtrees {
  if (element === undefined) return none
  const bases = childrenOf(element, what).flatMap((subtree) => childrenOf(subtree, what).slice(0, 1))
  const of = (tag: number): readonly Uint8Array[] => bases.flatMap((base) => (base.tag === tag ? base.content : []))
  const texts = (tag: number): readonly string[] => of(tag).map((octets) => Buffer.from(octets).toString('latin1'))
  return {
    dnsDomains: texts(generalNameTags.dns),
    ipRanges: of(generalNameTags.ip).map(rangeText),
    emailAddresses: texts(generalNameTags.email),
    uriDomains: texts(generalNameTags.uri),
  }
}

/** CIDR text from address and mask. */
function rangeText(octets: Uint8Array): string {
  const half = octets.length / 2
  if (half !== 4 && half !== 16) throw new Malformed(`its ${what} has an address range of ${octets.length} octets`)
  const bits = [...octets.subarray(half)].map((octet) => octet.toString(2).padStart(8, '0')).join('')
  if (!/^1*0*$/.test(bits)) throw new Malformed(`its ${what} has an address range with holes`)
  return `${addressText(octets.subarray(0, half))}/${bits.indexOf('0') < 0 ? bits.length : bits.indexOf('0')}`
}

/**
 * @param constraints - of the CA that would sign
 * @param names - what is asked for
 * @returns the names that relying parties would refuse under this CA
 */
export function namesBeyond(constraints: ConstrainedTo, names: readonly SubjectName[]): readonly SubjectName[] {
  const permitted = matcher(constraints.permitted)
  const excluded = matcher(constraints.excluded)
  return names.filter((name) => permitted(name) === false || excluded(name) === true)
}

/** Says whether a name lies in the subtrees; undefined when there is no subtree of the name's form. */
function matcher(part: NameSubtrees): (name: SubjectName) => boolean | undefined {
  const some = (bases: readonly string[], matches: (base: string) => boolean): boolean | undefined =>
    bases.length === 0 ? undefined : bases.some((base) => matches(base.toLowerCase()))
  return (name) => {
    const value = name.value.toLowerCase()
    switch (name.type) {
      case 'dns':
        return some(part.dnsDomains, (base) => withinDomain(base, value))
      case 'ip':
        return some(part.ipRanges, (base) => withinRange(base, value))
      case 'email':
        return some(part.emailAddresses, (base) => base === value || withinHost(base, value.replace(/^.*@/, '')))
      case 'uri':
        return some(part.uriDomains, (base) => withinHost(base, hostOf(value)))
      case 'other':
        return undefined
    }
  }
}

/** DNS: the domain itself and everything below it. A wildcard counts by what it stands for. */
function withinDomain(base: string, name: string): boolean {
  const domain = base.replace(/^\./, '')
  return domain === '' || (name === domain && !base.startsWith('.')) || name.endsWith(`.${domain}`)
}

/** Mail and URI: `host` is that host alone, `.domain` is every host below the domain. */
const withinHost = (base: string, host: string): boolean => (base.startsWith('.') ? host.endsWith(base) : host === base)

const hostOf = (uri: string): string => (URL.canParse(uri) ? new URL(uri).hostname : '')

function withinRange(base: string, address: string): boolean {
  const [network = '', prefix = ''] = base.split('/')
  const family = isIPv6(network) ? 'ipv6' : 'ipv4'
  if (isIPv6(address) !== (family === 'ipv6')) return false
  const range = new BlockList()
  range.addSubnet(network, Number(prefix), family)
  return range.check(address, family)
}
