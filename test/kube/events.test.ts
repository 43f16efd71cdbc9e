import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { EventRecorder } from '../../src/kube/events.ts'
import type { RecordedEvent } from '../../src/kube/events.ts'
import { Transport } from '../../src/kube/transport.ts'
import { silentApiMeter } from '../../src/std/meters.ts'
import { milliseconds, minutes, seconds } from '../../src/std/time.ts'
import { busy, failure } from '../support/fakeapi/faults.ts'
import { turns, until } from '../support/fakeapi/until.ts'
import { makeWorld } from './world.ts'
import type { World } from './world.ts'

let world: World
let events: EventRecorder

beforeEach(async () => {
  world = await makeWorld()
  const { transport, clock, log } = world
  events = new EventRecorder({ transport, clock, log, component: 'perennial', instance: 'one' })
})

afterEach(() => world.end())

const regarding = { apiVersion: 'test.dev/v1', kind: 'Widget', namespace: 'team', name: 'one', uid: 'u1' }
const issued: RecordedEvent = { regarding, type: 'Normal', reason: 'Issued', message: 'A certificate was issued.' }
const flushed = (): Promise<void> => events.flush(seconds(2))

describe('an Event', () => {
  it('says about what, by whom and when', async () => {
    events.record(issued)
    await flushed()
    expect(world.api.requests[0]).toMatchObject({
      verb: 'create',
      path: '/api/v1/namespaces/team/events',
      body: {
        kind: 'Event',
        involvedObject: regarding,
        type: 'Normal',
        reason: 'Issued',
        message: 'A certificate was issued.',
        source: { component: 'perennial' },
        reportingInstance: 'one',
        firstTimestamp: '2026-11-23T12:00:00Z',
        lastTimestamp: '2026-11-23T12:00:00Z',
        count: 1,
      },
    })
  })

  it('about something without a namespace goes to the default one', async () => {
    events.record({ ...issued, regarding: { apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' } })
    await flushed()
    expect(world.api.requests[0]?.path).toBe('/api/v1/namespaces/default/events')
  })

  it('has a name that is allowed, however the name of its object is', async () => {
    events.record({ ...issued, regarding: { ...regarding, name: `${'a'.repeat(199)}.${'b'.repeat(50)}` } })
    await flushed()
    const [made] = world.api.objects.list({ collection: '/api/v1/events', namespace: 'team', name: undefined })
    const name = made?.metadata.name ?? ''
    expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/)
    expect(name.length).toBeLessThanOrEqual(253)
  })

  it('is written once when it is repeated, and again after ten minutes', async () => {
    for (let n = 0; n < 100; n++) events.record(issued)
    await flushed()
    expect(world.api.count('create')).toBe(1)
    world.clock.advance(minutes(9))
    events.record(issued)
    await flushed()
    expect(world.api.count('create')).toBe(1)
    world.clock.advance(minutes(1))
    events.record(issued)
    await flushed()
    expect(world.api.count('create')).toBe(2)
  })

  it('is another one with another message, reason, type or object', async () => {
    events.record(issued)
    events.record({ ...issued, message: 'other' })
    events.record({ ...issued, reason: 'Other' })
    events.record({ ...issued, type: 'Warning' })
    events.record({ ...issued, regarding: { ...regarding, uid: 'u2' } })
    await flushed()
    expect(world.api.count('create')).toBe(5)
    expect(world.api.objects.list({ collection: '/api/v1/events', namespace: 'team', name: undefined })).toHaveLength(5)
  })
})

describe('recording', () => {
  const many = (count: number): void => {
    for (let n = 0; n < count; n++) events.record({ ...issued, message: `message ${n}` })
  }

  it('never waits: a server that does not answer holds at most four writers', async () => {
    world.api.always({ kind: 'stall' })
    many(50)
    await until(() => world.api.count('create') === 4)
    await turns()
    expect(world.api.count('create')).toBe(4)
    world.clock.advance(seconds(5))
    await until(() => world.api.count('create') === 8)
    world.api.always(undefined)
    world.clock.advance(seconds(5))
    await until(() => world.api.count('create') === 50)
    await flushed()
  })

  it('never fails, and warns once when Events may not be written', async () => {
    world.api.always(failure(403, 'Forbidden', 'events is forbidden'))
    many(20)
    await flushed()
    expect(world.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
    world.api.always(undefined)
    events.record({ ...issued, reason: 'Later' })
    await flushed()
    expect(world.api.objects.list({ collection: '/api/v1/events', namespace: 'team', name: undefined })).toHaveLength(1)
  })

  it('sends good news one after the other once there were many, and lets warnings pass', async () => {
    many(60)
    await until(() => world.api.count('create') === 50)
    await turns()
    expect(world.api.count('create')).toBe(50)
    events.record({ ...issued, type: 'Warning', reason: 'Refused' })
    await world.clock.advanceAsync(milliseconds(200), milliseconds(40))
    await until(() => world.api.count('create') === 55)
    expect(world.api.requests.map(({ body }) => (body as { reason: string }).reason).slice(50)).toContain('Refused')
    await flushed()
    expect(world.api.count('create')).toBe(61)
  })

  it('waits for a busy server instead of losing the Event', async () => {
    world.api.next('create', busy(1))
    events.record(issued)
    await until(() => world.clock.next === 1000)
    world.clock.advance(seconds(1))
    await flushed()
    expect(world.api.count('create')).toBe(2)
  })

  it('does not make flush wait longer than it is allowed to', async () => {
    world.api.always({ kind: 'stall' })
    many(10)
    const flushing = flushed()
    world.clock.advance(seconds(2))
    await flushing
    expect(world.api.objects.revision).toBe(100)
  })

  it('says how many were dropped when there were too many at once', async () => {
    const { clock, log } = world
    const identity = { server: world.api.url, credentials: () => Promise.reject(new Error('no token')) }
    const transport = new Transport({ identity, clock, log, meter: silentApiMeter, userAgent: 'test' })
    events = new EventRecorder({ transport, clock, log, component: 'perennial', instance: 'one' })
    many(20_100)
    await flushed()
    const told = world.log.lines.find(({ message }) => message.startsWith('Events were dropped'))
    expect(told?.fields['count']).toBeGreaterThanOrEqual(90)
  })
})
