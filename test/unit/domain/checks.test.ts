import { describe, expect, it } from '@jest/globals'
import { checkInput, firstRewrite, firstTrigger, firstUnreadiness } from '../../../src/domain/checks.ts'
import type { CheckInput, Violation } from '../../../src/domain/checks.ts'
import { days, minus, plus, seconds } from '../../../src/std/time.ts'
import { at, dueSecret, keyFacts, marksOf, now, secretOf, secretWith, snapshotOf, wishOf } from './snapshots.ts'
import type { World } from './snapshots.ts'

function look<T>(world: World, check: (input: CheckInput, at: typeof now) => T): T | undefined {
  const input = checkInput(snapshotOf(world))
  return input === undefined ? undefined : check(input, now)
}

const damaged = { kind: 'damaged', message: 'is not PEM' } as const
const missing = { kind: 'missing' } as const

interface Row {
  readonly title: string
  readonly world: World
  readonly reason: Violation['reason']
  readonly cause: Violation['cause']
  readonly says: string
  /** Whether `Ready` is false because of it. */
  readonly isUnready: boolean
}

const rows: readonly Row[] = [
  {
    title: 'does not exist',
    world: { more: { secret: undefined } },
    reason: 'DoesNotExist',
    cause: 'meddling',
    says: 'Secret web-tls does not exist',
    isUnready: true,
  },
  {
    title: 'has no key',
    world: { more: { secret: secretOf({ key: missing }) } },
    reason: 'MissingData',
    cause: 'meddling',
    says: 'lacks tls.key',
    isUnready: true,
  },
  {
    title: 'is empty',
    world: { more: { secret: secretOf({ key: missing, certificate: missing }) } },
    reason: 'MissingData',
    cause: 'meddling',
    says: 'lacks tls.key and tls.crt',
    isUnready: true,
  },
  {
    title: 'has a damaged key',
    world: { more: { secret: secretOf({ key: damaged }) } },
    reason: 'InvalidKeyPair',
    cause: 'meddling',
    says: 'tls.key in Secret web-tls: is not PEM',
    isUnready: true,
  },
  {
    title: 'has a damaged certificate',
    world: { more: { secret: secretOf({ certificate: damaged }) } },
    reason: 'InvalidCertificate',
    cause: 'meddling',
    says: 'tls.crt in Secret web-tls: is not PEM',
    isUnready: true,
  },
  {
    title: 'has the key of another certificate',
    world: { more: { secret: secretOf({ key: { kind: 'ok', facts: keyFacts('key-9') } }) } },
    reason: 'InvalidKeyPair',
    cause: 'meddling',
    says: 'is not the key of its tls.crt',
    isUnready: true,
  },
  {
    title: 'belongs to another Certificate',
    world: { more: { secret: secretOf({ owner: 'api' }) } },
    reason: 'IncorrectCertificate',
    cause: 'meddling',
    says: 'Certificate api',
    isUnready: true,
  },
  {
    title: 'comes from another issuer',
    world: { spec: { issuerRef: { name: 'new', kind: 'ClusterIssuer', group: 'perennial.dev' } } },
    reason: 'IncorrectIssuer',
    cause: 'wish',
    says: 'issued by Issuer ca, wanted from ClusterIssuer new',
    isUnready: true,
  },
  {
    title: 'has a key of another kind',
    world: { spec: { privateKey: { algorithm: 'RSA' } } },
    reason: 'SecretMismatch',
    cause: 'wish',
    says: 'ECDSA 256, wanted is RSA 2048',
    isUnready: true,
  },
  {
    title: 'answers to another spec',
    world: { spec: { dnsNames: ['api.example.com'] } },
    reason: 'RequestChanged',
    cause: 'wish',
    says: 'the spec has changed',
    isUnready: true,
  },
  {
    title: 'has lost its marks',
    world: { more: { secret: secretOf({ marks: marksOf({ requestHash: undefined }) }) } },
    reason: 'RequestChanged',
    cause: 'meddling',
    says: 'no longer says',
    isUnready: true,
  },
  {
    title: 'has expired',
    world: { more: { secret: secretWith({ notAfter: now }) } },
    reason: 'Expired',
    cause: 'wish',
    says: 'has expired',
    isUnready: true,
  },
  {
    title: 'is to be renewed by a person',
    world: { renewRequest: 'now' },
    reason: 'ManuallyTriggered',
    cause: 'wish',
    says: '(now)',
    isUnready: false,
  },
  {
    title: 'is due',
    world: { more: { secret: dueSecret } },
    reason: 'Renewing',
    cause: 'wish',
    says: 'is due',
    isUnready: false,
  },
]

