import { describe, expect, it } from '@jest/globals'
import { live } from '../../../src/runtime/lifecycle.ts'
import type { Part, Start } from '../../../src/runtime/lifecycle.ts'
import { err, ok } from '../../../src/std/result.ts'
import { seconds } from '../../../src/std/time.ts'
import { FakeClock, settled } from '../../support/clock.ts'
import { recordingLogger } from '../../support/log.ts'

const forever = (): Promise<never> => new Promise(() => undefined)

function setUp(change: Readonly<Record<string, Partial<Part>>> = {}) {
  const said: string[] = []
  const given: Start[] = []
  const part = (name: string): Part => ({
    name,
    start: (start) => {
      said.push(`start ${name}`)
      given.push(start)
      return Promise.resolve(ok(undefined))
    },
    stop: () => {
      said.push(`stop ${name}`)
      return Promise.resolve()
    },
    ...change[name],
  })
  const clock = new FakeClock()
  const log = recordingLogger()
  const stop = new AbortController()
  const parts = ['server', 'watch', 'workers'].map(part)
  const finished = live({ parts, startWithin: seconds(30), stopWithin: seconds(5), clock, log, signal: stop.signal })
  return { said, given, clock, log, stop, finished }
}

describe('live', () => {
  it('starts parts in order, waits, and stops them in the opposite order', async () => {
    const { said, stop, finished, clock } = setUp()
    await settled()
    expect(said).toEqual(['start server', 'start watch', 'start workers'])
    stop.abort()
    expect(await finished).toEqual(ok(undefined))
    expect(said.slice(3)).toEqual(['stop workers', 'stop watch', 'stop server'])
    expect(clock.timers).toBe(0)
  })

  it('stops what was started when a part cannot start, and says why', async () => {
    const { said, finished } = setUp({ watch: { start: () => Promise.resolve(err('No API server.')) } })
    expect(await finished).toEqual(err('No API server.'))
    expect(said).toEqual(['start server', 'stop watch', 'stop server'])
  })

  it('turns a throw at the start into a sentence and a log line', async () => {
    const { finished, log } = setUp({ watch: { start: () => Promise.reject(new Error('bug')) } })
    expect(await finished).toEqual(err('watch could not start; see the log.'))
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
  })

  it('gives up on a part that does not start in time', async () => {
    const { finished, clock } = setUp({ watch: { start: forever } })
    await clock.advanceAsync(seconds(30))
    expect(await finished).toEqual(err('watch did not start within 30 s.'))
  })

  it('stops everything when a part fails later on, and reports the first failure', async () => {
    const { said, given, finished } = setUp()
    await settled()
    given[1]?.fail('The lease was lost.')
    given[0]?.fail('Something else.')
    expect(await finished).toEqual(err('The lease was lost.'))
    expect(said).toContain('stop workers')
  })

  it('cuts a start short when it is told to stop, and starts nothing more', async () => {
    const { said, stop, finished } = setUp({ watch: { start: forever } })
    await settled()
    stop.abort()
    expect(await finished).toEqual(ok(undefined))
    expect(said).toEqual(['start server', 'stop watch', 'stop server'])
  })

  it('leaves a part behind that does not stop in time, and goes on with the others', async () => {
    const { said, stop, finished, clock, log } = setUp({
      workers: { stop: forever },
      watch: { stop: () => Promise.reject(new Error('bug')) },
    })
    await settled()
    stop.abort()
    await settled()
    await clock.advanceAsync(seconds(5))
    await finished
    expect(said.at(-1)).toBe('stop server')
    expect(log.lines.map(({ level }) => level).filter((level) => level !== 'debug')).toEqual(['warn', 'error'])
  })

  it('starts nothing when it was told to stop before', async () => {
    const clock = new FakeClock()
    const part: Part = { name: 'p', start: () => Promise.reject(new Error('started')), stop: forever }
    const life = { parts: [part], startWithin: seconds(1), stopWithin: seconds(1), clock, log: recordingLogger() }
    expect(await live({ ...life, signal: AbortSignal.abort() })).toEqual(ok(undefined))
  })
})
