/** What a CA may certify, as its own certificate says (RFC 5280 section 4.2.1.10). */
import { BlockList, isIPv6 } from 'node:net'
import { AsnConvert } from '@peculiar/asn1-schema'
import { NameConstraints as AsnNameConstraints } from '@peculiar/asn1-x509'
import type { GeneralSubtree } from '@peculiar/asn1-x509'
import type { NameSubtrees, SubjectName } from '../domain/wanted.ts'

/** The subtrees of a CA. Forms of names that Perennial cannot ask for are left out. */
export interface ConstrainedTo {
  readonly permitted: NameSubtrees
  readonly excluded: NameSubtrees
}

/**
 * @param value - the extension's value, DER
 * @throws Error when the bytes are not NameConstraints
 */
export function readNameConstraints(value: ArrayBuffer): ConstrainedTo {
  const { permittedSubtrees, excludedSubtrees } = AsnConvert.parse(value, AsnNameConstraints)
  return { permitted: subtrees(permittedSubtrees ?? []), excluded: subtrees(excludedSubtrees ?? []) }
}

function subtrees(list: Iterable<GeneralSubtree>): NameSubtrees {
  const bases = [...list].map(({ base }) => base)
  return {
    dnsDomains: bases.flatMap(({ dNSName }) => dNSName ?? []),
    ipRanges: bases.flatMap(({ iPAddress }) => iPAddress ?? []),
    emailAddresses: bases.flatMap(({ rfc822Name }) => rfc822Name ?? []),
    uriDomains: bases.flatMap(({ uniformResourceIdentifier }) => uniformResourceIdentifier ?? []),
  }
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
