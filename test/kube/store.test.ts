import { beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { Store, isNewer } from '../../src/kube/store.ts'
import { recordingLogger } from '../support/log.ts'

interface Item {
  readonly resourceVersion: string
  readonly tags: readonly string[]
}

const item = (version: number, ...tags: readonly string[]): Item => ({ resourceVersion: String(version), tags })
const everything = (): boolean => true

let store: Store<Item>
let told: string[]

beforeEach(() => {
  store = new Store({ indexes: { tag: ({ tags }) => tags } })
  told = []
  store.subscribe((key, before) => void told.push(`${key} was ${before?.resourceVersion}`))
})

describe('news', () => {
  it('is told with what was held before', () => {
    store.put('a', item(1))
    store.put('a', item(2))
    store.remove('a', '3')
    expect(told).toEqual(['a was undefined', 'a was 1', 'a was 2'])
  })

  it('changes nothing and is not told when it is as old as what is held, or older', () => {
    store.put('a', item(10))
    store.put('a', item(10))
    store.put('a', item(9))
    store.remove('a', '9')
    expect(store.get('a')).toEqual(item(10))
    expect(told).toHaveLength(1)
  })

  it('of a deletion is final for older versions, not for an object that is made anew', () => {
    store.put('a', item(5))
    store.remove('a', '7')
    store.put('a', item(6))
    expect(store.get('a')).toBeUndefined()
    store.put('a', item(8))
    expect(store.get('a')).toEqual(item(8))
  })

  it('is told no longer to who left', () => {
    const leave = store.subscribe(() => void told.push('second'))
    leave()
    store.put('a', item(1))
    expect(told).toEqual(['a was undefined'])
  })

  it('reaches the other listeners when one throws', () => {
    const log = recordingLogger()
    const loud = new Store<Item>({ log })
    const heard: string[] = []
    loud.subscribe(() => {
      throw new Error('bug')
    })
    loud.subscribe((key) => void heard.push(key))
    loud.replaceAll(
      new Map([
        ['a', item(1)],
        ['b', item(1)],
      ]),
      '1',
      everything,
    )
    expect(heard).toEqual(['a', 'b'])
    expect(log.lines.map(({ level }) => level)).toEqual(['error', 'error'])
  })
})

describe('what we wrote', () => {
  it('is seen at once, wakes nobody, and is not undone by older news', () => {
    store.put('a', item(1))
    told = []
    store.overlay('a', item(5))
    store.put('a', item(3))
    store.put('a', item(5))
    expect(store.get('a')).toEqual(item(5))
    expect(told).toEqual([])
    store.put('a', item(6))
    expect(told).toEqual(['a was 5'])
  })

  it('wakes nobody when the watch brings it before the answer comes', async () => {
    store.put('a', item(1))
    told = []
    await store.writing('a', async () => {
      store.put('a', item(5))
      await Promise.resolve()
      store.overlay('a', item(5))
    })
    expect([store.get('a'), told]).toEqual([item(5), []])
    store.put('a', item(6))
    expect(told).toEqual(['a was 5'])
  })

  const meanwhile: readonly [string, () => void][] = [
    ['somebody else writes before', () => [item(4), item(5)].forEach((one) => store.put('a', one))],
    ['somebody else writes after', () => [item(5), item(6)].forEach((one) => store.put('a', one))],
    ['somebody deletes it', () => store.remove('a', '6')],
  ]
  it.each(meanwhile)('is told of once it is over when %s', async (_, happens) => {
    store.put('a', item(1))
    told = []
    await store.writing('a', async () => {
      happens()
      expect(told).toEqual([])
      await Promise.resolve()
      store.overlay('a', item(5))
    })
    expect(told).toEqual(['a was 1'])
  })

  it('is no reason to keep news back when it fails', async () => {
    store.put('a', item(1))
    told = []
    const failing = store.writing('a', () => {
      store.put('a', item(4))
      return Promise.reject(new Error('conflict'))
    })
    await expect(failing).rejects.toThrow('conflict')
    expect(told).toEqual(['a was 1'])
    store.put('b', item(7))
    expect(told).toEqual(['a was 1', 'b was undefined'])
  })

  it('is told to witnesses once, as is what others write', () => {
    const seen: string[] = []
    const end = store.witness((key, before) => seen.push(`${key} was ${before?.resourceVersion ?? 'nothing'}`))
    store.put('a', item(1))
    store.overlay('a', item(5))
    store.put('a', item(5))
    store.put('a', item(6))
    store.overlayDeleted('a')
    store.remove('a', '7')
    expect(seen).toEqual(['a was nothing', 'a was 1', 'a was 5', 'a was 6'])
    end()
    store.put('b', item(8))
    expect(seen).toHaveLength(4)
  })

  it('survives a list that was taken before it', () => {
    store.overlay('made', item(20))
    store.replaceAll(new Map(), '15', everything)
    expect(store.get('made')).toEqual(item(20))
    store.replaceAll(new Map(), '25', everything)
    expect(store.get('made')).toBeUndefined()
  })

  it('survives the late news of the deletion of what was there before', () => {
    store.put('a', item(1))
    store.overlayDeleted('a')
    store.overlay('a', item(9))
    store.remove('a', '8')
    expect(store.get('a')).toEqual(item(9))
  })

  it('does not hide what somebody wrote later', () => {
    store.put('a', item(8))
    store.overlay('a', item(7))
    expect(store.get('a')).toEqual(item(8))
  })

  it('by deleting is seen at once and not undone by older news', () => {
    store.put('a', item(5))
    store.overlayDeleted('a')
    expect(store.get('a')).toBeUndefined()
    store.put('a', item(5))
    store.replaceAll(new Map([['a', item(5)]]), '5', everything)
    expect(store.get('a')).toBeUndefined()
  })
})

describe('a whole list', () => {
  it('removes what is not in it, adds and renews what is, and tells each', () => {
    store.put('kept', item(1))
    store.put('old', item(2))
    store.put('gone', item(3))
    told = []
    store.replaceAll(
      new Map([
        ['kept', item(1)],
        ['old', item(9)],
        ['new', item(8)],
      ]),
      '10',
      everything,
    )
    expect([...store.keys()].sort()).toEqual(['kept', 'new', 'old'])
    expect(told.sort()).toEqual(['gone was 3', 'new was undefined', 'old was 2'])
  })

  it('of one namespace leaves the others alone', () => {
    store.put('blue/a', item(1))
    store.put('red/a', item(2))
    store.replaceAll(new Map(), '10', (key) => key.startsWith('blue/'))
    expect([...store.keys()]).toEqual(['red/a'])
  })

  it('is not there before it was marked', async () => {
    expect(store.isSynced).toBe(false)
    store.markSynced()
    await store.synced
    expect(store.isSynced).toBe(true)
  })
})

describe('indexes', () => {
  it('follow every change', () => {
    store.put('a', item(1, 'x', 'y'))
    store.put('b', item(2, 'x'))
    expect(store.byIndex('tag', 'x')).toEqual(['a', 'b'])
    store.put('a', item(3, 'y', 'z'))
    expect(store.byIndex('tag', 'x')).toEqual(['b'])
    expect(store.byIndex('tag', 'z')).toEqual(['a'])
    store.remove('b', '4')
    expect(store.byIndex('tag', 'x')).toEqual([])
    store.overlayDeleted('a')
    expect(store.byIndex('tag', 'y')).toEqual([])
    expect(store.byIndex('unknown', 'x')).toEqual([])
  })

  it('that throw are told of, and the object is held all the same', () => {
    const log = recordingLogger()
    const index = (): readonly string[] => {
      throw new Error('bug')
    }
    const odd = new Store<Item>({ indexes: { odd: index }, log })
    odd.put('a', item(1))
    odd.remove('a', '2')
    expect(odd.size).toBe(0)
    expect(log.lines[0]).toMatchObject({ level: 'error', fields: { index: 'odd' } })
  })

  it('agree with a search through everything, whatever happened', () => {
    const step = fc.record({
      kind: fc.constantFrom('put', 'remove', 'overlay', 'overlayDeleted'),
      key: fc.constantFrom('a', 'b', 'c'),
      version: fc.integer({ min: 1, max: 30 }),
      tags: fc.subarray(['x', 'y']),
    })
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const tried = new Store<Item>({ indexes: { tag: ({ tags }) => tags } })
        for (const { kind, key, version, tags } of steps) {
          if (kind === 'put') tried.put(key, item(version, ...tags))
          else if (kind === 'overlay') tried.overlay(key, item(version, ...tags))
          else if (kind === 'remove') tried.remove(key, String(version))
          else tried.overlayDeleted(key)
        }
        for (const tag of ['x', 'y']) {
          const found = [...tried.keys()].filter((key) => tried.get(key)?.tags.includes(tag))
          expect([...tried.byIndex('tag', tag)].sort()).toEqual(found.sort())
        }
      }),
    )
  })
})

describe('resource versions', () => {
  it('are compared as whole numbers of any length', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 25n }), fc.bigInt({ min: 0n, max: 10n ** 25n }), (a, b) => {
        expect(isNewer(String(a), String(b))).toBe(a > b)
      }),
    )
  })

  it('of one key never go back, whatever order news comes in', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (versions) => {
        const tried = new Store<Item>({})
        for (const version of versions) tried.put('a', item(version))
        expect(tried.get('a')?.resourceVersion).toBe(String(Math.max(...versions)))
      }),
    )
  })
})
