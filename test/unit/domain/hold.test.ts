import { describe, expect, it } from '@jest/globals'
import type { Certificate } from '../../../src/api/certificate.ts'
import { enrollmentFinalizer, holdOf } from '../../../src/domain/hold.ts'
import type { Hold } from '../../../src/domain/hold.ts'

interface Case {
  readonly deleting: boolean
  readonly held: boolean
  /** Undefined: no enrollment is under way. */
  readonly outside: boolean | undefined
}

const certificate = ({ deleting, held, outside }: Case): Certificate => ({
  apiVersion: 'perennial.dev/v1',
  kind: 'Certificate',
  metadata: {
    name: 'web',
    finalizers: ['of/another', ...(held ? [enrollmentFinalizer] : [])],
    ...(deleting ? { deletionTimestamp: '2026-11-24T00:00:00Z' } : {}),
  },
  spec: { secretName: 'web', issuerRef: { name: 'ca', kind: 'Issuer', group: 'perennial.dev' } },
  status:
    outside === undefined
      ? {}
      : {
          enrollment: {
            protocol: 'any',
            phase: 'challenges',
            startedAt: '2026-11-24T00:00:00Z',
            requestHash: 'hash',
            issuer: 'uid/1',
            keyHash: 'hash',
            ticket: { version: 1, phase: 'challenges', state: {}, ...(outside ? { outside } : {}) },
          },
        },
})

describe('a Certificate', () => {
  it.each<[string, Case, Hold]>([
    ['that rests is left alone', { deleting: false, held: false, outside: undefined }, 'nothing'],
    ['whose answers stand in the cluster is left alone', { deleting: false, held: false, outside: false }, 'nothing'],
    ['is held before anything is shown outside', { deleting: false, held: false, outside: true }, 'hold'],
    ['is held once', { deleting: false, held: true, outside: true }, 'nothing'],
    ['is released when the enrollment is over', { deleting: false, held: true, outside: undefined }, 'release'],
    ['is released when the next enrollment shows nothing', { deleting: false, held: true, outside: false }, 'release'],
    ['that is deleted meanwhile says farewell first', { deleting: true, held: true, outside: true }, 'farewell'],
    ['that is deleted at rest goes', { deleting: true, held: true, outside: undefined }, 'release'],
    ['that is being deleted is not held any more', { deleting: true, held: false, outside: true }, 'nothing'],
  ])('%s', (_what, one, expected) => {
    expect(holdOf(certificate(one))).toBe(expected)
  })
})
