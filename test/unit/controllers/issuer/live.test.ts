import { describe, expect, it } from '@jest/globals'
import { LiveIssuers } from '../../../../src/controllers/issuer/live.ts'
import type { IssuerSession } from '../../../../src/controllers/issuer/live.ts'
import { fault } from '../../../../src/domain/fault.ts'
import type { FaultCode } from '../../../../src/domain/fault.ts'
import type { Result } from '../../../../src/domain/outcome.ts'
import type { Enroller } from '../../../../src/enroll/enroller.ts'
import { Gate } from '../../../../src/runtime/gate.ts'
import { instant, minutes, plus, seconds } from '../../../../src/std/time.ts'
import { FakeClock } from '../../../support/clock.ts'

const now = instant(Date.UTC(2026, 5, 1))
const never = (): never => {
  throw new Error('not called here')
}

const enroller = (quota?: string): Enroller => ({
  protocol: 'acme',
  traits: { inProcess: false, renewsWithCurrent: false, revokes: true, serverKeys: false, lifetime: 'advisory' },
  prepare: never,
  enroll: never,
  renew: never,
  poll: never,
  ...(quota === undefined ? {} : { quota: () => quota }),
})

const session = (identity: string, quota?: string): IssuerSession => ({
  identity,
  uid: identity,
  generation: 1,
  enroller: enroller(quota),
  http: { send: never, close: () => Promise.resolve() },
  gate: new Gate({ clock: new FakeClock(now), concurrency: 10 }),
  secretNamespace: 'perennial',
  scope: 'Namespaced',
})

function issuers(sessions: Readonly<Record<string, IssuerSession>>): LiveIssuers {
  const live = new LiveIssuers()
  for (const [key, one] of Object.entries(sessions))
    live.set(key, { kind: 'ready', session: one, since: now, secrets: [] })
  return live
}

const failed = (code: FaultCode): Result => ({ kind: 'failed', how: 'deferred', fault: fault(code, 'no') })
const pending: Result = {
  kind: 'pending',
  ticket: { version: 1, phase: 'p', state: {} },
  wakeAt: now,
  note: '',
  keyHash: 'k',
}

/** How many of ten are let in at once. */
const width = ({ gate }: IssuerSession): number => {
  const entries = Array.from({ length: 10 }, (_, i) => gate.enter(`c${i}`, () => true))
  for (const entry of entries) if (entry.kind === 'entered') entry.leave()
  for (let i = 0; i < 10; i++) gate.withdraw(`c${i}`)
  return entries.filter(({ kind }) => kind === 'entered').length
}

const pauseOf = (live: LiveIssuers, key: string) => {
  const view = live.view(key)
  return view?.kind === 'ready' ? view.pause?.until : undefined
}

