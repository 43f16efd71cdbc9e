import fc from 'fast-check'
import { describe, expect, it } from '@jest/globals'
import { faultTable, retryClass } from '../../../../src/domain/fault.ts'
import type { RetryClass } from '../../../../src/domain/fault.ts'
import {
  faultsByType,
  problemFault,
  readInnerProblem,
  readProblem,
  sentenceFor,
} from '../../../../src/enroll/acme/problem.ts'

const prefix = 'urn:ietf:params:acme:error:'
const bytes = (value: unknown): Uint8Array => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
const told = (type: string, more: object = {}) => readProblem(400, bytes({ type: `${prefix}${type}`, ...more }))

/** What the controllers do about each type: RFC 8555 section 6.7, RFC 9773 section 7.4, draft-ietf-acme-profiles section 6. */
const consequences: Readonly<Record<string, RetryClass>> = {
  accountDoesNotExist: 'issuer',
  alreadyReplaced: 'later',
  alreadyRevoked: 'later',
  badCSR: 'later',
  badNonce: 'soon',
  badPublicKey: 'later',
  badRevocationReason: 'later',
  badSignatureAlgorithm: 'issuer',
  caa: 'later',
  compound: 'later',
  connection: 'later',
  dns: 'later',
  externalAccountRequired: 'issuer',
  incorrectResponse: 'later',
  invalidContact: 'issuer',
  invalidProfile: 'issuer',
  malformed: 'later',
  orderNotReady: 'soon',
  rateLimited: 'soon',
  rejectedIdentifier: 'later',
  serverInternal: 'soon',
  tls: 'later',
  unauthorized: 'issuer',
  unsupportedContact: 'issuer',
  unsupportedIdentifier: 'later',
  userActionRequired: 'issuer',
}

describe('the table of problem types', () => {
  it.each(Object.entries(consequences))('has %s tried again: %s', (type, expected) => {
    expect(retryClass(problemFault(told(type, { detail: 'x' })).code)).toBe(expected)
  })

  it('has no row that is not tested', () => {
    expect(Object.keys(faultsByType).sort()).toEqual(Object.keys(consequences).sort())
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('takes %s for an unknown type', (type) => {
    expect(problemFault(told(type))).toMatchObject({ code: 'RequestRejected' })
    expect(sentenceFor(told(type))).not.toContain('native code')
  })
})

describe('a refusal without a type that is known', () => {
  it.each([
    [301, 'ReplyMalformed'],
    [400, 'RequestRejected'],
    [401, 'CredentialsRejected'],
    [403, 'CredentialsRejected'],
    [404, 'RequestRejected'],
    [408, 'ServerFailed'],
    [429, 'RateLimited'],
    [500, 'ServerFailed'],
    [503, 'ServerFailed'],
  ])('and status %d is %s', (status, code) => {
    for (const body of ['', '<html>busy</html>', '[]', 'null', '{"type":"about:blank"}', '{"type":7}'])
      expect(problemFault(readProblem(status, bytes(body))).code).toBe(code)
  })
})

describe('a problem document', () => {
  it('without a status has that of the reply', () => {
    expect(readProblem(403, bytes({ type: `${prefix}caa` })).status).toBe(403)
    expect(readProblem(403, bytes({ type: `${prefix}caa`, status: 400 })).status).toBe(400)
  })

  it('tells each identifier with its own complaint', () => {
    const subproblems = ['a.test', 'b.test'].map((value) => ({
      type: `${prefix}caa`,
      detail: `no CAA for ${value}`,
      identifier: { type: 'dns', value },
    }))
    const sentence = sentenceFor(told('compound', { detail: 'two names', subproblems }))
    expect(sentence).toBe('the CA says compound: two names; a.test: no CAA for a.test; b.test: no CAA for b.test')
  })

  it('says where a person has to act', () => {
    const instance = 'https://ca.test/agree'
    expect(sentenceFor(told('userActionRequired', { detail: 'new terms', instance }))).toContain(`visit ${instance}`)
    const script = sentenceFor(told('userActionRequired', { detail: 'new terms', instance: 'javascript:alert(1)' }))
    expect(script).toBe('the CA says userActionRequired: new terms; visit the CA')
  })

  it('keeps the algorithms that would be taken', () => {
    expect(told('badSignatureAlgorithm', { algorithms: ['ES256', 7, 'RS256'] }).algorithms).toEqual(['ES256', 'RS256'])
  })

  it('inside an order is read as well, and anything else there is none', () => {
    expect(readInnerProblem({ type: `${prefix}dns`, detail: 'no such name' })).toMatchObject({ type: 'dns' })
    for (const value of [undefined, null, 'text', 7]) expect(readInnerProblem(value)).toBeUndefined()
  })

  it('of any content gives a fault with one short printable line', () => {
    const document = fc.record(
      {
        type: fc.oneof(
          fc.string(),
          fc.constantFrom(...Object.keys(faultsByType)).map((type) => prefix + type),
        ),
        detail: fc.oneof(fc.string({ maxLength: 2000 }), fc.anything()),
        status: fc.oneof(fc.integer(), fc.anything()),
        subproblems: fc.oneof(fc.array(fc.anything()), fc.anything()),
        instance: fc.oneof(fc.webUrl(), fc.anything()),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 599 }), document, (status, value) => {
        const { code, message } = problemFault(readProblem(status, bytes(value)))
        expect(Object.keys(faultTable)).toContain(code)
        expect(message.length).toBeLessThan(1200)
        expect(message).toMatch(/^the CA says \P{Cc}+$/u)
      }),
    )
  })

  it('of any bytes is read', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (body) => {
        expect(problemFault(readProblem(400, body)).code).toBe('RequestRejected')
      }),
    )
  })
})