describe('a Secret that', () => {
  it.each(rows)('$title asks for a certificate: $reason', ({ world, reason, cause, says }) => {
    const violation = look(world, firstTrigger)
    expect(violation).toMatchObject({ reason, cause })
    expect(violation?.message).toContain(says)
  })

  it.each(rows)('$title makes Ready false: $isUnready', ({ world, reason, isUnready }) => {
    expect(look(world, firstUnreadiness)?.reason).toBe(isUnready ? reason : undefined)
  })

  it('holds what is asked for asks for nothing', () => {
    expect(look({}, firstTrigger)).toBeUndefined()
    expect(look({}, firstUnreadiness)).toBeUndefined()
    expect(look({}, firstRewrite)).toBeUndefined()
  })

  it('is not valid yet is not ready, and asks for nothing', () => {
    const world: World = { more: { secret: secretWith({ notBefore: plus(now, seconds(90)) }) } }
    expect(look(world, firstUnreadiness)?.reason).toBe('NotYetValid')
    expect(look(world, firstTrigger)).toBeUndefined()
  })

  it('comes from a fallback issuer is accepted', () => {
    const issuerRef = { name: 'new', kind: 'ClusterIssuer', group: 'perennial.dev' } as const
    const fallbackIssuerRefs = [{ name: 'ca', kind: 'Issuer', group: 'perennial.dev' }] as const
    expect(look({ spec: { issuerRef, fallbackIssuerRefs } }, firstTrigger)).toBeUndefined()
  })

  it('was renewed for a request does not answer to it again', () => {
    const secret = secretOf({ marks: marksOf({ renewRequest: 'now' }) })
    expect(look({ renewRequest: 'now', more: { secret } }, firstTrigger)).toBeUndefined()
  })

  it('is damaged in several ways is told by the first check in the order of cert-manager', () => {
    const secret = secretOf({ key: damaged, certificate: missing, owner: 'api' })
    expect(look({ spec: { dnsNames: ['x.example'] }, more: { secret } }, firstTrigger)?.reason).toBe('MissingData')
  })
})

describe('a Secret with the right certificate', () => {
  const newOutputs = { secretTemplate: { labels: { team: 'web' } } }
  const cases: readonly { title: string; world: World; reason: string | undefined; cause?: string }[] = [
    { title: 'whose outputs have changed', world: { spec: newOutputs }, reason: 'OutputsChanged', cause: 'wish' },
    {
      title: 'that somebody changed',
      world: { more: { secret: secretOf({ intact: false }) } },
      reason: 'SecretDamaged',
      cause: 'meddling',
    },
    {
      title: 'that lost the mark of its outputs',
      world: { more: { secret: secretOf({ marks: marksOf({ outputsHash: undefined }) }) } },
      reason: 'SecretDamaged',
      cause: 'meddling',
    },
    {
      title: 'whose outputs have changed and that somebody changed',
      world: { spec: newOutputs, more: { secret: secretOf({ intact: false }) } },
      reason: 'OutputsChanged',
      cause: 'wish',
    },
    {
      title: 'that is due',
      world: { spec: newOutputs, more: { secret: dueSecret } },
      reason: 'OutputsChanged',
      cause: 'wish',
    },
    {
      title: 'that answers to another spec',
      world: { spec: { ...newOutputs, dnsNames: ['x.example'] } },
      reason: undefined,
    },
    { title: 'that is gone', world: { spec: newOutputs, more: { secret: undefined } }, reason: undefined },
  ]
  it.each(cases)('$title is to be rewritten: $reason', ({ world, reason, cause }) => {
    const violation = look(world, firstRewrite)
    expect(violation?.reason).toBe(reason)
    expect(violation?.cause).toBe(cause)
  })
})

describe("the CA's advice", () => {
  const window = {
    windowStart: at(minus(now, days(2))),
    windowEnd: at(minus(now, days(1))),
    checkedAt: at(now),
    askAgainAt: at(now),
  }
  it.each([
    { title: 'for this certificate is followed', serialNumber: 'AA', reason: 'Renewing' },
    { title: 'for another certificate is not', serialNumber: 'BB', reason: undefined },
  ])('$title', ({ serialNumber, reason }) => {
    expect(look({ status: { renewalInfo: { serialNumber, ...window } } }, firstTrigger)?.reason).toBe(reason)
  })
})

it('nothing is checked while the spec cannot be understood', () => {
  expect(checkInput(snapshotOf({ invalid: 'spec.duration is odd' }))).toBeUndefined()
  expect(wishOf().secretName).toBe('web-tls')
})
