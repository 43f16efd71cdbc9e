/** What a certificate may be used for, by the names of cert-manager.io/v1 (RFC 5280 sections 4.2.1.3 and 4.2.1.12). */
import type { Usage } from '../domain/wanted.ts'

/** Bit number in the KeyUsage BIT STRING. Two names may stand for one bit. */
const keyUsageBits: ReadonlyMap<Usage, number> = new Map(
  Object.entries({
    'digital signature': 0,
    signing: 0,
    'content commitment': 1,
    'key encipherment': 2,
    'data encipherment': 3,
    'key agreement': 4,
    'cert sign': 5,
    'crl sign': 6,
    'encipher only': 7,
    'decipher only': 8,
  }),
)

/** KeyPurposeId. Two names may stand for one purpose. */
const purposes: ReadonlyMap<Usage, string> = new Map(
  Object.entries({
    any: '2.5.29.37.0',
    'server auth': '1.3.6.1.5.5.7.3.1',
    'client auth': '1.3.6.1.5.5.7.3.2',
    'code signing': '1.3.6.1.5.5.7.3.3',
    'email protection': '1.3.6.1.5.5.7.3.4',
    's/mime': '1.3.6.1.5.5.7.3.4',
    'ipsec end system': '1.3.6.1.5.5.7.3.5',
    'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
    'ipsec user': '1.3.6.1.5.5.7.3.7',
    timestamping: '1.3.6.1.5.5.7.3.8',
    'ocsp signing': '1.3.6.1.5.5.7.3.9',
    'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
    'netscape sgc': '2.16.840.1.113730.4.1',
  }),
)

/** @returns whether the usage is a bit of the KeyUsage extension, rather than a purpose */
export const isKeyUsage = (usage: Usage): boolean => keyUsageBits.has(usage)

/** @returns flags of the KeyUsage extension: bit n of the number is bit n of the BIT STRING */
export const keyUsageFlags = (usages: readonly Usage[]): number =>
  usages.reduce((flags, usage) => {
    const bit = keyUsageBits.get(usage)
    return bit === undefined ? flags : flags | (1 << bit)
  }, 0)

/** A purpose without a name goes by its object identifier, here and in {@link usagesOfPurpose}. */
const isOid = (usage: Usage): boolean => /^[0-2](\.[0-9]+)+$/.test(usage)

/** @returns the object identifiers of the ExtendedKeyUsage extension, each once, in the order of the usages */
export const extendedKeyUsages = (usages: readonly Usage[]): readonly string[] => [
  ...new Set(usages.flatMap((usage) => purposes.get(usage) ?? (isOid(usage) ? usage : []))),
]

/**
 * @param flags - see {@link keyUsageFlags}
 * @returns every name of every bit that is set, so that a wish by either name finds itself
 */
export const usagesOfFlags = (flags: number): readonly Usage[] =>
  [...keyUsageBits].flatMap(([usage, bit]) => ((flags & (1 << bit)) === 0 ? [] : usage))

/** @returns every name of the purpose, or its object identifier when it has none */
export const usagesOfPurpose = (oid: string): readonly Usage[] => namesOfPurposes.get(oid) ?? [oid]

const namesOfPurposes: ReadonlyMap<string, readonly Usage[]> = new Map(
  [...purposes.values()].map((oid) => [oid, [...purposes].flatMap(([usage, of]) => (of === oid ? usage : []))]),
)
