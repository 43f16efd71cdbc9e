import { describe, expect, it } from '@jest/globals'
import type { AcmeSpec } from '../../../../src/api/issuer/acme.ts'
import { answerFor, answerable, checkFor, pickChallenge, solverFor } from '../../../../src/enroll/acme/solvers.ts'
import type { Challenge } from '../../../../src/enroll/acme/wire.ts'
import type { ChallengeBoard } from '../../../../src/enroll/enroller.ts'
import { instant } from '../../../../src/std/time.ts'
import { lonelyCtx } from '../../../support/lonelyctx.ts'

type Solvers = NonNullable<AcmeSpec['solvers']>

const base: AcmeSpec = { server: 'https://ca.test/directory', privateKeySecretRef: { name: 'account' } }
const enabled = { selfCheck: 'Enabled' } as const
const disabled = { selfCheck: 'Disabled' } as const

const board: ChallengeBoard = {
  ...lonelyCtx(instant(0)).board,
  typesFor: ({ wildcard }) => (wildcard ? ['dns-01'] : ['http-01', 'tls-alpn-01']),
}

function chosen(identifier: string, solvers: Solvers, labels: Readonly<Record<string, string>> = {}): number {
  const solver = solverFor(identifier, { spec: { ...base, solvers }, labels })
  return solver === undefined ? -1 : solvers.indexOf(solver)
}

describe('the solver for a name', () => {
  const any = { http01: enabled }
  const labelled = { selector: { matchLabels: { team: 'web' } }, http01: enabled }
  const zone = { selector: { dnsZones: ['Example.com'] }, http01: enabled }
  const longZone = { selector: { dnsZones: ['a.example.com'] }, http01: enabled }
  const exact = { selector: { dnsNames: ['www.a.example.com'] }, http01: enabled }

  it.each<[string, Solvers, string, number]>([
    ['the exact name before every zone', [any, zone, longZone, exact], 'www.a.example.com', 3],
    ['the longest zone', [any, zone, longZone, exact], 'ftp.a.example.com', 2],
    ['the zone itself', [any, zone], 'example.com', 1],
    ['a wildcard below a zone', [any, zone], '*.example.com', 1],
    ['no zone that only ends alike', [any, zone], 'badexample.com', 0],
    ['the first of two equals', [any, any], 'example.com', 0],
    ['none when nothing fits', [zone, labelled], 'example.org', -1],
  ])('is %s', (_name, solvers, identifier, index) => {
    expect(chosen(identifier, solvers)).toBe(index)
  })

  it('may depend on the labels of the Certificate', () => {
    expect(chosen('example.org', [any, labelled], { team: 'web' })).toBe(1)
    expect(chosen('example.org', [any, labelled], { team: 'mail' })).toBe(0)
    expect(chosen('example.org', [labelled], {})).toBe(-1)
  })

  it('is HTTP for an issuer that lists none', () => {
    expect(solverFor('example.org', { spec: base, labels: {} })).toEqual({ http01: {} })
  })
})

describe('a name', () => {
  const solving = { spec: base, labels: {}, board }

  it('can be proven by what both board and solver know', () => {
    expect(answerable({ type: 'dns', value: 'a.test' }, solving)).toEqual({ ok: true, value: ['http-01'] })
    expect(answerable({ type: 'ip', value: '2001:db8::1' }, solving)).toEqual({ ok: true, value: ['http-01'] })
  })

  it('with a wildcard cannot be proven over HTTP, which is said before any order is made', () => {
    const answer = answerable({ type: 'dns', value: '*.a.test' }, solving)
    expect(answer).toMatchObject({ error: { code: 'RequestUnsupported' } })
    expect(answer).toHaveProperty('error.message', expect.stringMatching(/^\*\.a\.test cannot be proven: .*wildcard/))
  })

  it('that no solver is for waits for the issuer to change', () => {
    const spec = { ...base, solvers: [{ selector: { dnsZones: ['b.test'] }, http01: {} }] }
    const answer = answerable({ type: 'dns', value: 'a.test' }, { ...solving, spec })
    expect(answer).toMatchObject({ error: { code: 'RequestUnsupported' } })
    expect(answer).toHaveProperty('error.message', expect.stringContaining('add one to spec.acme.solvers'))
  })

  it('is looked at from here first unless its solver says otherwise', () => {
    const spec = { ...base, solvers: [{ http01: {} }, { selector: { dnsNames: ['b.test'] }, http01: disabled }] }
    expect(checkFor('a.test', { spec, labels: {} })).toBe('look')
    expect(checkFor('b.test', { spec, labels: {} })).toBe('trust')
  })
})

describe('a challenge', () => {
  const challenge = (type: string, token?: string): Challenge => ({
    type,
    url: `https://ca.test/${type}`,
    status: 'pending',
    token,
    error: undefined,
  })
  const pick = (...challenges: Challenge[]): Challenge | undefined =>
    pickChallenge({ status: 'pending', identifier: { type: 'dns', value: 'a.test' }, wildcard: false, challenges }, [
      'http-01',
    ])

  it('is picked by type among any others, and only with a token', () => {
    const good = challenge('http-01', 'token')
    expect(pick(challenge('dns-persist-01'), challenge('http-01'), challenge('dns-01', 'x'), good)).toBe(good)
    expect(pick(challenge('dns-persist-01'), challenge('http-01'))).toBeUndefined()
  })

  it('is answered with its token and the thumbprint of the account key', () => {
    expect(answerFor(challenge('http-01', 'token'), 'a.test', 'print')).toEqual({
      type: 'http-01',
      identifier: 'a.test',
      token: 'token',
      value: 'token.print',
    })
  })
})
