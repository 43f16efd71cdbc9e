/** Replicas that stand for election over one API server, each with a clock of its own. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { LeaseLost } from '../../src/kube/lease.ts'
import { hours, seconds } from '../../src/std/time.ts'
import { failure } from '../support/fakeapi/faults.ts'
import type { Fault, SeenRequest } from '../support/fakeapi/faults.ts'
import { startFakeApi } from '../support/fakeapi/server.ts'
import type { FakeApi } from '../support/fakeapi/server.ts'
import { until } from '../support/fakeapi/until.ts'
import { lease, startReplica } from './replica.ts'
import type { Replica } from './replica.ts'

let api: FakeApi
let replicas: Replica[]

beforeEach(async () => {
  api = await startFakeApi()
  replicas = []
})

afterEach(async () => {
  api.always(undefined)
  await Promise.all(replicas.map((replica) => replica.close()))
  await api.close()
})

async function start(name: string): Promise<Replica> {
  const replica = startReplica(api, name)
  replicas.push(replica)
  await replica.settle()
  return replica
}

async function bothLive(length: number): Promise<void> {
  for (let second = 0; second < length; second++) {
    for (const replica of replicas) await replica.live(seconds(1))
    expect(replicas.filter(({ leads }) => leads).length).toBeLessThanOrEqual(1)
  }
}

const spec = (): Record<string, unknown> => (api.objects.get(lease)?.['spec'] ?? {}) as Record<string, unknown>
const of = (replica: Replica) => (seen: SeenRequest) => seen.headers['user-agent'] === replica.name

describe('the Lease', () => {
  it('is taken by the first who comes, with times of six fractional digits', async () => {
    const one = await start('one')
    expect(one.leads).toBe(true)
    expect(spec()).toEqual({
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      acquireTime: '2026-11-23T12:00:00.000000Z',
      renewTime: '2026-11-23T12:00:00.000000Z',
      leaseTransitions: 0,
    })
  })

  it('is taken by one of two who come at the same moment', async () => {
    replicas = [startReplica(api, 'one'), startReplica(api, 'two')]
    await Promise.all(replicas.map((replica) => replica.settle()))
    expect(replicas.filter(({ leads }) => leads)).toHaveLength(1)
    await bothLive(20)
    expect(replicas.filter(({ leads }) => leads)).toHaveLength(1)
  })

  it('stays with who renews it, and keeps the moment when it was acquired', async () => {
    const one = await start('one')
    const two = await start('two')
    await bothLive(60)
    expect([one.leads, two.leads]).toEqual([true, false])
    expect(spec()).toMatchObject({
      acquireTime: '2026-11-23T12:00:00.000000Z',
      renewTime: '2026-11-23T12:01:00.000000Z',
      leaseTransitions: 0,
    })
  })

  it('goes to another within three seconds when it is given up', async () => {
    const one = await start('one')
    const two = await start('two')
    await bothLive(5)
    one.stop()
    await one.settle()
    expect(one.ended).toBe('stopped')
    expect(spec()).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 })
    await two.live(seconds(3))
    expect(two.leads).toBe(true)
    expect(spec()).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 })
  })

  it('goes to another after it has run out, and no sooner', async () => {
    await start('one')
    const two = await start('two')
    // The first one has crashed: its clock stands still.
    await two.live(seconds(14))
    expect(two.leads).toBe(false)
    await two.live(seconds(6))
    expect(two.leads).toBe(true)
    expect(spec()).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 })
  })

  it('is measured by the monotonic clock: a wall clock that is set wrong changes nothing', async () => {
    const one = await start('one')
    const two = await start('two')
    one.clock.jump(hours(-1))
    two.clock.jump(hours(5))
    await bothLive(30)
    expect([one.leads, two.leads]).toEqual([true, false])
  })

  it('is taken again at once by the same identity after a restart', async () => {
    await start('one')
    const again = await start('one')
    expect(again.leads).toBe(true)
    expect(spec()).toMatchObject({ holderIdentity: 'one', leaseTransitions: 0 })
  })
})

describe('a leader', () => {
  const faults: readonly [string, Fault][] = [
    ['refuses connections', { kind: 'drop' }],
    ['answers 500', failure(500, 'InternalError')],
    ['does what is asked, and its answers are lost', { kind: 'doneThenDrop' }],
  ]

  it.each(faults)(
    'that cannot renew because the server %s stops ten seconds after its last renewal',
    async (_, fault) => {
      const one = await start('one')
      await one.live(seconds(4))
      api.always(fault)
      await one.live(seconds(9))
      expect(one.leads).toBe(true)
      await one.live(seconds(1))
      expect([one.leads, one.ended]).toEqual([false, 'lost'])
    },
  )

  it('stops in time also when the server never answers', async () => {
    const one = await start('one')
    api.always({ kind: 'stall' })
    const before = api.requests.length
    one.clock.advance(seconds(2))
    await until(() => api.requests.length === before + 1)
    // The try is given up after four seconds, and the next one comes at once, with four more to go.
    one.clock.advance(seconds(4))
    await until(() => api.requests.length === before + 2)
    expect(one.leads).toBe(true)
    one.clock.advance(seconds(4))
    await one.settle()
    expect([one.leads, one.ended]).toEqual([false, 'lost'])
  })

  it('stays when an outage is shorter than that', async () => {
    const one = await start('one')
    await one.live(seconds(2))
    api.always({ kind: 'drop' })
    await one.live(seconds(7))
    api.always(undefined)
    await one.live(seconds(30))
    expect(one.leads).toBe(true)
    expect(one.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })

  it('stays when a renewal was written but its answer was lost', async () => {
    const one = await start('one')
    api.next('patch', { kind: 'doneThenDrop' })
    await one.live(seconds(30))
    expect(one.leads).toBe(true)
  })

  it('stops when it wakes from a long sleep, and writes nothing', async () => {
    const one = await start('one')
    await one.live(seconds(4))
    const before = api.count('patch')
    one.clock.advance(seconds(60))
    await one.settle()
    expect([one.leads, one.ended]).toEqual([false, 'lost'])
    expect(one.reason).toBeInstanceOf(LeaseLost)
    expect(api.count('patch')).toBe(before)
  })

  it('stops at once when the Lease has gone to another', async () => {
    const one = await start('one')
    const taken = { ...spec(), holderIdentity: 'other', renewTime: '2026-11-23T12:00:01.000000Z' }
    api.objects.put(lease.collection, { metadata: { name: lease.name, namespace: lease.namespace }, spec: taken })
    await one.live(seconds(2))
    expect([one.leads, one.ended]).toEqual([false, 'lost'])
    expect(spec()).toMatchObject({ holderIdentity: 'other' })
  })

  it('holds the Lease until its work has ended, not only until it is told to stop', async () => {
    const one = await start('one')
    const two = await start('two')
    one.holdUp()
    one.stop()
    await bothLive(25)
    expect(one.reason).not.toBeInstanceOf(LeaseLost)
    expect(spec()).toMatchObject({ holderIdentity: 'one' })
    one.letGo()
    await one.settle()
    expect(one.ended).toBe('stopped')
    await two.live(seconds(3))
    expect(two.leads).toBe(true)
  })

  it.each([
    ['ends by itself', undefined, 'stopped'],
    ['throws', new Error('a bug'), 'threw'],
  ] as const)('whose work %s gives the Lease up and asks nothing more', async (_, error, end) => {
    const one = await start('one')
    one.finish(error)
    await one.settle()
    expect(one.ended).toBe(end)
    expect(spec()).toMatchObject({ holderIdentity: '' })
    const before = api.requests.length
    await one.live(seconds(30))
    expect(api.requests).toHaveLength(before)
    expect(one.clock.timers).toBe(0)
  })

  it('stops within three seconds also when the Lease cannot be given up', async () => {
    const one = await start('one')
    api.always({ kind: 'stall' })
    const before = api.requests.length
    one.stop()
    await until(() => api.requests.length > before)
    one.clock.advance(seconds(3))
    await one.settle()
    expect(one.ended).toBe('stopped')
  })
})

describe('who waits', () => {
  it('stops when told to, without having led', async () => {
    await start('one')
    const two = await start('two')
    two.stop()
    await two.settle()
    expect(two.ended).toBe('stopped')
    expect(two.clock.timers).toBe(0)
  })

  it('warns once while the server is away, and takes the Lease when it is back', async () => {
    api.always({ kind: 'drop' })
    const one = await start('one')
    await one.live(seconds(30))
    api.always(undefined)
    await one.live(seconds(3))
    expect(one.leads).toBe(true)
    expect(one.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })
})

describe('two replicas', () => {
  it('never lead at the same time, whoever is cut off and for how long', async () => {
    const step = fc.record({ cut: fc.constantFrom('one', 'two', 'none'), length: fc.integer({ min: 1, max: 25 }) })
    const run = async (steps: readonly { readonly cut: string; readonly length: number }[]): Promise<void> => {
      await Promise.all(replicas.map((replica) => replica.close()))
      api.objects.delete(lease)
      replicas = [startReplica(api, 'one'), startReplica(api, 'two')]
      for (const { cut, length } of steps) {
        const [one, two] = replicas
        const away = cut === 'one' ? one : cut === 'two' ? two : undefined
        api.always({ kind: 'drop' }, (seen) => away !== undefined && of(away)(seen))
        await bothLive(length)
      }
      api.always(undefined)
    }
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 5 }), run), { numRuns: 15 })
  }, 60_000)
})
