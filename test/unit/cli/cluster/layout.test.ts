import { describe, expect, it } from '@jest/globals'
import { agoOrAhead, tableLines, treeLines } from '../../../../src/cli/cluster/layout.ts'
import { fromRfc3339, instant } from '../../../../src/std/time.ts'

const now = fromRfc3339('2026-11-01T00:00:00Z') ?? instant(0)

describe('a tree', () => {
  it('shows what belongs to what', () => {
    const tree = { text: 'a', branches: [{ text: 'b', branches: [{ text: 'c' }, { text: 'd' }] }, { text: 'e' }] }
    expect(treeLines(tree)).toEqual(['a', '├─ b', '│  ├─ c', '│  └─ d', '└─ e'])
  })
})

describe('a table', () => {
  it('lines up its columns and ends without blanks', () => {
    expect(
      tableLines([
        ['NAME', 'READY'],
        ['web-server', 'True'],
      ]),
    ).toEqual(['NAME         READY', 'web-server   True'])
  })
})

describe('a moment', () => {
  it.each([
    ['2026-11-01T00:00:30Z', 'in 30s'],
    ['2026-11-01T01:30:00Z', 'in 1h30m'],
    ['2026-11-13T05:00:00Z', 'in 12d'],
    ['2026-10-31T23:00:00Z', '1h ago'],
    ['2036-11-01T00:00:00Z', 'in 10y'],
    ['2026-11-01T00:00:00Z', 'in 0s'],
    [undefined, '-'],
    ['tomorrow', '-'],
  ])('%s reads %s', (text, expected) => {
    expect(agoOrAhead(text, now)).toBe(expected)
  })
})
