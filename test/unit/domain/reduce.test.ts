import { describe, expect, it } from '@jest/globals'
import type { Step } from '../../../src/domain/decide.ts'
import type { Next, Result } from '../../../src/domain/outcome.ts'
import { reduce } from '../../../src/domain/reduce.ts'
import { days, minus, minutes, plus } from '../../../src/std/time.ts'
import { at, dueSecret, flightOf, now, secretOf, secretWith, snapshotOf, toldStatus } from './snapshots.ts'
import type { World } from './snapshots.ts'

const wanting = { reason: 'MissingData', message: 'there is no certificate yet', cause: 'wish' } as const
const meddled = { reason: 'MissingData', message: 'the Secret is gone', cause: 'meddling' } as const
const idle: Step = { kind: 'idle', wakeAt: plus(now, minutes(7)) }
const enroll: Step = { kind: 'enroll', key: 'pending', violation: wanting }

const told = (status: 'True' | 'False', type = 'Ready', reason = type) => ({
  type,
  status,
  reason,
  message: '',
  lastTransitionTime: at(minus(now, days(1))),
})
const wasReady = { ...toldStatus, conditions: [told('True')] }

const next = (world: World, result: Result, step: Step = enroll): Next =>
  reduce(snapshotOf(world), { step, result }, now)

const conditionsOf = ({ status }: Next): Record<string, string> =>
  Object.fromEntries((status?.conditions ?? []).map(({ type, status: is, reason }) => [type, `${is} ${reason}`]))

const empty: World = { status: {}, more: { secret: undefined, hold: plus(now, minutes(1)) } }

describe('a result after which the next step follows at once', () => {
  const rows: readonly { title: string; result: Result }[] = [
    { title: 'a key that was made', result: { kind: 'keyMade' } },
    { title: 'a key that was removed', result: { kind: 'discarded' } },
    { title: 'a look that was out of date', result: { kind: 'stale' } },
  ]
  it.each(rows)('is $title, and nothing is told', ({ result }) => {
    expect(next(empty, result)).toEqual({
      status: undefined,
      events: [],
      then: { kind: 'again' },
      hold: plus(now, minutes(1)),
    })
  })

  it.each(rows)('is $title, and a certificate that is no longer good is told', ({ result }) => {
    const after = next({ status: wasReady, more: { secret: secretWith({ notAfter: minus(now, days(1)) }) } }, result)
    expect(conditionsOf(after)).toMatchObject({ Ready: 'False Expired', Issuing: 'True Issuing' })
    expect(after).toMatchObject({ events: [], then: { kind: 'again' } })
  })

  it('is a key that was made after a stranger had been in the way: that one is gone', () => {
    const world = { ...empty, status: { conditions: [told('True', 'Stalled', 'SecretNotOurs')] } }
    expect(conditionsOf(next(world, { kind: 'keyMade' }))).toEqual({
      Ready: 'False Issuing',
      Issuing: 'True Issuing',
      Reconciling: 'True Issuing',
    })
  })

  it('is an enrollment that was given up: the status forgets it and says why', () => {
    const step: Step = { kind: 'abandon', ticket: flightOf().ticket ?? noTicket(), message: 'the spec has changed' }
    const after = next({ status: { ...toldStatus, enrollment: flightOf() } }, { kind: 'abandoned' }, step)
    expect(after.status).not.toHaveProperty('enrollment')
    expect(conditionsOf(after)).toMatchObject({ Ready: 'True Ready', Issuing: 'True Restarting' })
    expect(after.then).toEqual({ kind: 'again' })
  })
})

function noTicket(): never {
  throw new Error('no ticket')
}

describe('an answer that came too late to be stored', () => {
  const repaired: Step = { ...enroll, violation: meddled }

  it('counts as a repair when somebody had damaged the Secret', () => {
    expect(next({ more: { secret: undefined } }, { kind: 'stale' }, repaired).status?.repairs).toEqual([at(now)])
  })

  it.each([
    { title: 'the spec asked for it', world: { more: { secret: undefined } }, step: enroll },
    { title: 'nothing has been issued before', world: empty, step: repaired },
    { title: 'the CA was not asked', world: { more: { secret: undefined } }, step: { kind: 'makeKey' } as Step },
  ])('counts as nothing when $title', ({ world, step }) => {
    expect(next(world, { kind: 'stale' }, step).status).toBeUndefined()
  })

  it('leaves six repairs in the status at most, the latest', () => {
    const repairs = Array.from({ length: 6 }, (_, i) => at(minus(now, minutes(50 - i))))
    const world = { status: { ...toldStatus, repairs }, more: { secret: undefined } }
    expect(next(world, { kind: 'stale' }, repaired).status?.repairs).toEqual([...repairs.slice(1), at(now)])
  })
})

