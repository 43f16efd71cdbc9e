import { describe, expect, it } from '@jest/globals'
import type { Certificate } from '../../../../src/api/certificate.ts'
import type { Condition } from '../../../../src/api/meta.ts'
import type { Issuer } from '../../../../src/api/issuer.ts'
import type { Gathered } from '../../../../src/cli/cluster/gather.ts'
import { certificateTree } from '../../../../src/cli/cluster/story.ts'
import { whyLines } from '../../../../src/cli/cluster/why.ts'
import { at, baseSpec, now } from '../../domain/snapshots.ts'

const condition = (type: string, status: Condition['status'], reason: string, message: string): Condition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: at(now),
})

const gathered = (conditions: readonly Condition[], more: Partial<Gathered> = {}): Gathered => {
  const certificate: Certificate = {
    apiVersion: 'perennial.dev/v1',
    kind: 'Certificate',
    metadata: { name: 'web', namespace: 'shop' },
    spec: baseSpec,
    status: { conditions },
  }
  const rest = { issuer: undefined, fallbacks: [], events: [], revocations: [] }
  return { certificate, secret: { kind: 'absent' }, ...rest, ...more }
}

const why = (...conditions: readonly Condition[]): readonly string[] => whyLines(gathered(conditions), now)

const issuer = (name: string, ready: Condition): Issuer => ({
  apiVersion: 'perennial.dev/v1',
  kind: 'Issuer',
  metadata: { name, namespace: 'shop' },
  spec: { selfSigned: {} },
  status: { conditions: [ready] },
})
const ref = (name: string) => ({ name, kind: 'Issuer', group: 'perennial.dev' }) as const

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

  it('says once what is wrong at the issuer, and why none of the others helps', () => {
    const down = condition('Ready', 'False', 'Unreachable', 'ca.example does not answer.')
    const said = 'Secret web does not exist. Issuer ca is not ready: ca.example does not answer.'
    const ready = condition('Ready', 'False', 'IssuerNotReady', said)
    const first = { ...gathered([ready]).certificate, spec: { ...baseSpec, issuerRef: ref('ca') } }
    const fallbacks = [
      { ref: ref('spare'), issuer: issuer('spare', condition('Ready', 'False', 'Misconfigured', 'no CA there.')) },
      { ref: ref('gone'), issuer: undefined },
      { ref: ref('good'), issuer: issuer('good', condition('Ready', 'True', 'Ready', 'Fine.')) },
    ]
    const all = gathered([ready], { certificate: first, issuer: issuer('ca', down), fallbacks })
    expect(whyLines(all, now)).toEqual([
      `web is not ready (IssuerNotReady). ${said}`,
      'Nor can it fall back: Issuer spare is not ready: no CA there.',
      'Nor can it fall back: Issuer gone is not there, or you may not read it; make it, or correct spec.fallbackIssuerRefs.',
    ])
    expect(certificateTree(all, now).branches?.map(({ text }) => text)).toEqual(
      expect.arrayContaining([
        'Falls back to Issuer spare (selfSigned): not ready, Misconfigured: no CA there.',
        'Falls back to Issuer gone: not there, or you may not read it',
        'Falls back to Issuer good (selfSigned): Ready',
      ]),
    )
    const valid = condition('Ready', 'True', 'Ready', 'Valid until 2027.')
    expect(whyLines({ ...all, certificate: { ...first, status: { conditions: [valid] } } }, now)).toEqual([
      'web is ready. Valid until 2027.',
      'Issuer ca is not ready: ca.example does not answer.',
    ])
  })

  it('says that nothing more happens right behind what is to be changed', () => {
    const taken = 'Certificate first is older and already writes Secret web; give this one another secretName.'
    const ready = condition('Ready', 'False', 'SecretNameTaken', `Secret web does not exist. ${taken}`)
    const lines = why(ready, condition('Stalled', 'True', 'SecretNameTaken', taken))
    expect(lines.slice(0, 2)).toEqual([
      `web is not ready (SecretNameTaken). ${ready.message}`,
      'Nothing more happens by itself: change what the sentence above names.',
    ])
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
