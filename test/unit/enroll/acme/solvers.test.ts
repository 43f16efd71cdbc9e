import { describe, expect, it } from '@jest/globals'
import type { AcmeSpec } from '../../../../src/api/issuer/acme.ts'
import {
  answerFor,
  answerable,
  checkFor,
  pickChallenge,
  recorded,
  solverOf,
  solversFor,
} from '../../../../src/enroll/acme/solvers.ts'
import type { Picked } from '../../../../src/enroll/acme/solvers.ts'
import type { Challenge } from '../../../../src/enroll/acme/wire.ts'
import type { ChallengeBoard } from '../../../../src/enroll/challenge.ts'
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
  const [solver] = solversFor(identifier, { spec: { ...base, solvers }, labels })
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
    expect(solversFor('example.org', { spec: base, labels: {} })).toEqual([{ http01: {} }])
  })
})

describe('a name', () => {
  const solving = { spec: base, labels: {}, board }

  it('can be proven by what both board and solver know', () => {
    const spec = { ...base, solvers: [{ http01: {} }, { selector: { dnsZones: ['a.test'] }, tlsAlpn01: {} }] }
    const ways = (type: 'dns' | 'ip', value: string): unknown => answerable({ type, value }, { ...solving, spec })
    expect(ways('dns', 'a.test')).toEqual({ ok: true, value: [spec.solvers[1], spec.solvers[0]] })
    expect(ways('ip', '2001:db8::1')).toEqual({ ok: true, value: [spec.solvers[0]] })
  })

  it('for which nothing answers the challenge of its solver is told what to do', () => {
    const spec = { ...base, solvers: [{ tlsAlpn01: {} }] }
    const http: ChallengeBoard = { ...board, typesFor: () => ['http-01'] }
    const answer = answerable({ type: 'dns', value: 'a.test' }, { spec, labels: {}, board: http })
    expect(answer).toHaveProperty('error.message', expect.stringContaining('--tls-alpn01-address'))
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
    expect(checkFor({ http01: {} })).toBe('look')
    expect(checkFor({ http01: disabled })).toBe('trust')
    expect(checkFor({ tlsAlpn01: disabled })).toBe('trust')
    expect(checkFor(undefined)).toBe('look')
  })
})

describe('a challenge', () => {
  const challenge = (type: string, token?: string): Challenge => ({
    type,
    url: `https://ca.test/${type}`,
    status: 'pending',
    token,
    issuerDomains: [],
    error: undefined,
  })
  const name = (wildcard = false) => ({ identifier: { type: 'dns', value: 'a.test' } as const, wildcard })
  const prover = { url: 'https://ca.test/acct/1', thumbprint: 'print' }
  const hook = { groupName: 'acme.example.com', solverName: 'any' }
  const http: Solvers[number] = { http01: {} }
  const tls: Solvers[number] = { tlsAlpn01: {} }
  const pick = (...challenges: Challenge[]): Picked | undefined =>
    pickChallenge({ status: 'pending', identifier: { type: 'dns', value: 'a.test' }, wildcard: false, challenges }, [
      tls,
      http,
    ])

  it('is picked by the best solver among any others, and only with a token', () => {
    const good = challenge('http-01', 'token')
    const better = challenge('tls-alpn-01', 'token')
    expect(pick(challenge('dns-persist-01'), challenge('http-01'), challenge('dns-01', 'x'), good)).toEqual({
      challenge: good,
      solver: http,
    })
    expect(pick(good, better)).toEqual({ challenge: better, solver: tls })
    expect(pick(challenge('dns-persist-01'), challenge('http-01'))).toBeUndefined()
  })

  it('is answered with its token and the thumbprint of the account key', () => {
    const answer = answerFor({ challenge: challenge('tls-alpn-01', 'token'), solver: tls }, name(), prover)
    expect(answer).toEqual({ type: 'tls-alpn-01', identifier: 'a.test', token: 'token', value: 'token.print' })
  })

  it('over DNS may have its record below a label of the account', () => {
    // The example of draft-ietf-acme-dns-account-label section 3.1.
    const account = { url: 'https://example.com/acme/acct/ExampleAccount', thumbprint: 'print' }
    const solver: Solvers[number] = { dns01: { challengeType: 'dns-account-01', webhook: hook } }
    const answer = answerFor({ challenge: challenge('dns-account-01', 'token'), solver }, name(), account)
    expect(answer).toMatchObject({ type: 'dns-account-01', value: 'token.print', label: '_ujmmovf2vn55tgye' })
  })

  it.each([
    ['a name', false, 'ca.test; accounturi=https://ca.test/acct/1'],
    ['a wildcard', true, 'ca.test; accounturi=https://ca.test/acct/1; policy=wildcard'],
  ])('without a token is answered by the text of a record that stays, for %s', (_what, wildcard, value) => {
    const persistent = { ...challenge('dns-persist-01'), issuerDomains: ['ca.test', 'ca.example'] }
    const picked = { challenge: persistent, solver: { dnsPersist01: {} } }
    expect(answerFor(picked, name(wildcard), prover)).toEqual({
      type: 'dns-persist-01',
      identifier: 'a.test',
      token: '',
      value,
    })
  })
})

describe('a kept answer', () => {
  const answer = { type: 'http-01', identifier: 'a.test', token: 't', value: 't.p' } as const
  const nginx: Solvers[number] = { selector: { dnsZones: ['a.test'] }, http01: { ingress: { class: 'nginx' } } }
  const spec = (...solvers: Solvers[number][]): AcmeSpec => ({ ...base, solvers })
  const ticket = { solvers: [recorded(nginx)] }

  it('finds its solver again wherever the issuer lists it now, whatever it is for by now', () => {
    const moved = { http01: { ingress: { class: 'nginx' } } }
    expect(solverOf({ ...answer, solver: 0 }, ticket, spec({ http01: {} }, moved))).toBe(moved)
  })

  it('has no solver any more when the issuer has none that is alike: a status is not believed', () => {
    expect(solverOf({ ...answer, solver: 0 }, ticket, spec({ http01: {} }))).toBeUndefined()
    expect(solverOf({ ...answer, solver: 7 }, { solvers: [] }, spec({ tlsAlpn01: {} }))).toBeUndefined()
  })

  it('of an earlier version belongs to the first solver of its type', () => {
    expect(solverOf(answer, {}, spec({ tlsAlpn01: {} }, { http01: disabled }))).toEqual({ http01: disabled })
    expect(solverOf(answer, {}, base)).toEqual({ http01: {} })
  })
})
