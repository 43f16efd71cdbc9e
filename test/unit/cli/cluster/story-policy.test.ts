import { describe, expect, it } from '@jest/globals'
import type { Certificate } from '../../../../src/api/certificate.ts'
import type { Condition } from '../../../../src/api/meta.ts'
import { whyLines } from '../../../../src/cli/cluster/story.ts'
import { at, baseSpec, now } from '../../domain/snapshots.ts'

const condition = (type: string, status: Condition['status'], reason: string, message: string): Condition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: at(now),
})

const why = (...conditions: readonly Condition[]): readonly string[] => {
  const certificate: Certificate = {
    apiVersion: 'perennial.dev/v1',
    kind: 'Certificate',
    metadata: { name: 'web', namespace: 'shop' },
    spec: baseSpec,
    status: { conditions },
  }
  return whyLines({ certificate, issuer: undefined, secret: { kind: 'absent' }, events: [], revocations: [] }, now)
}

const rule = 'CertificatePolicy p, rules.isCA: it is a CA, which is not allowed.'

describe('why', () => {
  it('tells what policies say of a certificate that is good', () => {
    const ready = condition('Ready', 'True', 'Ready', 'Valid until 2027.')
    expect(why(ready, condition('Compliant', 'False', 'Denied', rule))).toContain(`Policies do not allow it: ${rule}`)
    expect(why(ready, condition('Compliant', 'False', 'Audited', rule))).toContain(
      `Policies that only watch do not allow it: ${rule}`,
    )
    expect(why(ready, condition('Compliant', 'True', 'Allowed', 'Allowed by CertificatePolicy p.')).join()).not.toMatch(
      /olic/,
    )
  })

  it('does not tell it twice of one that is not', () => {
    const ready = condition('Ready', 'False', 'PolicyDenied', `Secret web does not exist. ${rule}`)
    const lines = why(ready, condition('Compliant', 'False', 'Denied', rule))
    expect(lines.filter((line) => line.includes(rule))).toHaveLength(1)
  })

  it('tells of a renewal that waits for its turn, and not of a moment that has passed', () => {
    const ready = condition('Ready', 'True', 'Ready', 'Valid until 2027.')
    const waits = 'Waits for the budget of Issuer ca: 200 an hour; next at 2026-01-01T00:00:00Z.'
    const lines = why(ready, condition('Issuing', 'False', 'BudgetSpent', waits))
    expect(lines).toContain(`It is due for renewal. ${waits}`)
    const ignored = 'No renewal window opens in time.'
    expect(why(ready, condition('WindowsIgnored', 'True', 'NoWindowInTime', ignored))).toContain(
      `Its renewal windows are not waited for: ${ignored}`,
    )
  })
})
