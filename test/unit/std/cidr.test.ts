import { BlockList } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { mergeRanges, readRange, widestRanges } from '../../../src/std/cidr.ts'

describe('ranges of addresses', () => {
  const table: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['two halves are one', ['10.0.1.0/24', '10.0.0.0/24'], ['10.0.0.0/23']],
    ['neighbours that are no halves stay two', ['10.0.1.0/24', '10.0.2.0/24'], ['10.0.1.0/24', '10.0.2.0/24']],
    ['what lies in another is left out', ['10.0.0.7', '10.0.0.0/8', '10.1.0.0/16'], ['10.0.0.0/8']],
    ['halves of halves are one', ['10.0.0.128/25', '10.0.0.0/26', '10.0.0.64/26', '10.0.1.0/24'], ['10.0.0.0/23']],
    ['halves of everything are everything', ['128.0.0.0/1', '0.0.0.0/1'], ['0.0.0.0/0']],
    ['bits behind the prefix do not count', ['10.0.0.77/24'], ['10.0.0.0/24']],
    ['IPv6 too', ['fd00:0:0:1::/64', 'FD00::/64', 'fd00::8:0:0:0:1'], ['fd00::/63', 'fd00:0:0:8::1/128']],
    ['the families are kept apart', ['::/1', '0.0.0.0/1', '8000::/1'], ['0.0.0.0/1', '::/0']],
    [
      'what is none is passed over',
      ['nonsense', '10.0.0.0/33', '10.0.0.0/8/8', '', 'fe80::%1/64', '10.0.0.1'],
      ['10.0.0.1/32'],
    ],
  ]

  it.each(table)('merged: %s', (_what, ranges, merged) => {
    expect(mergeRanges(ranges)).toEqual(merged)
  })

  it('of thousands of nodes are one range', () => {
    const nodes = Array.from({ length: 4096 }, (_, index) => `10.${240 + (index >> 8)}.${index & 255}.0/24`)
    expect(mergeRanges(nodes.toReversed())).toEqual(['10.240.0.0/12'])
  })

  it('that are too many are the widest', () => {
    expect(widestRanges(['10.0.0.0/24', '10.1.0.0/16', '10.3.0.0/23'], 2)).toEqual(['10.1.0.0/16', '10.3.0.0/23'])
  })

  // Few addresses, so that ranges meet.
  const ipv4 = fc.tuple(fc.nat(15), fc.integer({ min: 28, max: 32 })).map(([low, prefix]) => `10.9.8.${low}/${prefix}`)
  const ipv6 = fc
    .tuple(fc.nat(15), fc.integer({ min: 124, max: 128 }))
    .map(([low, prefix]) => `fd00:9::${low.toString(16)}/${prefix}`)
  const everyAddress = Array.from({ length: 16 }, (_, low) => [`10.9.8.${low}`, `fd00:9::${low.toString(16)}`]).flat()

  it('hold the same addresses merged as they did before, in whatever order they came', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(ipv4, ipv6), { maxLength: 24 }), (ranges) => {
        const merged = mergeRanges(ranges)
        expect(held(merged)).toEqual(held(ranges))
        expect(mergeRanges(ranges.toReversed())).toEqual(merged)
      }),
    )
  })

  it('are as few as can be: none is needless, and none could be twice as wide', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(ipv4, ipv6), { maxLength: 24 }), (ranges) => {
        const merged = mergeRanges(ranges)
        for (const [index, range] of merged.entries()) {
          expect(held(merged.toSpliced(index, 1))).not.toEqual(held(merged))
          const [network = '', prefix = ''] = range.split('/')
          if (prefix === '28' || prefix === '124') continue
          expect(held([...merged, `${network}/${Number(prefix) - 1}`])).not.toEqual(held(merged))
        }
      }),
    )
  })

  const held = (ranges: readonly string[]): readonly string[] => {
    const list = new BlockList()
    for (const text of ranges) {
      const range = readRange(text)
      if (range === undefined) throw new Error(`${text} is no range`)
      list.addSubnet(range.network, range.prefix, range.version === 6 ? 'ipv6' : 'ipv4')
    }
    return everyAddress.filter((address) => list.check(address, address.includes(':') ? 'ipv6' : 'ipv4'))
  }
})
