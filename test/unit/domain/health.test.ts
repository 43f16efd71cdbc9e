import { describe, expect, it } from '@jest/globals'
import { fault, faultTable } from '../../../src/domain/fault.ts'
import type { FaultCode } from '../../../src/domain/fault.ts'
import { afterExchange, closedCircuit, onTrial, openFault, pauseAfter } from '../../../src/domain/health.ts'
import type { Circuit } from '../../../src/domain/health.ts'
import type { Result } from '../../../src/domain/outcome.ts'
import { hours, minutes, plus, seconds } from '../../../src/std/time.ts'
import type { Duration, Instant } from '../../../src/std/time.ts'
import { now } from './snapshots.ts'

const failed = (code: FaultCode, wakeAt?: Instant): Result => ({
  kind: 'failed',
  how: 'deferred',
  fault: fault(code, 'it went wrong'),
  ...(wakeAt === undefined ? {} : { wakeAt }),
})
const answer: Result = {
  kind: 'pending',
  ticket: { version: 1, phase: 'p', state: {} },
  wakeAt: now,
  note: '',
  keyHash: 'k',
}

const after = (results: readonly Result[], circuit: Circuit = closedCircuit(now)): Circuit =>
  results.reduce((state, result) => afterExchange(state, result, now), circuit)
const outages = (count: number): readonly Result[] => Array.from({ length: count }, () => failed('Unreachable'))

describe('the circuit of an issuer', () => {
  it('opens after five faults of network or server in a row', () => {
    expect(after(outages(4)).state).toBe('closed')
    expect(after([...outages(4), failed('ServerFailed')])).toMatchObject({
      state: 'open',
      until: plus(now, seconds(30)),
    })
  })

  it.each(
    Object.entries(faultTable).filter(
      ([, { about }]) => about !== 'network' && about !== 'server' && about !== 'operator',
    ),
  )('counts %s as an answer', (code) => {
    expect(after([...outages(4), failed(code as FaultCode), ...outages(4)]).state).toBe('closed')
  })

  it('does not count our own bugs, one way or the other', () => {
    expect(after([...outages(4), failed('Internal')]).state).toBe('closed')
    expect(after([...outages(4), failed('Internal'), ...outages(1)]).state).toBe('open')
  })

  it('starts to count anew after an answer', () => {
    expect(after([...outages(4), answer, ...outages(4)]).state).toBe('closed')
  })

  it('counts a request that is made and not sent neither way', () => {
    const unsent: Result = { ...answer, unsent: true }
    expect(after([...outages(4), unsent, ...outages(1)]).state).toBe('open')
    const trial = onTrial(after(outages(5)), plus(now, minutes(1)))
    expect(afterExchange(trial, unsent, now)).toEqual(trial)
  })

  it('is put on trial once its time is up, and not before', () => {
    const open = after(outages(5))
    expect(onTrial(open, plus(now, seconds(29))).state).toBe('open')
    expect(onTrial(open, plus(now, seconds(30))).state).toBe('trial')
  })

  it('opens again at the first fault of a trial, for twice as long up to ten minutes', () => {
    const rests: number[] = []
    let circuit = after(outages(5))
    let at = now
    for (let i = 0; i < 7; i++) {
      rests.push((circuit.until - at) / 1000)
      at = circuit.until
      circuit = afterExchange(onTrial(circuit, at), failed('TimedOut'), at)
    }
    expect(rests).toEqual([30, 60, 120, 240, 480, 600, 600])
  })

  it('closes with the first answer of a trial', () => {
    const trial = onTrial(after(outages(5)), plus(now, minutes(1)))
    expect(afterExchange(trial, answer, now)).toEqual(closedCircuit(now))
  })

  it('says how long the issuer is left alone, and why', () => {
    expect(openFault(after(outages(5)))).toEqual({
      code: 'Unreachable',
      message:
        '5 calls in a row failed, the last: it went wrong; it is left alone until 2026-06-01T12:00:30Z and then tried again',
    })
  })
})

describe('the patience that a CA asks for', () => {
  it.each<[string, Duration | undefined, Duration]>([
    ['half a minute where it does not say', undefined, seconds(30)],
    ['five seconds at least', seconds(-10), seconds(5)],
    ['what it says', minutes(2), minutes(2)],
    ['five minutes at most, as the refusal may be about the names of one Certificate', hours(48), minutes(5)],
  ])('is %s', (_title, asked, expected) => {
    const wakeAt = asked === undefined ? undefined : plus(now, asked)
    expect(pauseAfter(undefined, failed('RateLimited', wakeAt), now)?.until).toBe(plus(now, expected))
  })

  it('is an hour at most when it is asked for again', () => {
    const refusal = failed('RateLimited', plus(now, hours(48)))
    const first = pauseAfter(undefined, refusal, now)
    expect(pauseAfter(first, refusal, now)?.until).toBe(plus(now, hours(1)))
  })

  it('ends with what it gives', () => {
    const first = pauseAfter(undefined, failed('RateLimited'), now)
    expect(pauseAfter(first, failed('Unreachable'), now)).toBe(first)
    expect(pauseAfter(first, answer, now)).toBeUndefined()
  })
})
