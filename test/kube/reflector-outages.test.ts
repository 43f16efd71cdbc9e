/** List and watch while sockets break, servers fall silent or refuse, and versions expire. */
import { describe, expect, it } from '@jest/globals'
import { milliseconds, seconds } from '../../src/std/time.ts'
import { failure, statusBody } from '../support/fakeapi/faults.ts'
import { turns, until } from '../support/fakeapi/until.ts'
import { useScene } from './scene.ts'
import type { World } from './world.ts'

let world: World
const { expectHeld, expectRetry, expectWatches, put, remove, warnings } = useScene((made) => {
  world = made
})

describe('a connection that breaks', () => {
  it('does not end the loop when the socket of a watch is torn down', async () => {
    put('one', 1)
    void world.reflect()
    await expectWatches()
    world.api.watches.only.drop()
    await until(() => world.api.watches.open.length === 0)
    put('one', 2)
    await expectRetry('watch')
    await expectHeld('team/one=2')
    expect(world.api.count('list')).toBe(1)
  })

  it.each(['drop', 'cut'] as const)('lists again when a list meets %s', async (kind) => {
    put('one', 1)
    world.api.next('list', { kind })
    void world.reflect()
    await expectRetry('list')
    await expectHeld('team/one=1')
  })

  it('starts a list anew when it is interrupted between two pages', async () => {
    for (let n = 0; n < 600; n++) put(`w${n}`, n)
    world.api.next('list', undefined, { kind: 'drop' })
    void world.reflect()
    await until(() => world.api.count('list') === 2)
    expect(world.store.isSynced).toBe(false)
    await expectRetry('list')
    await world.store.synced
    expect(world.store.size).toBe(600)
  })

  it('drops half a line and takes the whole event from the next watch', async () => {
    put('one', 1)
    void world.reflect()
    await expectWatches()
    world.api.watches.isDeaf = true
    put('one', 2)
    world.api.watches.only.write('{"type":"MODIFIED","object":{"metadata":{"name":"on')
    world.api.watches.only.close()
    world.api.watches.isDeaf = false
    await expectRetry('watch')
    await expectHeld('team/one=2')
    expect(world.api.count('list')).toBe(1)
  })

  it('gives up a watch that falls silent without being closed, and watches anew', async () => {
    void world.reflect()
    await expectWatches()
    world.api.watches.isDeaf = true
    put('one', 1)
    world.clock.advance(seconds(89))
    await turns()
    expect(world.api.watches.open).toHaveLength(1)
    world.clock.advance(seconds(1))
    await until(() => world.api.watches.open.length === 0)
    world.api.watches.isDeaf = false
    await expectRetry('watch')
    await expectHeld('team/one=1')
    expect(warnings()).toEqual(['the watch was silent for 90 s'])
  })

  it('gives up a watch that never answers at all', async () => {
    world.api.next('watch', { kind: 'stall' })
    void world.reflect()
    await until(() => world.api.count('watch') === 1)
    await turns(20)
    world.clock.advance(seconds(90))
    await expectRetry('watch')
    await expectWatches()
  })

  it('keeps a quiet watch as long as bookmarks arrive', async () => {
    void world.reflect()
    await expectWatches()
    for (let minute = 0; minute < 4; minute++) {
      world.clock.advance(seconds(60))
      world.api.objects.passRevisions(1)
      world.api.watches.only.bookmark()
      await turns()
    }
    expect(world.api.count('watch')).toBe(1)
  })

  it('gives up a list that never answers after 30 seconds', async () => {
    world.api.next('list', { kind: 'stall' })
    void world.reflect()
    await until(() => world.api.count('list') === 1)
    await turns(20)
    world.clock.advance(seconds(30))
    await expectRetry('list')
    await world.store.synced
  })

  it('is back within ten seconds after an outage of any length', async () => {
    void world.reflect()
    await expectWatches()
    world.api.always({ kind: 'drop' })
    world.api.watches.only.drop()
    const waits: number[] = []
    for (let tries = 1; tries <= 12; tries++) waits.push(await expectRetry('watch'))
    world.api.always(undefined)
    await expectRetry('watch')
    await expectWatches()
    expect(waits.slice(0, 5)).toEqual([800, 1600, 3200, 6000, 6000])
    // Dice that show the most make half as much again of it.
    expect(Math.max(...waits) * 1.5).toBeLessThan(10_000)
  })
})

describe('a version that has expired', () => {
  const expired = JSON.parse(statusBody(410, 'Expired', 'too old resource version')) as unknown

  it.each([
    [
      'as an event, and the stream ends',
      () => {
        world.api.watches.only.event('ERROR', expired)
        world.api.watches.only.close()
      },
    ],
    ['as an event, and the stream stays open', () => world.api.watches.only.event('ERROR', expired)],
  ])('is followed by one list when it comes %s', async (_, expire) => {
    put('gone', 1)
    put('kept', 1)
    void world.reflect()
    await expectWatches()
    world.api.watches.isDeaf = true
    remove('gone')
    put('kept', 2)
    world.api.watches.isDeaf = false
    expire()
    await expectRetry('list')
    await expectHeld('team/kept=2')
    await expectWatches()
    expect(world.api.count('list')).toBe(2)
  })

  it('is followed by one list when it comes as the status of the watch', async () => {
    put('one', 1)
    world.api.next('watch', failure(410, 'Expired'))
    void world.reflect()
    await expectRetry('list')
    await expectWatches()
    expect(world.api.count('list')).toBe(2)
  })

  it('starts the list anew when it comes for the token of a page', async () => {
    for (let n = 0; n < 600; n++) put(`w${n}`, n)
    world.api.next('list', undefined, failure(410, 'Expired', 'the provided continue parameter is too old'))
    void world.reflect()
    await until(() => world.api.count('list') === 2)
    await expectRetry('list')
    await world.store.synced
    expect(world.store.size).toBe(600)
    expect(world.api.requests[2]?.query.get('continue')).toBeNull()
  })

  it('does not make a loop without a pause when every watch is refused', async () => {
    world.api.next('watch', ...Array.from({ length: 50 }, () => failure(410, 'Expired')))
    void world.reflect()
    await until(() => world.api.count('watch') === 1)
    await turns()
    expect(world.api.count('list')).toBe(1)
  })
})

describe('what people have to mend', () => {
  it.each([
    [404, 'NotFound', 'The API server does not know widgets.test.dev; install the CustomResourceDefinitions.'],
    [403, 'Forbidden', 'The role of this operator must allow list and watch of widgets.test.dev: widgets is forbidden'],
  ])('is told in one sentence for status %d, tried again, and told to be mended', async (status, reason, sentence) => {
    const refused = failure(status, reason, 'widgets is forbidden')
    world.api.next('list', refused, refused, refused)
    void world.reflect()
    for (let tries = 0; tries < 3; tries++) await expectRetry('list')
    await world.store.synced
    expect(warnings()).toEqual([sentence])
    expect(world.log.lines.at(-1)?.message).toBe('list and watch works again')
  })

  it('waits as long as a busy server asks', async () => {
    world.api.next('watch', failure(500, 'InternalError'))
    world.api.next('watch', {
      kind: 'answer',
      status: 429,
      body: statusBody(429, 'TooManyRequests', 'busy'),
      headers: { 'retry-after': '20' },
    })
    void world.reflect()
    await expectRetry('watch')
    await until(() => world.clock.timers === 1)
    await turns()
    world.clock.advance(milliseconds(19_900))
    await turns()
    expect(world.api.count('watch')).toBe(2)
    world.clock.advance(milliseconds(200))
    await expectWatches()
  })
})
