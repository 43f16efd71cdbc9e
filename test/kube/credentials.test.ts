/** Credentials that never come: a plugin that hangs must not hold anybody beyond the time they have. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Elector } from '../../src/kube/lease.ts'
import { Resource } from '../../src/kube/resource.ts'
import { Transport } from '../../src/kube/transport.ts'
import { silentApiMeter } from '../../src/std/meters.ts'
import { seconds } from '../../src/std/time.ts'
import { FakeClock, settled } from '../support/clock.ts'
import { startFakeApi } from '../support/fakeapi/server.ts'
import type { FakeApi } from '../support/fakeapi/server.ts'
import { until } from '../support/fakeapi/until.ts'
import { recordingLogger } from '../support/log.ts'
import { widgetKind } from './world.ts'
import type { Widget } from './world.ts'

const none = { ca: undefined, cert: undefined, key: undefined, serverName: undefined, skipVerify: false, headers: {} }
const ref = { namespace: 'team', name: 'one' }

let api: FakeApi
let clock: FakeClock
let transport: Transport
let resource: Resource<Widget>
let hangs: boolean

beforeEach(async () => {
  api = await startFakeApi()
  clock = new FakeClock()
  hangs = true
  const credentials = (): Promise<typeof none> => (hangs ? new Promise(() => undefined) : Promise.resolve(none))
  const identity = { server: api.url, credentials }
  transport = new Transport({ identity, clock, log: recordingLogger(), meter: silentApiMeter, userAgent: 'test' })
  resource = new Resource<Widget>(transport, widgetKind)
})

afterEach(async () => {
  await transport.close()
  await api.close()
})

describe('credentials that never come', () => {
  it('end a request at its deadline', async () => {
    const asked = Promise.allSettled([resource.get(ref, new AbortController().signal)])
    await settled()
    clock.advance(seconds(30))
    expect(await asked).toMatchObject([{ status: 'rejected', reason: { reason: 'timeout' } }])
    expect(clock.timers).toBe(0)
  })

  it('end a request, and a watch, as soon as who asked gives up', async () => {
    const caller = new AbortController()
    const watched = resource.watch({ resourceVersion: '1', timeoutSeconds: 300 }, caller.signal)[Symbol.asyncIterator]()
    const asked = Promise.allSettled([resource.get(ref, caller.signal), watched.next()])
    await settled()
    caller.abort()
    const refused = { status: 'rejected', reason: { reason: 'unreachable' } }
    expect(await asked).toMatchObject([refused, refused])
    expect(api.requests).toHaveLength(0)
  })

  it('cost a leader its Lease in time, so that it does not act beside the next one', async () => {
    hangs = false
    let leads = false
    const work = (signal: AbortSignal): Promise<void> => {
      leads = true
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    }
    const times = { leaseDuration: seconds(15), renewDeadline: seconds(10), retryPeriod: seconds(2) }
    const names = { namespace: 'home', name: 'leader', identity: 'one' }
    const elector = new Elector({ transport, clock, log: recordingLogger(), random: () => 0.5, ...names, ...times })
    let end: string | undefined
    const running = elector.run({ onStarted: work, signal: new AbortController().signal }).then((told) => (end = told))
    await until(() => leads)
    hangs = true
    await clock.advanceAsync(seconds(9), seconds(1))
    expect(end).toBeUndefined()
    await clock.advanceAsync(seconds(2), seconds(1))
    expect(await running).toBe('lost')
  })
})
