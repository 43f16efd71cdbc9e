/** List and watch against an API server on its good days. */
import { describe, expect, it } from '@jest/globals'
import { seconds } from '../../src/std/time.ts'
import { failure } from '../support/fakeapi/faults.ts'
import { turns, until } from '../support/fakeapi/until.ts'
import { useScene } from './scene.ts'
import { project } from './world.ts'
import type { Widget, WidgetProjection, World } from './world.ts'

let world: World
const { expectHeld, expectRetry, expectWatches, put, remove } = useScene((made) => {
  world = made
})

describe('list and watch', () => {
  it('fills the store from pages and then follows what happens', async () => {
    for (let n = 0; n < 1201; n++) put(`w${n}`, n)
    void world.reflect()
    await world.store.synced
    expect(world.store.size).toBe(1201)
    expect(world.api.count('list')).toBe(3)
    await expectWatches()
    put('w1', 7)
    remove('w2')
    put('new', 5)
    await until(() => world.store.get('team/new') !== undefined)
    expect(world.store.get('team/w1')?.size).toBe(7)
    expect(world.store.get('team/w2')).toBeUndefined()
  })

  it('asks for bookmarks, for an end within 5 to 10 minutes, and from the version of the list', async () => {
    put('one', 1)
    void world.reflect()
    await expectWatches()
    const { query } = world.api.watches.only
    expect(query.get('allowWatchBookmarks')).toBe('true')
    expect(Number(query.get('timeoutSeconds'))).toBe(450)
    expect(query.get('resourceVersion')).toBe(`${world.api.objects.revision}`)
  })

  it('gives the same form of object from a list and from a watch', async () => {
    const seen: Widget[] = []
    put('listed', 1)
    const keep = (object: Widget): WidgetProjection => {
      seen.push(object)
      return project(object)
    }
    void world.reflect({ project: keep })
    await expectWatches()
    put('watched', 1)
    await expectHeld('team/listed=1', 'team/watched=1')
    const shapeOf = ({ apiVersion, kind, metadata }: Widget): unknown => [
      apiVersion,
      kind,
      typeof metadata.resourceVersion,
    ]
    expect(seen.map(shapeOf)).toEqual([
      ['test.dev/v1', 'Widget', 'string'],
      ['test.dev/v1', 'Widget', 'string'],
    ])
  })

  it('goes on from the last version when the server ends a watch, without listing again', async () => {
    put('one', 1)
    void world.reflect()
    await expectWatches()
    put('two', 2)
    await expectHeld('team/one=1', 'team/two=2')
    world.clock.advance(seconds(60))
    world.api.watches.only.close()
    await until(() => world.api.count('watch') === 2)
    await expectWatches()
    expect(world.api.watches.only.query.get('resourceVersion')).toBe(`${world.api.objects.revision}`)
    expect(world.api.count('list')).toBe(1)
  })

  it('goes on from a bookmark, so that quiet watches do not expire', async () => {
    void world.reflect()
    await expectWatches()
    world.api.objects.passRevisions(500)
    world.api.watches.only.bookmark()
    await turns()
    world.clock.advance(seconds(60))
    world.api.watches.only.close()
    await until(() => world.api.count('watch') === 2)
    await expectWatches()
    expect(world.api.watches.only.query.get('resourceVersion')).toBe('600')
  })

  it('waits before it watches again when a server ends each watch at once', async () => {
    void world.reflect()
    await expectWatches()
    world.api.watches.only.close()
    await until(() => world.api.watches.open.length === 0)
    await turns()
    expect(world.api.count('watch')).toBe(1)
    await expectRetry('watch')
  })
})

describe('the end', () => {
  it('comes with the signal, says nothing in the log, and leaves no timer', async () => {
    const loop = world.reflect()
    await expectWatches()
    world.ending.abort()
    await loop
    expect(world.log.lines).toEqual([])
    expect(world.clock.timers).toBe(0)
  })

  it('comes also while it waits for the next try', async () => {
    world.api.always(failure(500, 'InternalError'))
    const loop = world.reflect()
    await until(() => world.log.lines.length > 0)
    world.ending.abort()
    await loop
    expect(world.clock.timers).toBe(0)
  })
})

describe('several namespaces', () => {
  it('are listed and watched each by itself, and synced when the last one is', async () => {
    put('one', 1, 'blue')
    put('two', 2, 'red')
    put('three', 3, 'green')
    world.api.next('list', failure(500, 'InternalError'))
    void world.reflect({ namespaces: ['blue', 'red'] })
    await expectWatches(1)
    expect(world.store.isSynced).toBe(false)
    await until(() => world.clock.timers >= 2)
    await turns(20)
    world.clock.advance(seconds(1))
    await world.store.synced
    expect(world.held()).toEqual(['blue/one=1', 'red/two=2'])
  })

  it('can be many without a warning about listeners', async () => {
    const warned: string[] = []
    const keep = ({ name }: Error): void => void warned.push(name)
    process.on('warning', keep)
    void world.reflect({ namespaces: Array.from({ length: 40 }, (_, n) => `ns${n}`) })
    await expectWatches(40)
    await turns()
    process.off('warning', keep)
    expect(warned).toEqual([])
  })
})
