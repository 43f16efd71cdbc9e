import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { renewalTime } from '../../../src/domain/renewal.ts'
import type { RenewalInput } from '../../../src/domain/renewal.ts'
import { between, days, hours, milliseconds, minus, minutes, plus, scale, seconds } from '../../../src/std/time.ts'
import type { Duration, Instant } from '../../../src/std/time.ts'
import { now } from './snapshots.ts'

const issuedFor = (lifetime: Duration, more: Partial<RenewalInput> = {}): RenewalInput => ({
  uid: 'uid',
  serialNumber: 'AA',
  notBefore: now,
  notAfter: plus(now, lifetime),
  issuedAt: now,
  ...more,
})

/** How much of its lifetime has passed when a certificate is renewed. */
const share = (input: RenewalInput): number =>
  between(input.notBefore, renewalTime(input)) / between(input.notBefore, input.notAfter)

describe('renewal', () => {
  it.each([
    { lifetime: '5 minutes', length: minutes(5) },
    { lifetime: '1 hour', length: hours(1) },
    { lifetime: '90 days', length: days(90) },
    { lifetime: '10 years', length: days(3650) },
  ])('of a certificate of $lifetime starts at two thirds, a thirtieth early at most', ({ length }) => {
    for (let i = 0; i < 200; i++) {
      const passed = share(issuedFor(length, { uid: `uid-${i}` }))
      expect(passed).toBeGreaterThan(2 / 3 - 1 / 30 - 0.005)
      expect(passed).toBeLessThanOrEqual(2 / 3)
    }
  })

  const month = days(30)
  it.each([
    { title: 'renewBefore', more: { renewBefore: month }, lead: month },
    { title: 'renewBeforePercentage', more: { renewBeforePercentage: 10 }, lead: days(9) },
    { title: 'a renewBefore longer than what was issued (a third)', more: { renewBefore: days(90) }, lead: month },
  ])('follows $title', ({ more, lead }) => {
    const left = between(renewalTime(issuedFor(days(90), more)), plus(now, days(90)))
    expect(left).toBeGreaterThanOrEqual(lead)
    expect(left).toBeLessThan(lead + days(3) + seconds(1))
  })

  it('measures the life that was issued, not the one that was asked for', () => {
    expect(share(issuedFor(days(7)))).toBeGreaterThan(0.62)
  })

  it('keeps a certificate that arrives due for half of what is left of it', () => {
    const old = issuedFor(days(90), { notBefore: minus(now, days(80)), notAfter: plus(now, days(10)) })
    expect(between(now, renewalTime(old))).toBe(days(5))
    expect(between(now, renewalTime({ ...old, renewBefore: days(30) }))).toBe(days(5))
  })

  it('keeps a certificate that was backdated by more than it lives for half of what is left of it', () => {
    const backdated = issuedFor(minutes(5), { notBefore: minus(now, hours(1)) })
    expect(between(now, renewalTime(backdated))).toBe(minutes(2.5))
  })

  it('takes no notice of an issuance noted after the certificate expires', () => {
    const odd = issuedFor(days(90), { issuedAt: plus(now, days(400)) })
    expect(renewalTime(odd)).toBe(renewalTime(issuedFor(days(90))))
  })

  it('renews at most every twentieth of a life, however early the spec wants it', () => {
    const eager = issuedFor(minutes(100), { renewBefore: minutes(99) })
    expect(between(now, renewalTime(eager))).toBe(minutes(5))
  })

  describe('in the window of the CA', () => {
    const window = { start: plus(now, days(50)), end: plus(now, days(55)) }

    it('comes at a moment inside it, different for each certificate', () => {
      const moments = Array.from({ length: 50 }, (_, i) =>
        renewalTime(issuedFor(days(90), { uid: `uid-${i}`, window })),
      )
      for (const moment of moments) {
        expect(moment).toBeGreaterThanOrEqual(window.start)
        expect(moment).toBeLessThan(window.end)
      }
      expect(new Set(moments).size).toBe(50)
    })

    it.each([
      {
        title: 'is over: at once, though not sooner than twenty minutes after it came',
        days: [-5, -4] as const,
        after: minutes(20),
      },
      { title: 'is at the very end: a tenth of the life before', days: [89, 90] as const, after: days(81) },
    ])('that $title', ({ days: [from, to], after }) => {
      const late = { start: plus(now, days(from)), end: plus(now, days(to)) }
      expect(between(now, renewalTime(issuedFor(days(90), { window: late })))).toBe(after)
    })

    it('comes no later than the spec says', () => {
      const input = issuedFor(days(90), { renewBefore: days(60), window })
      expect(renewalTime(input)).toBe(renewalTime(issuedFor(days(90), { renewBefore: days(60) })))
    })

    it('never comes within the first half of a life of minutes', () => {
      const past = { start: minus(now, days(2)), end: minus(now, days(1)) }
      expect(between(now, renewalTime(issuedFor(minutes(5), { window: past })))).toBe(minutes(2.5))
    })
  })

  it('spreads ten thousand certificates of one moment so that no minute sees more than one in a hundred', () => {
    const minute = new Map<number, number>()
    for (let i = 0; i < 10_000; i++) {
      const slot = Math.floor(renewalTime(issuedFor(days(90), { uid: `uid-${i}`, serialNumber: `S${i}` })) / 60_000)
      minute.set(slot, (minute.get(slot) ?? 0) + 1)
    }
    expect(Math.max(...minute.values())).toBeLessThanOrEqual(100)
    expect(minute.size).toBeGreaterThan(3000)
  })

  const input: fc.Arbitrary<RenewalInput> = fc
    .record({
      uid: fc.uuid(),
      serialNumber: fc.string(),
      lifetime: fc.integer({ min: 1000, max: days(3650) }),
      backdate: fc.integer({ min: 0, max: days(10) }),
      issued: fc.integer({ min: days(-3), max: days(3) }),
      renewBefore: fc.option(fc.integer({ min: 1000, max: days(4000) }), { nil: undefined }),
      percentage: fc.option(fc.integer({ min: 1, max: 99 }), { nil: undefined }),
      window: fc.option(fc.tuple(fc.integer({ min: days(-99), max: days(99) }), fc.integer({ min: 1, max: days(9) })), {
        nil: undefined,
      }),
    })
    .map(({ lifetime, backdate, issued, renewBefore, percentage, window, ...names }) => ({
      ...names,
      notBefore: minus(now, milliseconds(backdate)),
      notAfter: plus(now, milliseconds(lifetime)),
      issuedAt: plus(now, milliseconds(issued)),
      renewBefore: renewBefore === undefined ? undefined : milliseconds(renewBefore),
      renewBeforePercentage: percentage,
      window: window && {
        start: plus(now, milliseconds(window[0])),
        end: plus(now, milliseconds(window[0] + window[1])),
      },
    }))

  it('never comes after expiry, never before the certificate is valid, and is the same whoever asks', () => {
    fc.assert(
      fc.property(input, (one) => {
        const moment: Instant = renewalTime(one)
        expect(moment).toBeLessThanOrEqual(one.notAfter)
        expect(moment).toBeGreaterThanOrEqual(one.notBefore - 1000)
        expect(renewalTime({ ...one })).toBe(moment)
      }),
      { numRuns: 2000 },
    )
  })

  it('leaves every certificate a twentieth of the life that it had when it came', () => {
    fc.assert(
      fc.property(input, (one) => {
        const from = one.issuedAt < one.notAfter ? Math.max(one.notBefore, one.issuedAt) : one.notBefore
        const least = scale(milliseconds(one.notAfter - from), 1 / 20)
        const kept = renewalTime(one) - from
        expect(kept).toBeGreaterThanOrEqual(Math.min(least, minutes(20)) - 1000)
      }),
      { numRuns: 2000 },
    )
  })
})
