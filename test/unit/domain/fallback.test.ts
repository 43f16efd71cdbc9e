import { describe, expect, it } from '@jest/globals'
import type { CertificateStatus } from '../../../src/api/certificate.ts'
import { chooseIssuer, fallbackTable, mayFallBack } from '../../../src/domain/fallback.ts'
import type { Candidate } from '../../../src/domain/fallback.ts'
import { faultTable } from '../../../src/domain/fault.ts'
import type { FaultCode } from '../../../src/domain/fault.ts'
import type { IssuerView, ReadyIssuer, Snapshot } from '../../../src/domain/snapshot.ts'
import { hours, minus, minutes, plus, seconds } from '../../../src/std/time.ts'
import {
  at,
  caRef,
  dueSecret,
  failureOf,
  flightOf,
  inProcess,
  marksOf,
  network,
  now,
  secretOf,
  snapshotOf,
} from './snapshots.ts'
import type { World } from './snapshots.ts'

const houseRef = { name: 'house', kind: 'ClusterIssuer', group: 'perennial.dev' } as const
const first: ReadyIssuer = network
const house: ReadyIssuer = { ...inProcess, uid: 'house-uid', generation: 1 }
const down = (forSeconds: number): IssuerView => ({
  kind: 'notReady',
  message: 'Issuer ca is not ready: it is down',
  since: minus(now, seconds(forSeconds)),
})

const spec = { fallbackIssuerRefs: [houseRef] }
const due = { spec, more: { secret: dueSecret } } satisfies World
const of = (a: IssuerView | undefined, b: IssuerView | undefined): readonly Candidate[] => [
  { ref: caRef, view: a },
  { ref: houseRef, view: b },
]
const choose = (world: World, candidates: readonly Candidate[]) => chooseIssuer(snapshotOf(world), candidates, now)
const chosenName = (world: World, candidates: readonly Candidate[]): string | undefined =>
  choose(world, candidates)?.choice.ref.name
/** Failures of the very wish that these tests speak of. */
const failure = (more: Parameters<typeof failureOf>[0] = {}) => failureOf(more)
const dueAfter = (status: CertificateStatus): World => ({ ...due, status: { ...status } })

describe('the issuer that is asked', () => {
  it('is the first while it is well', () => {
    expect(choose(due, of(first, house))).toEqual({
      issuer: first,
      choice: { ref: caRef, because: undefined, reconsiderAt: undefined },
    })
  })

  it('is the next once the first has been down for longer than the grace', () => {
    expect(choose(due, of(down(301), house))?.choice).toEqual({
      ref: houseRef,
      because: 'Issuer ca is not ready: it is down',
      reconsiderAt: undefined,
    })
  })

  it('is the first within the grace, and it is looked at again when that ends', () => {
    expect(choose(due, of(down(200), house))?.choice).toMatchObject({
      ref: caRef,
      reconsiderAt: plus(now, seconds(100)),
    })
  })

  it('is the next after half a minute where nothing is served yet', () => {
    const world = { spec, status: {}, more: { secret: undefined } }
    expect(chosenName(world, of(down(29), house))).toBe('ca')
    expect(chosenName(world, of(down(30), house))).toBe('house')
  })

  it.each([
    ['the first', of(undefined, house)],
    ['the next, when it comes to that', of(down(3600), undefined)],
  ])('is nobody before %s has been looked at', (_title, candidates) => {
    expect(choose(due, candidates)).toBeUndefined()
  })

  it('is the next while the first asks for patience', () => {
    const pausing = { ...first, pause: { until: plus(now, minutes(1)), message: 'patience' } }
    expect(choose(due, of(pausing, house))?.choice).toMatchObject({ ref: houseRef, because: 'Issuer ca: patience' })
    expect(chosenName(due, of({ ...first, pause: { until: now, message: 'over' } }, house))).toBe('ca')
    const sentence = { ...pausing, pause: { ...pausing.pause, message: 'patience, please.' } }
    expect(choose(due, of(sentence, house))?.choice.because).toBe('Issuer ca: patience, please')
  })

  it('is the one that may be asked soonest while all have failed', () => {
    const status = {
      lastFailure: failure({ code: 'RateLimited', issuer: 'house-uid/1', nextTryTime: at(plus(now, hours(2))) }),
      otherFailures: [failure({ code: 'RateLimited', nextTryTime: at(plus(now, hours(1))) })],
    }
    expect(choose(dueAfter(status), of(first, house))?.choice).toEqual({
      ref: caRef,
      because: undefined,
      reconsiderAt: plus(now, hours(1)),
    })
  })

  it('is whoever issued while nothing has to be done, as advice on renewal comes from there', () => {
    const world = { spec, more: { secret: secretOf({ marks: marksOf({ issuerRef: houseRef }) }) } }
    expect(chosenName(world, of(first, house))).toBe('house')
  })

  it('is the first again when what the next issued is due', () => {
    const more = { secret: { ...dueSecret, marks: { ...dueSecret.marks, issuerRef: houseRef } } }
    expect(chosenName({ spec, more }, of(first, house))).toBe('ca')
  })
})

