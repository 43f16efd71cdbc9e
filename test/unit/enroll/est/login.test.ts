/** HTTP logins: what servers ask for, and what is answered. */
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { readChallenges } from '../../../../src/enroll/est/challenge.ts'
import { digestAuthorization, readDigest } from '../../../../src/enroll/est/digest.ts'
import { SecretText } from '../../../../src/std/secret.ts'

describe('a challenge', () => {
  it.each([
    [['Basic realm="a, b"'], [['basic', { realm: 'a, b' }]]],
    [
      ['Negotiate, Digest realm="x\\"y", nonce=n, qop="auth,auth-int"'],
      [
        ['negotiate', {}],
        ['digest', { realm: 'x"y', nonce: 'n', qop: 'auth,auth-int' }],
      ],
    ],
    [
      ['Negotiate abc==', 'BASIC REALM=r'],
      [
        ['negotiate', { abc: '=' }],
        ['basic', { realm: 'r' }],
      ],
    ],
  ])('%j is read', (headers, expected) => {
    const read = readChallenges(headers).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])
    expect(read).toEqual(expect.arrayContaining(expected))
  })

  it('that is anything at all is no trouble', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 4 }), (headers) => void readChallenges(headers).map(readDigest)),
    )
    expect(readChallenges(['"\\'.repeat(100_000)]).length).toBeGreaterThanOrEqual(0)
  })
})

describe('Digest', () => {
  const realm = 'http-auth@example.org'
  const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v'
  const opaque = 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS'
  const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ'
  const login = { username: 'Mufasa', password: new SecretText('Circle of Life') }

  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('with %s is that of RFC 7616 section 3.9.1', (algorithm, response) => {
    const parameters = new Map(Object.entries({ realm, nonce, opaque, algorithm, qop: 'auth, auth-int' }))
    const challenge = readDigest({ scheme: 'digest', parameters })
    if (challenge === undefined) throw new Error('not read')
    const use = { method: 'GET', target: '/dir/index.html', body: new Uint8Array(), count: 1, cnonce }
    expect(digestAuthorization(challenge, login, use)).toContain(`response="${response}"`)
  })

  it.each([
    { realm },
    { nonce },
    { realm, nonce: '' },
    { realm, nonce, algorithm: 'SHA-1' },
    { realm, nonce, qop: 'auth-conf' },
    { realm, nonce, algorithm: '__proto__' },
  ])('that nobody can answer is not answered: %j', (parameters) => {
    expect(readDigest({ scheme: 'digest', parameters: new Map(Object.entries(parameters)) })).toBeUndefined()
  })
})