describe('a step without an effect', () => {
  const nothing: Result = { kind: 'nothing' }

  it('tells what the Secret holds, and wakes when the step says', () => {
    const after = next({}, nothing, idle)
    expect(after.then).toEqual({ kind: 'at', at: plus(now, minutes(7)) })
    expect(after.status).toMatchObject({ observedGeneration: 2, serialNumber: 'AA', notAfter: at(plus(now, days(80))) })
    expect(conditionsOf(after)).toEqual({ Ready: 'True Ready', Issuing: 'False UpToDate' })
  })

  it('leads to the same status again, so that nothing is written', () => {
    const first = next({}, nothing, idle).status ?? {}
    expect(next({ status: first }, nothing, idle).status).toEqual(first)
  })

  it('never touches a Certificate that is being deleted', () => {
    expect(next({ deleting: true }, nothing, idle)).toEqual({ status: undefined, events: [], then: { kind: 'rest' } })
  })

  it('rests without a certificate and without a time', () => {
    const wait: Step = { kind: 'wait', reason: 'IssuerNotFound', message: 'there is none', wakeAt: undefined }
    const after = next(empty, nothing, wait)
    expect(after.then).toEqual({ kind: 'rest' })
    expect(conditionsOf(after)).toMatchObject({ Ready: 'False IssuerNotFound', Reconciling: 'True IssuerNotFound' })
  })

  it('wakes at the end of the certificate when the step names no time', () => {
    const secret = { ...dueSecret }
    const stall: Step = { kind: 'stall', reason: 'NeedsPerson', message: 'look at the CA', wakeAt: undefined }
    expect(next({ more: { secret } }, nothing, stall).then).toEqual({ kind: 'at', at: plus(now, days(20)) })
  })

  it('tells of a certificate that a crash had kept from the status, once', () => {
    const world: World = { status: { revision: 4, failedIssuanceAttempts: 2 }, more: { secret: secretOf() } }
    const after = next(world, nothing, idle)
    expect(after.events).toMatchObject([{ type: 'Normal', reason: 'Issued' }])
    expect(after.status).toMatchObject({ revision: 5, fingerprintSHA256: 'f-AA' })
    expect(after.status).not.toHaveProperty('failedIssuanceAttempts')
    expect(next({ ...world, status: after.status ?? {} }, nothing, idle).events).toEqual([])
  })

  it('warns of a stall once', () => {
    const stall: Step = { kind: 'stall', reason: 'InvalidSpec', message: 'spec.duration is odd', wakeAt: undefined }
    const after = next({ invalid: 'spec.duration is odd' }, nothing, stall)
    expect(after.events).toEqual([{ type: 'Warning', reason: 'InvalidSpec', message: 'spec.duration is odd' }])
    expect(next({ invalid: 'spec.duration is odd', status: after.status ?? {} }, nothing, stall).events).toEqual([])
  })
})

describe('the rest', () => {
  it('of a step that waits for its turn is silence until the gate or the renewal', () => {
    const after = next({ ...empty, status: {} }, { kind: 'queued' })
    expect(after).toEqual({ status: undefined, events: [], then: { kind: 'rest' }, hold: plus(now, minutes(1)) })
  })

  it("of a stranger's Secret is a stall that is looked at again", () => {
    const after = next(empty, { kind: 'secretTaken', message: 'web-tls exists' })
    expect(conditionsOf(after)).toMatchObject({ Stalled: 'True SecretNotOurs' })
    expect(after.events).toEqual([{ type: 'Warning', reason: 'SecretNotOurs', message: 'web-tls exists' }])
    expect(after.then).toEqual({ kind: 'at', at: plus(now, minutes(3)) })
  })
})
