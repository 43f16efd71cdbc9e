import { describe, expect, it } from '@jest/globals'
import { detailOf } from '../../../src/web/detail.ts'
import { rowOf } from '../../../src/web/rows.ts'
import { item, judged, now } from '../../support/inventoryitems.ts'
import type { ItemSource } from '../../../src/domain/inventory/item.ts'

function notesOf(changes: Partial<ItemSource>): readonly string[] | undefined {
  const [one] = judged(item(changes))
  const lookup = { consumers: [], moments: [], unread: [] }
  return one && detailOf(one, rowOf(one, []), { now, lookup, reissue: undefined }).notes
}

describe('the page of a certificate', () => {
  it('has no notes on one of which all is known', () => {
    expect(notesOf({})).toEqual([])
  })

  it.each([
    ['found', 'leave there those that lead to its root, each once'],
    ['ready', 'ask who runs the CA why it sends them'],
  ] as const)('says of how many certificates above it how many are looked at, and what to do: %s', (state, cure) => {
    expect(notesOf({ state, unreadAbove: 3 })).toEqual([
      `Only 1 of the 4 certificates above it are looked at: ${cure}.`,
    ])
  })
})
