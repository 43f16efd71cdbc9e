import { describe, expect, it } from '@jest/globals'
import { sameExceptProbeTime } from '../../../../src/controllers/issuer/samestatus.ts'
import { issuerStatus } from '../../../../src/controllers/issuer/status.ts'
import { fault } from '../../../../src/domain/fault.ts'
import type { Readiness } from '../../../../src/enroll/enroller.ts'
import { days, instant, plus } from '../../../../src/std/time.ts'

const at = instant(Date.UTC(2026, 0, 1))
const later = instant(Date.UTC(2026, 0, 2))
const ready: Readiness = {
  kind: 'ready',
  message: 'signing with the CA',
  details: { caSubject: 'CN=a' },
  credentials: [{ name: 'CA certificate', notAfter: later }],
}
const probe = { spec: { ca: { secretName: 'ca' } }, generation: 3, trust: { status: {}, conditions: [] } }
const first = issuerStatus(undefined, { ...probe, readiness: ready, at })
const broken = (code: 'Unreachable' | 'CredentialsMissing'): Readiness => ({
  kind: 'notReady',
  fault: fault(code, 'spec.ca.secretName points at nothing; create it'),
})

describe('the status of an issuer', () => {
  it('tells that it is ready, what it is, and when its credentials expire', () => {
    expect(first).toEqual({
      observedGeneration: 3,
      protocol: 'ca',
      lastProbeTime: '2026-01-01T00:00:00Z',
      details: { caSubject: 'CN=a' },
      credentials: [{ name: 'CA certificate', notAfter: '2026-01-02T00:00:00Z' }],
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'Ready',
          message: 'Signing with the CA.',
          observedGeneration: 3,
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    })
  })

  it.each([
    [
      'a time zone that is none',
      { timeZone: 'Mars/Olympus' },
      'InvalidWindow',
      /^spec\.renewalWindows\[0\]\.timeZone: /,
    ],
    [
      'a day that comes in two years',
      { schedule: '0 2 29 2 *' },
      'NoWindowInTime',
      /^None of spec\.renewalWindows opens/,
    ],
  ])('tells of windows that are not heeded: %s', (_what, wrong, reason, sentence) => {
    const renewalWindows = [{ schedule: '0 2 * * *', duration: '4h', ...wrong }]
    const told = issuerStatus(undefined, { ...probe, spec: { ...probe.spec, renewalWindows }, readiness: ready, at })
    expect(told.conditions).toMatchObject([
      { type: 'Ready', status: 'True' },
      { type: 'WindowsIgnored', status: 'True', reason, message: expect.stringMatching(sentence) },
    ])
  })

  it('says nothing of windows that open', () => {
    const renewalWindows = [
      { schedule: '0 2 29 2 *', duration: '4h' },
      { schedule: '0 2 * * *', duration: '4h' },
    ]
    const told = issuerStatus(undefined, { ...probe, spec: { ...probe.spec, renewalWindows }, readiness: ready, at })
    expect(told.conditions).toHaveLength(1)
  })

  it('keeps the time of a transition until there is another', () => {
    const again = issuerStatus(first, { ...probe, readiness: ready, at: later })
    expect(again.conditions?.[0]?.lastTransitionTime).toBe('2026-01-01T00:00:00Z')
    const now = issuerStatus(first, { ...probe, readiness: broken('Unreachable'), at: later })
    expect(now.conditions?.[0]?.lastTransitionTime).toBe('2026-01-02T00:00:00Z')
  })

  it.each([
    { code: 'Unreachable', type: 'Reconciling' },
    { code: 'CredentialsMissing', type: 'Stalled' },
  ] as const)('is $type when the fault is $code, in one sentence that leaves paths as they are', ({ code, type }) => {
    const status = issuerStatus(first, { ...probe, readiness: broken(code), at: later })
    const message = 'spec.ca.secretName points at nothing; create it.'
    expect(status.conditions).toMatchObject([
      { type: 'Ready', status: 'False', reason: code, message },
      { type, status: 'True', reason: code, message },
    ])
  })

  it('tells credentials of one name apart, as an old and a new CA have it, and keeps no more than fit', () => {
    const named = (...names: readonly string[]): readonly string[] | undefined => {
      const credentials = names.map((name) => ({ name, notAfter: later }))
      return issuerStatus(undefined, { ...probe, readiness: { ...ready, credentials }, at }).credentials?.map(
        (one) => one.name,
      )
    }
    expect(named('CA', 'RA', 'CA', 'CA (2)', 'CA')).toEqual(['CA', 'RA', 'CA (2)', 'CA (2) (2)', 'CA (3)'])
    expect(new Set(named(...Array.from({ length: 40 }, () => 'CA')))).toHaveProperty('size', 32)
  })

  it('keeps of too many credentials those that end first', () => {
    const credentials = Array.from({ length: 40 }, (_, i) => ({ name: `${i}`, notAfter: plus(at, days(40 - i)) }))
    const status = issuerStatus(undefined, { ...probe, readiness: { ...ready, credentials }, at })
    expect(status.credentials?.map(({ name }) => name)).toEqual(Array.from({ length: 32 }, (_, i) => `${i + 8}`))
  })

  it('remembers what is known of the CA while it cannot be asked', () => {
    const status = issuerStatus(first, { ...probe, readiness: broken('Unreachable'), at: later })
    expect(status).toMatchObject({ details: first.details, credentials: first.credentials })
  })

  it('is not news when nothing but the time of the probe has changed', () => {
    expect(sameExceptProbeTime(first, issuerStatus(first, { ...probe, readiness: ready, at: later }))).toBe(true)
    expect(sameExceptProbeTime(undefined, first)).toBe(false)
  })
})
