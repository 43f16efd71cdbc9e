import { describe, expect, it } from '@jest/globals'
import {
  extendedKeyUsages,
  isKeyUsage,
  keyUsageFlags,
  usagesOfFlags,
  usagesOfPurpose,
} from '../../../src/pki/usages.ts'

/** The KeyUsages of cert-manager.io/v1, each with its bit or its purpose (RFC 5280 sections 4.2.1.3 and 4.2.1.12). */
const table: readonly (readonly [string, number | string])[] = [
  ['signing', 0],
  ['digital signature', 0],
  ['content commitment', 1],
  ['key encipherment', 2],
  ['data encipherment', 3],
  ['key agreement', 4],
  ['cert sign', 5],
  ['crl sign', 6],
  ['encipher only', 7],
  ['decipher only', 8],
  ['any', '2.5.29.37.0'],
  ['server auth', '1.3.6.1.5.5.7.3.1'],
  ['client auth', '1.3.6.1.5.5.7.3.2'],
  ['code signing', '1.3.6.1.5.5.7.3.3'],
  ['email protection', '1.3.6.1.5.5.7.3.4'],
  ['s/mime', '1.3.6.1.5.5.7.3.4'],
  ['ipsec end system', '1.3.6.1.5.5.7.3.5'],
  ['ipsec tunnel', '1.3.6.1.5.5.7.3.6'],
  ['ipsec user', '1.3.6.1.5.5.7.3.7'],
  ['timestamping', '1.3.6.1.5.5.7.3.8'],
  ['ocsp signing', '1.3.6.1.5.5.7.3.9'],
  ['microsoft sgc', '1.3.6.1.4.1.311.10.3.3'],
  ['netscape sgc', '2.16.840.1.113730.4.1'],
]

describe('the usage', () => {
  it.each(table)('"%s" is %s, and finds itself when it is read', (usage, meaning) => {
    const isBit = typeof meaning === 'number'
    expect(keyUsageFlags([usage])).toBe(isBit ? 1 << meaning : 0)
    expect(extendedKeyUsages([usage])).toEqual(isBit ? [] : [meaning])
    expect(isKeyUsage(usage)).toBe(isBit)
    expect(isBit ? usagesOfFlags(1 << meaning) : usagesOfPurpose(meaning)).toContain(usage)
  })

  it('that nobody knows asks for nothing', () => {
    expect(keyUsageFlags(['constructor', 'toString', 'nonsense'])).toBe(0)
    expect(extendedKeyUsages(['constructor', '__proto__', 'nonsense'])).toEqual([])
  })

  it('that two names ask for is asked for once', () => {
    expect(extendedKeyUsages(['s/mime', 'server auth', 'email protection'])).toEqual([
      '1.3.6.1.5.5.7.3.4',
      '1.3.6.1.5.5.7.3.1',
    ])
    expect(keyUsageFlags(['signing', 'digital signature'])).toBe(1)
  })

  it('without a name is read as its object identifier', () => {
    expect(usagesOfPurpose('1.3.6.1.5.5.7.3.17')).toEqual(['1.3.6.1.5.5.7.3.17'])
  })
})
