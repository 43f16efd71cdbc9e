/** List and watch against an API server that does what API servers, proxies and networks do on their bad days. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { milliseconds, minutes, seconds } from '../../src/std/time.ts'
import { failure, proxyPage, statusBody } from '../support/fakeapi/faults.ts'
import { placeOf } from '../support/fakeapi/objects.ts'
import { turns, until } from '../support/fakeapi/until.ts'
import { makeWorld, project, widget, widgets } from './world.ts'
import type { Widget, WidgetProjection, World } from './world.ts'

let world: World

beforeEach(async () => {
  world = await makeWorld()
})

afterEach(() => world.end())

/** With a world whose dice show a half, the first wait is 0.8 s and the longest is below a minute. */
const soon = seconds(1)
const longWait = minutes(1)

const watching = (count = 1): Promise<void> => until(() => world.api.watches.open.length === count)
const holds = (...expected: string[]): Promise<void> => until(() => world.held().join() === expected.join())
const put = (name: string, size: number, namespace = 'team'): void =>
  void world.api.objects.put(widgets, widget(name, size, namespace))
const remove = (name: string): void => void world.api.objects.delete({ collection: widgets, namespace: 'team', name })
const warnings = (): readonly unknown[] =>
  world.log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields['reason'])

/** Until a timer for the next try is set and the clock can be moved. */
async function retryAfter(verb: 'list' | 'watch', wait = soon): Promise<void> {
  const before = world.api.count(verb)
  await until(() => world.clock.timers > 0 && world.api.watches.open.length === 0)
  await turns(20)
  world.clock.advance(wait)
  await until(() => world.api.count(verb) > before)
}

describe('list and watch', () => {
  it('fills the store from pages and then follows what happens', async () => {
    for (let n = 0; n < 1201; n++) put(`w${n}`, n)
    void world.reflect()
    await world.store.synced
    expect(world.store.size).toBe(1201)
    expect(world.api.count('list')).toBe(3)
    await watching()
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
    await watching()
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
    await watching()
    put('watched', 1)
    await holds('team/listed=1', 'team/watched=1')
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
    await watching()
    put('two', 2)
    await holds('team/one=1', 'team/two=2')
    world.clock.advance(seconds(60))
    world.api.watches.only.close()
    await until(() => world.api.count('watch') === 2)
    await watching()
    expect(world.api.watches.only.query.get('resourceVersion')).toBe(`${world.api.objects.revision}`)
    expect(world.api.count('list')).toBe(1)
  })

  it('goes on from a bookmark, so that quiet watches do not expire', async () => {
    void world.reflect()
    await watching()
    world.api.objects.passRevisions(500)
    world.api.watches.only.bookmark()
    await turns()
    world.clock.advance(seconds(60))
    world.api.watches.only.close()
    await until(() => world.api.count('watch') === 2)
    await watching()
    expect(world.api.watches.only.query.get('resourceVersion')).toBe('600')
  })

  it('waits before it watches again when a server ends each watch at once', async () => {
    void world.reflect()
    await watching()
    world.api.watches.only.close()
    await until(() => world.api.watches.open.length === 0)
    await turns()
    expect(world.api.count('watch')).toBe(1)
    await retryAfter('watch')
  })
})

