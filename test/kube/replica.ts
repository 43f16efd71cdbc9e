/** A replica of an operator that does nothing but stand for election. */
import { Elector } from '../../src/kube/lease.ts'
import { Transport } from '../../src/kube/transport.ts'
import { seconds } from '../../src/std/time.ts'
import type { Duration } from '../../src/std/time.ts'
import { FakeClock } from '../support/clock.ts'
import type { FakeApi } from '../support/fakeapi/server.ts'
import { turns, until } from '../support/fakeapi/until.ts'
import { recordingLogger } from '../support/log.ts'

export interface Replica {
  readonly name: string
  readonly clock: FakeClock
  readonly log: ReturnType<typeof recordingLogger>
  /** Whether it acts: it was told to start, and was not told to stop. */
  readonly leads: boolean
  /** Why it was told to stop, as its signal says. */
  readonly reason: unknown
  /** How its run ended. */
  readonly ended: 'stopped' | 'lost' | 'threw' | undefined
  /** Its work ends when it is told to, unless it is held up; then when it is let go. */
  holdUp(): void
  letGo(): void
  /** Its work ends by itself, or throws. */
  finish(error?: Error): void
  /** Tells it to stop. */
  stop(): void
  /** Waits until everything that was asked is answered and taken in. */
  settle(): Promise<void>
  /** Lets time pass, second by second, with all answers taken in between. */
  live(length: Duration): Promise<void>
  close(): Promise<void>
}

export const lease = { collection: '/apis/coordination.k8s.io/v1/leases', namespace: 'home', name: 'leader' }

/** The connection of one replica to the server, and its clock. */
export interface Station {
  readonly clock: FakeClock
  readonly log: ReturnType<typeof recordingLogger>
  readonly transport: Transport
  /** Waits until everything that was asked is answered and taken in. */
  readonly settle: () => Promise<void>
  /** Lets time pass, second by second, with all answers taken in between. */
  readonly live: (length: Duration) => Promise<void>
}

/** The usual ones. */
export const times = { leaseDuration: seconds(15), renewDeadline: seconds(10), retryPeriod: seconds(2) }

export function makeStation(api: FakeApi, name: string): Station {
  const clock = new FakeClock()
  const log = recordingLogger()
  const flight = { asked: 0, answered: 0 }
  const none = { ca: undefined, cert: undefined, key: undefined, serverName: undefined, skipVerify: false, headers: {} }
  const credentials = (): Promise<typeof none> => {
    flight.asked += 1
    return Promise.resolve(none)
  }
  const meter = { answered: () => void (flight.answered += 1) }
  const transport = new Transport({ identity: { server: api.url, credentials }, clock, log, meter, userAgent: name })
  const settle = async (): Promise<void> => {
    do {
      await until(() => flight.asked === flight.answered)
      await turns(3)
    } while (flight.asked !== flight.answered)
  }
  return {
    clock,
    log,
    transport,
    settle,
    live: async (length) => {
      await settle()
      for (let left: number = length; left > 0; left -= 1000) {
        clock.advance(seconds(1))
        await settle()
      }
    },
  }
}

/** @param of - the name of the Lease */
export function startReplica(api: FakeApi, name: string, of = lease.name): Replica {
  const station = makeStation(api, name)
  const { clock, log, transport } = station
  const state: { leads: boolean; ended: Replica['ended']; reason: unknown } = {
    leads: false,
    ended: undefined,
    reason: undefined,
  }
  const stopping = new AbortController()
  const work = makeWork((leads) => (state.leads = leads))
  const names = { namespace: lease.namespace, name: of, identity: name }
  const elector = new Elector({ transport, clock, log, random: () => 0.5, ...names, ...times })
  const onStarted = (signal: AbortSignal): Promise<void> => {
    signal.addEventListener('abort', () => void (state.reason = signal.reason))
    return work.run(signal)
  }
  const running = elector.run({ onStarted, signal: stopping.signal }).then(
    (end) => (state.ended = end),
    () => (state.ended = 'threw'),
  )
  return {
    name,
    clock,
    log,
    get leads() {
      return state.leads
    },
    get ended() {
      return state.ended
    },
    get reason() {
      return state.reason
    },
    ...work,
    stop: () => stopping.abort(),
    settle: station.settle,
    live: station.live,
    close: async () => {
      stopping.abort()
      work.letGo()
      await running
      await transport.close()
    },
  }
}

interface Work {
  readonly run: (signal: AbortSignal) => Promise<void>
  readonly holdUp: () => void
  readonly letGo: () => void
  readonly finish: (error?: Error) => void
}

function makeWork(tell: (leads: boolean) => void): Work {
  let isHeldUp = false
  let end: (error?: Error) => void = () => undefined
  const run = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      tell(true)
      end = (error) => {
        tell(false)
        if (error === undefined) resolve()
        else reject(error)
      }
      const told = (): void => {
        tell(false)
        if (!isHeldUp) resolve()
      }
      if (signal.aborted) told()
      signal.addEventListener('abort', told, { once: true })
    })
  return {
    run,
    holdUp: () => {
      isHeldUp = true
    },
    letGo: () => end(),
    finish: (error) => end(error),
  }
}
