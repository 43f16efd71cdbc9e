import { describe, expect, it } from '@jest/globals'
import type { SubjectName, Wanted } from '../../../../src/domain/wanted.ts'
import { identifiersOf, requestWish } from '../../../../src/enroll/acme/identifiers.ts'
import { wish } from '../../../support/customer.ts'

const commonName = (value: string): Wanted['subject'] => [[{ oid: '2.5.4.3', value }]]
const named = (...names: readonly SubjectName[]): Wanted => ({ ...wish(), names })

describe('the identifiers of an order', () => {
  it('are the DNS names and addresses of the wish', () => {
    expect(identifiersOf(wish('a.test', '*.a.test', '10.0.0.1', '2001:db8::1'))).toEqual({
      ok: true,
      value: [
        { type: 'dns', value: 'a.test' },
        { type: 'dns', value: '*.a.test' },
        { type: 'ip', value: '10.0.0.1' },
        { type: 'ip', value: '2001:db8::1' },
      ],
    })
  })

  it.each([
    ['a host', 'www.a.test', ['a.test', 'www.a.test']],
    ['a host that is named already', 'A.test', ['a.test']],
    ['a host in capitals', 'WWW.A.test', ['a.test', 'www.a.test']],
    ['words', 'My Service', ['a.test']],
    ['an address', '10.0.0.1', ['a.test']],
  ])('include the common name exactly once when it is %s', (_name, value, expected) => {
    const identifiers = identifiersOf({ ...wish('a.test'), subject: commonName(value) })
    expect(identifiers.ok && identifiers.value.map((one) => one.value)).toEqual(expected)
  })

  it.each<[string, Wanted, RegExp]>([
    ['an e-mail address', named({ type: 'email', value: 'a@b.test' }), /take "a@b\.test" out of the spec/],
    ['a URI', named({ type: 'uri', value: 'spiffe://a/b' }), /take "spiffe:\/\/a\/b" out/],
    ['another name', named({ type: 'other', oid: '1.3.6.1', value: 'x' }), /take "x" out/],
    ['no name', wish(), /add one to spec\.dnsNames/],
  ])('do not exist for %s, and the sentence says what to do', (_name, wanted, expected) => {
    const identifiers = identifiersOf(wanted)
    expect(identifiers).toMatchObject({ ok: false, error: { code: 'RequestUnsupported' } })
    expect(identifiers).toHaveProperty('error.message', expect.stringMatching(expected))
  })
})

describe('the request', () => {
  it('says a host in the common name as a subject alternative name too', () => {
    const wanted = requestWish({ ...wish('a.test'), subject: commonName('www.a.test') })
    expect(wanted.names.map(({ value }) => value)).toEqual(['a.test', 'www.a.test'])
    expect(wanted.subject).toEqual(commonName('www.a.test'))
  })

  // RFC 8738 section 3.
  it('leaves out a common name that is an address', () => {
    expect(requestWish({ ...wish('10.0.0.1'), subject: commonName('10.0.0.1') }).subject).toEqual([])
  })
})
