import { describe, expect, it } from '@jest/globals'
import type { Result } from '../../../src/domain/outcome.ts'
import { days, hours, plus, seconds } from '../../../src/std/time.ts'
import { conditionsOf, due, next, poll, ticket } from './reducing.ts'
import { at, flightOf, now, toldStatus } from './snapshots.ts'
import type { World } from './snapshots.ts'

describe('an enrollment that is on its way', () => {
  const pending = (wakeAt = plus(now, hours(1)), note = 'waiting for the CA'): Result => ({
    kind: 'pending',
    ticket,
    wakeAt,
    note,
    keyHash: 'key-2',
  })
  const flying: World = { ...due, status: { ...toldStatus, enrollment: flightOf() } }

  it('is told with its ticket, its key and what it replaces', () => {
    const after = next(due, pending())
    expect(after.status?.enrollment).toMatchObject({
      startedAt: at(now),
      askedAt: at(now),
      nextPollTime: at(plus(now, hours(1))),
      issuer: 'issuer-uid/3',
      keyHash: 'key-2',
      replaces: 'AA',
      ticket,
    })
    expect(conditionsOf(after)).toEqual({ Ready: 'True Ready', Issuing: 'True Pending' })
    expect(after).toMatchObject({
      events: [],
      then: { kind: 'at', at: plus(now, hours(1)) },
      hold: plus(now, hours(1)),
    })
  })

  it('has no time at which the CA was asked, until its request is sent', () => {
    const made = next(due, { ...pending(now), unsent: true } as Result)
    expect(made).toMatchObject({
      status: { enrollment: { startedAt: at(now), ticket } },
      then: { kind: 'at', at: now },
    })
    expect(made.status?.enrollment).not.toHaveProperty('askedAt')
    const sent = next({ ...due, status: { ...made.status } }, pending(plus(now, seconds(30))), poll)
    expect(sent.status?.enrollment).toMatchObject({ askedAt: at(now), ticket })
  })

  it('keeps the time of its start', () => {
    expect(next(flying, pending(), poll).status?.enrollment?.startedAt).toBe(flightOf().startedAt)
  })

  it('is not written again for a short wait that brought nothing new', () => {
    const world = { ...flying, status: { ...next(flying, pending(), poll).status } }
    const after = next(world, pending(plus(now, seconds(30))), poll)
    expect(after).toEqual({
      status: undefined,
      events: [],
      then: { kind: 'at', at: plus(now, seconds(30)) },
      hold: plus(now, seconds(30)),
    })
  })

  it('is not asked again sooner than in a second when it brought nothing new', () => {
    const world = { ...flying, status: { ...next(flying, pending(), poll).status } }
    expect(next(world, pending(now), poll).hold).toEqual(plus(now, seconds(1)))
  })

  it('is asked at once when it brought news', () => {
    const result = { ...pending(now), ticket: { ...ticket, phase: 'download' } } as Result
    expect(next(flying, result, poll).then).toEqual({ kind: 'at', at: now })
  })

  it('is not left alone for longer than a week', () => {
    expect(next(flying, pending(plus(now, days(300))), poll).hold).toEqual(plus(now, days(7)))
  })
})
