import { describe, expect, it } from '@jest/globals'
import type { Activity } from '../../../src/domain/conditions.ts'
import { conditions } from '../../../src/domain/conditions.ts'
import { hours, minus, plus, seconds } from '../../../src/std/time.ts'
import { at, now, secretWith, snapshotOf } from './snapshots.ts'
import type { World } from './snapshots.ts'

const none: Activity = { kind: 'none' }
const working: Activity = { kind: 'working', reason: 'Issuing', message: 'a certificate is being asked for' }
const waiting: Activity = { kind: 'waiting', reason: 'BackingOff', message: 'the CA cannot be reached' }
const stalled: Activity = { kind: 'stalled', reason: 'NeedsPerson', message: 'look at the CA' }

const table = (world: World, activity: Activity): Record<string, string> =>
  Object.fromEntries(
    conditions(snapshotOf(world), activity, now).map(({ type, status, reason }) => [type, `${status} ${reason}`]),
  )

const gone: World = { more: { secret: undefined } }
const expired: World = { more: { secret: secretWith({ notAfter: minus(now, seconds(1)) }) } }
const early: World = { more: { secret: secretWith({ notBefore: plus(now, seconds(60)) }) } }

describe('conditions', () => {
  const rows: readonly { title: string; world: World; activity: Activity; expected: Record<string, string> }[] = [
    {
      title: 'a good certificate at rest',
      world: {},
      activity: none,
      expected: { Ready: 'True Ready', Issuing: 'False UpToDate' },
    },
    {
      title: 'a good certificate being renewed',
      world: {},
      activity: working,
      expected: { Ready: 'True Ready', Issuing: 'True Issuing' },
    },
    {
      title: 'a good certificate whose renewal fails',
      world: {},
      activity: waiting,
      expected: { Ready: 'True Ready', Issuing: 'False BackingOff' },
    },
    {
      title: 'a good certificate whose renewal needs a person',
      world: {},
      activity: stalled,
      expected: { Ready: 'True Ready', Issuing: 'False NeedsPerson', Stalled: 'True NeedsPerson' },
    },
    {
      title: 'a first certificate on its way',
      world: gone,
      activity: working,
      expected: { Ready: 'False Issuing', Issuing: 'True Issuing', Reconciling: 'True Issuing' },
    },
    {
      title: 'a first certificate that fails',
      world: gone,
      activity: waiting,
      expected: { Ready: 'False BackingOff', Issuing: 'False BackingOff', Reconciling: 'True BackingOff' },
    },
    {
      title: 'a first certificate that needs a person',
      world: gone,
      activity: stalled,
      expected: { Ready: 'False NeedsPerson', Issuing: 'False NeedsPerson', Stalled: 'True NeedsPerson' },
    },
    {
      title: 'an expired certificate whose renewal fails',
      world: expired,
      activity: waiting,
      expected: { Ready: 'False Expired', Issuing: 'False BackingOff', Reconciling: 'True BackingOff' },
    },
    {
      title: 'a certificate that is not valid yet',
      world: early,
      activity: none,
      expected: { Ready: 'False NotYetValid', Issuing: 'False UpToDate' },
    },
    {
      title: 'a spec that cannot be understood',
      world: { invalid: 'x' },
      activity: { ...stalled, reason: 'InvalidSpec' },
      expected: { Ready: 'False InvalidSpec', Issuing: 'False InvalidSpec', Stalled: 'True InvalidSpec' },
    },
  ]
  it.each(rows)('tell kstatus the truth about $title', ({ world, activity, expected }) => {
    expect(table(world, activity)).toEqual(expected)
  })

  it('say in sentences what is wrong and what is done about it', () => {
    const [ready] = conditions(snapshotOf(gone), waiting, now)
    expect(ready?.message).toBe('Secret web-tls does not exist. The CA cannot be reached.')
  })

  it('do not say the same thing twice', () => {
    const activity: Activity = { ...working, message: 'Secret web-tls does not exist' }
    expect(conditions(snapshotOf(gone), activity, now)[0]?.message).toBe('Secret web-tls does not exist.')
  })

  it('keep the moment of a transition while the status stays, and the generation they speak of', () => {
    const then = at(minus(now, hours(5)))
    const old = { reason: 'Old', message: '', lastTransitionTime: then, observedGeneration: 1 }
    const status = {
      conditions: [
        { type: 'Ready', status: 'True' as const, ...old },
        { type: 'Issuing', status: 'True' as const, ...old },
      ],
    }
    expect(conditions(snapshotOf({ status }), none, now)).toMatchObject([
      { type: 'Ready', lastTransitionTime: then, observedGeneration: 2 },
      { type: 'Issuing', lastTransitionTime: at(now), observedGeneration: 2 },
    ])
  })

  it('keep messages short enough to read', () => {
    const activity: Activity = { ...waiting, message: 'x'.repeat(5000) }
    for (const { message } of conditions(snapshotOf(gone), activity, now))
      expect(message.length).toBeLessThanOrEqual(1024)
  })
})