const codes = Object.keys(faultTable) as readonly FaultCode[]

describe('after a failure at the first', () => {
  it.each(codes)('%s leads on as the table says', (code) => {
    const rule = fallbackTable[faultTable[code].about]
    expect([mayFallBack(code, 1), mayFallBack(code, 2)]).toEqual([rule === 'atOnce', rule !== 'never'])
  })

  it.each<[FaultCode, number, string]>([
    ['RateLimited', 1, 'house'],
    ['CredentialsRejected', 1, 'house'],
    ['Unreachable', 1, 'ca'],
    ['Unreachable', 2, 'house'],
    ['ServerFailed', 2, 'house'],
    ['NamesRejected', 9, 'ca'],
    ['PolicyDenied', 9, 'ca'],
    ['RequestRejected', 9, 'ca'],
    ['SecurityViolation', 9, 'ca'],
  ])('%s, %i in a row: asked is %s', (code, attempts, expected) => {
    const lastFailure = failure({ code, attempts, nextTryTime: at(plus(now, hours(1))) })
    expect(chosenName(dueAfter({ lastFailure }), of(first, house))).toBe(expected)
  })

  it('that another version of Perennial wrote nobody else is asked', () => {
    expect(mayFallBack('Unheard', 99)).toBe(false)
  })
})

describe('an enrollment under way', () => {
  const flying = (
    more: Partial<NonNullable<CertificateStatus['enrollment']>> = {},
    status: CertificateStatus = {},
  ): World => ({
    ...due,
    status: { ...status, enrollment: flightOf({ issuerRef: caRef, ...more }) },
  })
  const bound = (issuerRef: Snapshot['choice']['ref']) => ({
    issuerRef,
    issuer: 'house-uid/1',
    because: 'the first is down',
  })

  it('stays where it was started although the first is well again', () => {
    expect(choose(flying(bound(houseRef)), of(first, house))?.choice).toMatchObject({
      ref: houseRef,
      because: 'the first is down',
    })
  })

  it('goes elsewhere when its issuer has been down for long', () => {
    expect(chosenName(flying(), of(down(20), house))).toBe('ca')
    expect(chosenName(flying(), of(down(3600), house))).toBe('house')
  })

  it('stays with an issuer that is down while nobody else can be asked', () => {
    expect(chosenName(flying(), of(down(3600), down(3600)))).toBe('ca')
  })

  it.each([
    [3, 'ca'],
    [4, 'house'],
  ])('after %i failures in a row is at %s', (attempts, expected) => {
    const lastFailure = failure({ attempts, nextTryTime: at(plus(now, hours(1))) })
    expect(chosenName(flying({}, { lastFailure }), of(first, house))).toBe(expected)
  })

  it('of an older version, which does not say whose it is, belongs to the first', () => {
    const { issuerRef: _ref, ...old } = flightOf()
    expect(chosenName({ ...due, status: { enrollment: old } }, of(first, house))).toBe('ca')
  })

  it('at an issuer that is no longer named is given up', () => {
    expect(chosenName(flying(bound({ ...houseRef, name: 'gone' })), of(first, house))).toBe('ca')
  })
})