describe('an issuer that fails again and again', () => {
  const openUp = () => {
    const one = session('one')
    const live = issuers({ a: one, b: session('two') })
    const told: string[] = []
    live.subscribe((key) => told.push(key))
    for (let i = 0; i < 5; i++) live.exchanged('a', { result: failed('ServerFailed'), begins: true }, now)
    return { one, live, told }
  }

  it('is left alone, and nobody else is', () => {
    const { live, told } = openUp()
    expect(live.view('a')).toMatchObject({ kind: 'notReady', since: now })
    expect([live.session('a'), live.isOpen('a'), live.view('b')?.kind]).toEqual([undefined, true, 'ready'])
    expect(told).toEqual(['a'])
  })

  it('is asked for by one at a time after a probe, by one more with each answer, and by no more after a failure', () => {
    const { one, live, told } = openUp()
    const later = plus(now, seconds(30))
    expect(live.outage('a', one, later)).toBeUndefined()
    live.tryAgain('a', later)
    expect([live.view('a')?.kind, width(one)]).toEqual(['ready', 1])
    // Nobody who waits for better times is woken by a probe alone.
    expect(live.view('a')).toMatchObject({ readySince: now })
    live.exchanged('a', { result: pending, begins: true }, later)
    expect(live.view('a')).toMatchObject({ kind: 'ready', readySince: later })
    expect([width(one), told]).toEqual([2, ['a', 'a', 'a']])
    const answered = (result: Result): number => {
      live.exchanged('a', { result, begins: true }, later)
      return width(one)
    }
    const refused = failed('NamesRejected')
    expect([pending, refused, failed('Unreachable'), pending].map(answered)).toEqual([3, 4, 4, 5])
    expect(Array.from({ length: 9 }, () => answered(pending)).at(-1)).toBe(10)
  })

  it('is looked at again at once with another spec, and asked for by one at a time then too', () => {
    const { live } = openUp()
    const other = session('other')
    expect(live.outage('a', other, now)).toBeUndefined()
    live.set('a', { kind: 'ready', session: other, since: now, secrets: [] })
    expect([live.isOpen('a'), width(other)]).toEqual([false, 1])
  })

  it('has had no answer while a request is only made, so that nobody else comes', () => {
    const { one, live } = openUp()
    const later = plus(now, seconds(30))
    live.tryAgain('a', later)
    live.exchanged('a', { result: { ...pending, unsent: true }, begins: true }, later)
    expect([live.view('a'), width(one)]).toMatchObject([{ readySince: now }, 1])
    live.exchanged('a', { result: failed('Unreachable'), begins: true }, later)
    expect(live.isOpen('a')).toBe(true)
  })
})

describe('an issuer that was not ready', () => {
  it.each([
    ['is asked for by one at a time once it is, whatever was in its way', false, 1],
    ['is not, where its CA is in this process and nothing but a Secret was missing', true, 10],
  ])('%s', (_title, inProcess, wide) => {
    const usual = session('one')
    const one = { ...usual, enroller: { ...usual.enroller, traits: { ...usual.enroller.traits, inProcess } } }
    const live = new LiveIssuers()
    live.set('a', { kind: 'notReady', message: 'not yet', session: one, since: now, secrets: [] })
    live.set('a', { kind: 'ready', session: one, since: now, secrets: [] })
    expect(width(one)).toBe(wide)
  })

  it('was never in trouble when it is seen for the first time', () => {
    const one = session('one')
    issuers({ a: one })
    expect(width(one)).toBe(10)
  })
})

describe('a CA that asks one Certificate for patience', () => {
  it('is asked for nothing new by any, at no issuer of the same account', () => {
    const live = issuers({
      a: session('one', 'account/1'),
      b: session('two', 'account/1'),
      c: session('three', 'account/2'),
    })
    live.exchanged('a', { result: failed('RateLimited'), begins: true }, now)
    const until = plus(now, seconds(30))
    expect(['a', 'b', 'c'].map((key) => pauseOf(live, key))).toEqual([until, until, undefined])
  })

  it('is asked by one first when the time is over', () => {
    const one = session('one')
    const live = issuers({ a: one })
    live.exchanged('a', { result: failed('RateLimited'), begins: true }, now)
    live.exchanged('a', { result: pending, begins: false }, now)
    expect(width(one)).toBe(1)
    live.exchanged('a', { result: pending, begins: true }, plus(now, minutes(1)))
    expect([width(one), pauseOf(live, 'a')]).toEqual([2, undefined])
  })

  it('is not thought patient again because a request is made for it', () => {
    const live = issuers({ a: session('one') })
    live.exchanged('a', { result: failed('RateLimited'), begins: true }, now)
    live.exchanged('a', { result: { ...pending, unsent: true }, begins: true }, now)
    expect(pauseOf(live, 'a')).toEqual(plus(now, seconds(30)))
  })

  it('goes on with what is under way', () => {
    const live = issuers({ a: session('one') })
    live.exchanged('a', { result: failed('RateLimited'), begins: false }, now)
    expect(pauseOf(live, 'a')).toBeUndefined()
  })
})
