/** Requests to an API server that is slow, busy, away, or not an API server at all. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { KubeError } from '../../src/kube/errors.ts'
import { seconds } from '../../src/std/time.ts'
import { busy, failure, proxyPage } from '../support/fakeapi/faults.ts'
import { turns, until } from '../support/fakeapi/until.ts'
import { makeWorld, widget, widgets } from './world.ts'
import type { Widget, World } from './world.ts'

let world: World
const answered: unknown[] = []
const one = { namespace: 'team', name: 'one' }

beforeEach(async () => {
  answered.length = 0
  world = await makeWorld({ answered: ({ verb, resource, status }) => void answered.push([verb, resource, status]) })
  world.api.objects.put(widgets, widget('one'))
})

afterEach(() => world.end())

const get = (): Promise<Widget | undefined> => world.resource.get(one, world.ending.signal)
const patch = (): Promise<Widget> => world.resource.mergePatch(one, { spec: { size: 2 } }, world.ending.signal)

async function errorOf(asked: Promise<unknown>): Promise<KubeError> {
  const error: unknown = await asked.catch((thrown: unknown) => thrown)
  if (error instanceof KubeError) return error
  throw new Error(`no KubeError came of it but ${String(error)}`)
}

describe('connections', () => {
  it('are kept: 300 reads one after the other use three at most', async () => {
    for (let n = 0; n < 300; n++) await get()
    expect(world.api.connections).toBeLessThanOrEqual(3)
  })

  it('are at most 32 for a burst of 200 reads, all of which are answered', async () => {
    const all = await Promise.all(Array.from({ length: 200 }, get))
    expect(all.every((object) => object?.metadata.name === 'one')).toBe(true)
    expect(world.api.connections).toBeLessThanOrEqual(32)
  })

  it('do not run out when 40 watches are open', async () => {
    void world.reflect({ namespaces: Array.from({ length: 40 }, (_, n) => `ns${n}`) })
    await until(() => world.api.watches.open.length === 40)
    expect(await get()).toBeDefined()
  })

  it('leave no timer and no warning behind', async () => {
    const warned: string[] = []
    const keep = ({ name }: Error): void => void warned.push(name)
    process.on('warning', keep)
    await Promise.all(Array.from({ length: 50 }, get))
    await turns(5)
    process.off('warning', keep)
    expect(warned).toEqual([])
    expect(world.clock.timers).toBe(0)
  })
})

describe('errors', () => {
  it.each([
    [400, 'BadRequest', 'invalid'],
    [401, 'Unauthorized', 'unauthorized'],
    [403, 'Forbidden', 'forbidden'],
    [409, 'Conflict', 'conflict'],
    [409, 'AlreadyExists', 'alreadyExists'],
    [410, 'Expired', 'gone'],
    [422, 'Invalid', 'invalid'],
    [429, 'TooManyRequests', 'tooManyRequests'],
    [500, 'InternalError', 'server'],
    [503, 'ServiceUnavailable', 'server'],
    [504, 'Timeout', 'timeout'],
  ])('of status %d and reason %s are told as %s with the message of the server', async (status, reason, expected) => {
    world.api.next('get', failure(status, reason, 'the message'))
    expect(await errorOf(get())).toMatchObject({ name: 'KubeError', reason: expected, status, message: 'the message' })
    expect(answered).toEqual([['get', 'widgets', status]])
  })

  it('of absence are no errors where absence is an answer', async () => {
    expect(await world.resource.get({ namespace: 'team', name: 'none' }, world.ending.signal)).toBeUndefined()
    expect(await world.resource.delete({ namespace: 'team', name: 'none' }, {}, world.ending.signal)).toBe('absent')
  })

  it.each(['drop', 'cut'] as const)('of a connection (%s) are told as unreachable', async (kind) => {
    world.api.next('get', { kind })
    expect(await errorOf(get())).toMatchObject({ reason: 'unreachable', status: 0 })
    expect(answered).toEqual([['get', 'widgets', 'unreachable']])
  })

  it.each([
    [200, 'unreadable'],
    [302, 'server'],
    [502, 'server'],
  ])('of a proxy that answers %d with a page are told as %s, without the page', async (status, reason) => {
    world.api.next('get', proxyPage(status))
    const error = await errorOf(get())
    expect(error).toMatchObject({ reason, status })
    expect(error.message).not.toContain('<')
  })

  it('of a list that is none are told, not thrown as a bug', async () => {
    world.api.next('list', { kind: 'answer', status: 200, body: '{"kind":"Status"}' })
    const pages = world.resource.pages({}, world.ending.signal)
    expect(await errorOf(pages.next())).toMatchObject({ reason: 'unreadable' })
  })

  it('never repeat what may be part of a Secret', async () => {
    world.api.next('get', { kind: 'answer', status: 200, body: 'c2VjcmV0 is not JSON' })
    expect((await errorOf(get())).message).not.toContain('c2VjcmV0')
  })
})

describe('deadlines', () => {
  it('end a request after 30 seconds of the clock', async () => {
    world.api.next('get', { kind: 'stall' })
    const asked = errorOf(get())
    await until(() => world.api.count('get') === 1)
    world.clock.advance(seconds(29))
    await turns()
    expect(answered).toEqual([])
    world.clock.advance(seconds(1))
    expect(await asked).toMatchObject({ reason: 'timeout', status: 0 })
    expect(answered).toEqual([['get', 'widgets', 'timeout']])
  })

  it('are not kept waiting for by a caller that gives up', async () => {
    world.api.next('get', { kind: 'stall' })
    const giveUp = new AbortController()
    const asked = errorOf(world.resource.get(one, giveUp.signal))
    await until(() => world.api.count('get') === 1)
    giveUp.abort()
    expect(await asked).toMatchObject({ reason: 'unreachable' })
    expect(world.clock.timers).toBe(0)
  })

  it('leave the connections usable', async () => {
    world.api.next('get', { kind: 'stall' })
    const asked = errorOf(get())
    await until(() => world.api.count('get') === 1)
    world.clock.advance(seconds(30))
    await asked
    expect(await get()).toBeDefined()
  })
})

describe('a busy server', () => {
  it('is asked again when it said that it would be, also for writes, which it did not look at', async () => {
    world.api.next('patch', busy(2))
    const asked = patch()
    await until(() => world.clock.next === 2000)
    await turns()
    expect(world.api.count('patch')).toBe(1)
    world.clock.advance(seconds(2))
    expect((await asked).spec).toEqual({ size: 2 })
    expect(answered).toEqual([
      ['patch', 'widgets', 429],
      ['patch', 'widgets', 200],
    ])
  })

  it('is asked four times and no more', async () => {
    world.api.always(busy(1))
    const asked = errorOf(get())
    for (let tries = 1; tries <= 3; tries++) {
      await until(() => world.clock.next === 1000)
      world.clock.advance(seconds(1))
    }
    expect(await asked).toMatchObject({ reason: 'tooManyRequests', retryAfter: 1000 })
    expect(world.api.count('get')).toBe(4)
  })

  it('is not waited for beyond the deadline: the caller is told for how long', async () => {
    world.api.next('get', busy(45))
    expect(await errorOf(get())).toMatchObject({ reason: 'tooManyRequests', retryAfter: 45_000 })
  })

  it('is not asked again once the caller has given up', async () => {
    world.api.next('get', busy(5))
    const giveUp = new AbortController()
    const asked = errorOf(world.resource.get(one, giveUp.signal))
    await until(() => world.clock.next === 5000)
    giveUp.abort()
    expect(await asked).toMatchObject({ reason: 'tooManyRequests' })
    expect(world.api.count('get')).toBe(1)
  })

  it.each([
    ['get', get, 2],
    ['patch', patch, 1],
  ] as const)(
    'that answers 503 with a Retry-After is asked again only when that changes nothing: %s',
    async (verb, ask, times) => {
      world.api.next(verb, { kind: 'answer', status: 503, body: '{}', headers: { 'retry-after': '1' } })
      const asked = ask().catch(() => undefined)
      await until(() => world.api.count(verb) === 1)
      await turns()
      world.clock.advance(seconds(1))
      await asked
      expect(world.api.count(verb)).toBe(times)
    },
  )
})

describe('requests', () => {
  it('name the field manager, say what they send, and ask for no second reading of it', async () => {
    await patch()
    await world.resource.apply({ apiVersion: 'test.dev/v1', kind: 'Widget', metadata: one }, world.ending.signal)
    const sent = world.api.requests.map(({ headers, query }) => [headers['content-type'], ...query])
    const manager = ['fieldManager', 'tester']
    const validation = ['fieldValidation', 'Ignore']
    expect(sent).toEqual([
      ['application/merge-patch+json', manager, validation],
      ['application/apply-patch+yaml', manager, validation, ['force', 'true']],
    ])
  })

  it('keep the case of names, and encode what does not belong into a path', () => {
    expect(world.resource.path('Team', 'a/b?c')).toBe('/apis/test.dev/v1/namespaces/Team/widgets/a%2Fb%3Fc')
  })

  it('leave the object that they were given as it was', async () => {
    const given = Object.freeze({
      apiVersion: 'test.dev/v1',
      kind: 'Widget',
      metadata: Object.freeze({ namespace: 'team', name: 'new' }),
    })
    const made = await world.resource.create(given, world.ending.signal)
    expect(made.metadata.resourceVersion).toBeDefined()
    expect(given.metadata).toEqual({ namespace: 'team', name: 'new' })
  })

  it('are refused as a conflict when the object is of another version, and nothing is written', async () => {
    const stale = { metadata: { resourceVersion: '1' }, spec: { size: 5 } }
    expect(await errorOf(world.resource.mergePatch(one, stale, world.ending.signal))).toMatchObject({
      reason: 'conflict',
    })
    const deleted = errorOf(world.resource.delete(one, { uid: 'other' }, world.ending.signal))
    expect(await deleted).toMatchObject({ reason: 'conflict' })
    expect((await get())?.spec).toEqual({ size: 1 })
  })
})
