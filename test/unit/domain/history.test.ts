import { describe, expect, it } from '@jest/globals'
import { reduce } from '../../../src/domain/reduce.ts'
import { days, minus } from '../../../src/std/time.ts'
import { at, dueSecret, now, pendingKey, secretWith, snapshotOf, toldStatus } from './snapshots.ts'
import type { World } from './snapshots.ts'

const past = (serialNumber: string) => ({ serialNumber, notBefore: at(minus(now, days(90))), notAfter: at(now) })
const issued = (serialNumber: string, world: World) => {
  const secret = secretWith({ serialNumber, fingerprint: `f-${serialNumber}`, notBefore: now }, { issuedAt: now })
  const step = {
    kind: 'enroll',
    key: 'pending',
    violation: { reason: 'Renewing', message: '', cause: 'wish' },
  } as const
  const snapshot = snapshotOf({ more: { secret: dueSecret, pending: pendingKey }, ...world })
  return reduce(snapshot, { step, result: { kind: 'issued', secret, remarks: [] } }, now).status
}

describe('certificates that were replaced', () => {
  const told = { ...toldStatus, ...past('G'), issuedBy: { name: 'ca', kind: 'Issuer', group: 'perennial.dev' } }

  it('stay in the status, newest first, and no more than five', () => {
    const history = ['F', 'E', 'D', 'C', 'B'].map(past)
    const status = issued('H', { status: { ...told, history } })
    expect(status?.history).toEqual([{ ...past('G'), issuer: 'Issuer/ca' }, ...history.slice(0, 4)])
  })

  it('are not among them that are there still, or of which nothing was told', () => {
    expect(issued('G', { status: told })?.history).toBeUndefined()
    expect(issued('H', {})?.history).toBeUndefined()
  })
})