describe('a connection that breaks', () => {
  it('does not end the loop when the socket of a watch is torn down', async () => {
    put('one', 1)
    void world.reflect()
    await watching()
    world.api.watches.only.drop()
    await until(() => world.api.watches.open.length === 0)
    put('one', 2)
    await retryAfter('watch')
    await holds('team/one=2')
    expect(world.api.count('list')).toBe(1)
  })

  it.each(['drop', 'cut'] as const)('lists again when a list meets %s', async (kind) => {
    put('one', 1)
    world.api.next('list', { kind })
    void world.reflect()
    await retryAfter('list')
    await holds('team/one=1')
  })

  it('starts a list anew when it is interrupted between two pages', async () => {
    for (let n = 0; n < 600; n++) put(`w${n}`, n)
    world.api.next('list', undefined, { kind: 'drop' })
    void world.reflect()
    await until(() => world.api.count('list') === 2)
    expect(world.store.isSynced).toBe(false)
    await retryAfter('list')
    await world.store.synced
    expect(world.store.size).toBe(600)
  })

  it('drops half a line and takes the whole event from the next watch', async () => {
    put('one', 1)
    void world.reflect()
    await watching()
    world.api.watches.isDeaf = true
    put('one', 2)
    world.api.watches.only.write('{"type":"MODIFIED","object":{"metadata":{"name":"on')
    world.api.watches.only.close()
    world.api.watches.isDeaf = false
    await retryAfter('watch')
    await holds('team/one=2')
    expect(world.api.count('list')).toBe(1)
  })

  it('gives up a watch that falls silent without being closed, and watches anew', async () => {
    void world.reflect()
    await watching()
    world.api.watches.isDeaf = true
    put('one', 1)
    world.clock.advance(seconds(89))
    await turns()
    expect(world.api.watches.open).toHaveLength(1)
    world.clock.advance(seconds(1))
    await until(() => world.api.watches.open.length === 0)
    world.api.watches.isDeaf = false
    await retryAfter('watch')
    await holds('team/one=1')
    expect(warnings()).toEqual(['the watch was silent for 90 s'])
  })

  it('gives up a watch that never answers at all', async () => {
    world.api.next('watch', { kind: 'stall' })
    void world.reflect()
    await until(() => world.api.count('watch') === 1)
    await turns(20)
    world.clock.advance(seconds(90))
    await retryAfter('watch')
    await watching()
  })

  it('keeps a quiet watch as long as bookmarks arrive', async () => {
    void world.reflect()
    await watching()
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
    await retryAfter('list')
    await world.store.synced
  })

  it('is back within ten seconds after an outage of any length', async () => {
    void world.reflect()
    await watching()
    world.api.always({ kind: 'drop' })
    world.api.watches.only.drop()
    for (let tries = 1; tries <= 12; tries++) await retryAfter('watch', seconds(9))
    world.api.always(undefined)
    await retryAfter('watch', seconds(9))
    await watching()
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
    await watching()
    world.api.watches.isDeaf = true
    remove('gone')
    put('kept', 2)
    world.api.watches.isDeaf = false
    expire()
    await retryAfter('list')
    await holds('team/kept=2')
    await watching()
    expect(world.api.count('list')).toBe(2)
  })

  it('is followed by one list when it comes as the status of the watch', async () => {
    put('one', 1)
    world.api.next('watch', failure(410, 'Expired'))
    void world.reflect()
    await retryAfter('list')
    await watching()
    expect(world.api.count('list')).toBe(2)
  })

  it('starts the list anew when it comes for the token of a page', async () => {
    for (let n = 0; n < 600; n++) put(`w${n}`, n)
    world.api.next('list', undefined, failure(410, 'Expired', 'the provided continue parameter is too old'))
    void world.reflect()
    await until(() => world.api.count('list') === 2)
    await retryAfter('list')
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

describe('answers that are not what was asked for', () => {
  it('passes over an event of a type from the future', async () => {
    void world.reflect()
    await watching()
    world.api.watches.only.event('SHINY', { metadata: { resourceVersion: '101' } })
    world.api.watches.only.event('SHINY', {})
    put('one', 1)
    await holds('team/one=1')
    expect(world.api.count('watch')).toBe(1)
  })

  it.each([
    ['no JSON', '<html>\n'],
    ['no object', '5\n'],
    ['an event without an object', '{"type":"ADDED"}\n'],
    ['an object without a name', '{"type":"ADDED","object":{"metadata":{}}}\n'],
  ])('lists again when a line of the watch is %s, and keeps it out of the log', async (_, line) => {
    put('one', 1)
    void world.reflect()
    await watching()
    world.api.watches.only.write(line)
    await retryAfter('list')
    await watching()
    expect(world.held()).toEqual(['team/one=1'])
    expect(JSON.stringify(warnings())).not.toContain('html')
  })

  it.each([200, 302, 502])(
    'keeps trying while a proxy answers lists with a page of its own and status %d',
    async (status) => {
      put('one', 1)
      world.api.next('list', proxyPage(status), proxyPage(status))
      void world.reflect()
      await retryAfter('list')
      await retryAfter('list', longWait)
      await holds('team/one=1')
    },
  )

  it('takes a line of 2 MB', async () => {
    void world.reflect()
    await watching()
    world.api.objects.put(widgets, { ...widget('big', 3), filler: 'x'.repeat(2_000_000) })
    await holds('team/big=3')
  })

  it('lists instead when a line is larger than is bearable', async () => {
    put('one', 1)
    void world.reflect()
    await watching()
    world.api.watches.only.write(`{"type":"ADDED","object":{"filler":"${'x'.repeat(5_000_000)}`)
    await until(() => world.api.watches.open.length === 0)
    put('one', 2)
    await retryAfter('list')
    await holds('team/one=2')
  })

  it.each([500, 503])('keeps trying while lists fail with %d', async (status) => {
    put('one', 1)
    world.api.next('list', failure(status, 'InternalError'), failure(status, 'InternalError'))
    void world.reflect()
    await retryAfter('list')
    await retryAfter('list', longWait)
    await holds('team/one=1')
  })

  it('lists when watches fail time after time from the same version', async () => {
    world.api.next('watch', ...Array.from({ length: 3 }, () => failure(500, 'InternalError')))
    void world.reflect()
    await retryAfter('watch', longWait)
    await retryAfter('watch', longWait)
    await retryAfter('list', longWait)
    await watching()
  })
})

describe('old news', () => {
  it('changes nothing when events are repeated or come late', async () => {
    put('one', 1)
    void world.reflect()
    await watching()
    const old = world.api.objects.get(placeOf('/apis/test.dev/v1/namespaces/team/widgets/one') ?? fail())
    put('one', 2)
    await holds('team/one=2')
    world.api.watches.only.event('MODIFIED', old)
    world.api.watches.only.event('DELETED', old)
    put('two', 1)
    await holds('team/one=2', 'team/two=1')
  })

  it('does not bring back what was deleted', async () => {
    put('one', 1)
    void world.reflect()
    await watching()
    const old = world.api.objects.get(placeOf('/apis/test.dev/v1/namespaces/team/widgets/one') ?? fail())
    remove('one')
    await holds()
    world.api.watches.only.event('MODIFIED', old)
    put('two', 1)
    await holds('team/two=1')
  })

  it('does not set the version back, so that the next watch starts where the last one ended', async () => {
    put('one', 1)
    void world.reflect()
    await watching()
    put('two', 1)
    await holds('team/one=1', 'team/two=1')
    world.api.watches.only.event('SHINY', { metadata: { resourceVersion: '99' } })
    await turns()
    world.clock.advance(seconds(60))
    world.api.watches.only.close()
    await until(() => world.api.count('watch') === 2)
    await watching()
    expect(world.api.watches.only.query.get('resourceVersion')).toBe(`${world.api.objects.revision}`)
  })

  it('does not project again what the store holds, as when our own write comes back', async () => {
    const projected: string[] = []
    const counting = (object: Widget): WidgetProjection => {
      projected.push(`${object.metadata.name}@${object.metadata.resourceVersion}`)
      return project(object)
    }
    put('one', 1)
    void world.reflect({ project: counting })
    await watching()
    world.api.watches.isDeaf = true
    const ref = { namespace: 'team', name: 'one' }
    const written = await world.resource.mergePatch(ref, { spec: { size: 9 } }, world.ending.signal)
    world.store.overlay('team/one', project(written))
    world.api.watches.isDeaf = false
    world.api.watches.only.event('MODIFIED', written)
    put('two', 1)
    await holds('team/one=9', 'team/two=1')
    expect(projected.map((one) => one.replace(/@.*/, ''))).toEqual(['one', 'two'])
  })
})

describe('code of ours that throws', () => {
  it('a projection that throws for one object loses that object and no other, in lists and in watches', async () => {
    const picky = (object: Widget): WidgetProjection => {
      if (object.spec?.size === 13) throw new Error('unlucky')
      return project(object)
    }
    put('bad', 13)
    put('good', 1)
    void world.reflect({ project: picky })
    await watching()
    expect(world.held()).toEqual(['team/good=1'])
    put('good', 13)
    put('other', 2)
    await holds('team/good=1', 'team/other=2')
    expect(world.log.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields['key'])).toEqual([
      'team/bad',
      'team/good',
    ])
  })

  it('a listener that throws does not keep the news from the others, nor end the watch', async () => {
    const heard: string[] = []
    world.store.subscribe(() => {
      throw new Error('a bug')
    })
    world.store.subscribe((key) => void heard.push(key))
    void world.reflect()
    await watching()
    put('one', 1)
    put('two', 1)
    await holds('team/one=1', 'team/two=1')
    expect(heard).toEqual(['team/one', 'team/two'])
    expect(world.api.count('watch')).toBe(1)
    expect(world.log.lines.map(({ message }) => message)).toContain('a listener of the cache threw; this is a bug')
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
    for (let tries = 0; tries < 3; tries++) await retryAfter('list', longWait)
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
    await retryAfter('watch')
    await until(() => world.clock.timers === 1)
    await turns()
    world.clock.advance(milliseconds(19_900))
    await turns()
    expect(world.api.count('watch')).toBe(2)
    world.clock.advance(milliseconds(200))
    await watching()
  })
})

describe('the end', () => {
  it('comes with the signal, says nothing in the log, and leaves no timer', async () => {
    const loop = world.reflect()
    await watching()
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
    await watching(1)
    expect(world.store.isSynced).toBe(false)
    await until(() => world.clock.timers >= 2)
    await turns(20)
    world.clock.advance(soon)
    await world.store.synced
    expect(world.held()).toEqual(['blue/one=1', 'red/two=2'])
  })

  it('can be many without a warning about listeners', async () => {
    const warned: string[] = []
    const keep = ({ name }: Error): void => void warned.push(name)
    process.on('warning', keep)
    void world.reflect({ namespaces: Array.from({ length: 40 }, (_, n) => `ns${n}`) })
    await watching(40)
    await turns()
    process.off('warning', keep)
    expect(warned).toEqual([])
  })
})

function fail(): never {
  throw new Error('the test is wrong')
}
