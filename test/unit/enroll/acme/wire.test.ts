import fc from 'fast-check'
import { describe, expect, it } from '@jest/globals'
import {
  readAccount,
  readAuthorization,
  readDirectory,
  readOrder,
  readRenewalInfo,
} from '../../../../src/enroll/acme/wire.ts'

const directory = {
  newNonce: 'https://ca.test/nonce',
  newAccount: 'https://ca.test/account',
  newOrder: 'https://ca.test/order',
}

describe('a directory', () => {
  it('with the least that is needed offers nothing more', () => {
    expect(readDirectory(directory)).toEqual({
      ...directory,
      revokeCert: undefined,
      keyChange: undefined,
      renewalInfo: undefined,
      meta: {
        termsOfService: undefined,
        website: undefined,
        caaIdentities: [],
        externalAccountRequired: false,
        profiles: {},
      },
    })
  })

  it.each([
    ['a missing newOrder', { ...directory, newOrder: undefined }],
    ['a URL that is not https', { ...directory, newOrder: 'http://ca.test/order' }],
    ['a URL that is none', { ...directory, newNonce: 'https://' }],
    ['an array', [directory]],
    ['a page', '<html>'],
    ['nothing', undefined],
  ])('is none with %s', (_name, value) => {
    expect(readDirectory(value)).toBeUndefined()
  })

  it('keeps the profiles with their descriptions', () => {
    const meta = { profiles: { classic: 'https://ca.test/classic', odd: 7 } }
    expect(readDirectory({ ...directory, meta })?.meta.profiles).toEqual({
      classic: 'https://ca.test/classic',
      odd: '',
    })
  })
})

describe('an order', () => {
  it('needs a status and nothing else', () => {
    expect(readOrder({ status: 'processing' })).toMatchObject({ status: 'processing', finalize: undefined })
    expect(readOrder({ status: 'cancelled' })).toBeUndefined()
    expect(readOrder({})).toBeUndefined()
  })

  it('is followed only to https', () => {
    const authorizations = ['https://ca.test/1', 'http://ca.test/2', 7, 'file:///etc/passwd']
    expect(readOrder({ status: 'pending', authorizations })?.authorizations).toEqual(['https://ca.test/1'])
    expect(readOrder({ status: 'valid', certificate: 'http://ca.test/c' })?.certificate).toBeUndefined()
  })
})

describe('an authorization', () => {
  const known = { status: 'pending', identifier: { type: 'dns', value: 'a.test' } }

  it('keeps challenges of unknown types, and those without a token', () => {
    const challenges = [
      { type: 'dns-persist-01', url: 'https://ca.test/1' },
      { type: 'http-01', url: 'https://ca.test/2', token: 'abc_-9' },
      { type: 'http-01', url: 'https://ca.test/3', token: '../../etc/passwd' },
      { type: 'http-01', token: 'no-url' },
      'not a challenge',
    ]
    const read = readAuthorization({ ...known, challenges })
    expect(read?.challenges.map(({ type, token }) => [type, token])).toEqual([
      ['dns-persist-01', undefined],
      ['http-01', 'abc_-9'],
      ['http-01', undefined],
    ])
  })

  it('may have no challenge at all', () => {
    expect(readAuthorization({ ...known, status: 'valid' })).toMatchObject({ status: 'valid', challenges: [] })
  })
})

describe('an account', () => {
  it('is valid unless the CA says otherwise, and shows its contact where the CA does', () => {
    expect(readAccount(undefined)).toEqual({ status: 'valid', contact: undefined })
    expect(readAccount({ status: 'revoked', contact: ['mailto:a@b.test', 7] })).toEqual({
      status: 'revoked',
      contact: ['mailto:a@b.test'],
    })
  })
})

describe('renewal information', () => {
  const start = '2026-01-01T00:00:00.123456789Z'

  it.each([
    ['ends before it begins', { start, end: '2025-12-31T00:00:00Z' }],
    ['ends as it begins', { start, end: start }],
    ['has no end', { start }],
    ['has words for times', { start: 'soon', end: 'later' }],
  ])('is none when its window %s', (_name, suggestedWindow) => {
    expect(readRenewalInfo({ suggestedWindow })).toBeUndefined()
  })

  it('may have a window of less than a second', () => {
    const suggestedWindow = { start: '2026-01-01T00:00:00.100Z', end: '2026-01-01T00:00:00.200Z' }
    expect(readRenewalInfo({ suggestedWindow })).toMatchObject({ start: 1_767_225_600_100, end: 1_767_225_600_200 })
  })
})

describe('anything at all', () => {
  const readers = { readAccount, readAuthorization, readDirectory, readOrder, readRenewalInfo }

  it.each(Object.entries(readers))('is read by %s without an exception', (_name, read) => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.anything()), (value) => {
        read(value)
      }),
    )
  })
})
