import { describe, expect, it } from '@jest/globals'
import { readExternalAccount } from '../../../../src/enroll/acme/eab.ts'

const spec = { keyID: 'customer-1', keySecretRef: { name: 'binding', key: 'hmac' } }
/** Has both letters in which the alphabets differ, and needs padding. */
const key = Buffer.from([...Array.from({ length: 31 }, () => 0xfb), 0xff])

describe('the MAC key of an external account', () => {
  it.each([
    ['base64url', key.toString('base64url')],
    ['base64url with padding', `${key.toString('base64url')}=`],
    ['the standard alphabet', key.toString('base64').replace(/=+$/, '')],
    ['the standard alphabet with padding', key.toString('base64')],
    ['white space around it', `  ${key.toString('base64url')}\n`],
    ['several lines', key.toString('base64url').replace(/(.{16})/g, '$1\r\n')],
  ])('is read from %s', (_name, text) => {
    const read = readExternalAccount(spec, text)
    expect(read.ok && Buffer.from(read.value.key).equals(key)).toBe(true)
  })

  it('is used with HS256 unless the spec says otherwise', () => {
    const text = key.toString('base64url')
    expect(readExternalAccount(spec, text)).toMatchObject({ value: { keyId: 'customer-1', algorithm: 'HS256' } })
    expect(readExternalAccount({ ...spec, keyAlgorithm: 'HS512' }, text)).toMatchObject({
      value: { algorithm: 'HS512' },
    })
  })

  it.each([
    ['nothing', '', /is not base64url/],
    ['a placeholder', 'changeme', /holds 6 bytes, too few/],
    ['hex with colons', 'ab:cd:ef', /is not base64url/],
    ['a PEM block', '-----BEGIN KEY-----\nAAAA\n-----END KEY-----', /is not base64url/],
  ])('is refused early when it is %s, and the sentence holds nothing of it', (_name, text, expected) => {
    const read = readExternalAccount(spec, text)
    if (read.ok) throw new Error('it was taken')
    expect(read.error).toMatchObject({ code: 'CredentialsRejected' })
    expect(read.error.message).toMatch(expected)
    expect(read.error.message).toContain('Secret binding, entry hmac')
    if (text !== '') expect(read.error.message).not.toContain(text)
  })
})
