import { describe, expect, it } from '@jest/globals'
import { caaObstacle, caaText, readCaa } from '../../../../src/enroll/acme/caarecords.ts'
import type { CaaRecord } from '../../../../src/enroll/acme/caarecords.ts'

const accountUrl = 'https://ca.test/account/1'
const applicant = { identities: ['ca.test', 'also.ca.test'], accountUrl, methods: ['http-01'] }

const record = (text: string): CaaRecord => {
  const [, flags = '', tag = '', value = ''] = /^(\d+) (\S+) "(.*)"$/.exec(text) ?? []
  return { isCritical: Number(flags) >= 128, tag, value }
}

const encoded = (flags: number, tag: string, value: string): Uint8Array =>
  Buffer.concat([Uint8Array.of(flags, tag.length), Buffer.from(tag + value)])

describe('the data of a CAA record', () => {
  it('is read, and shown as a zone file has it', () => {
    const read = readCaa(encoded(128, 'Issue', 'ca.test; accounturi=a'))
    expect(read).toEqual({ isCritical: true, tag: 'issue', value: 'ca.test; accounturi=a' })
    expect(read && caaText(read)).toBe('128 issue "ca.test; accounturi=a"')
    expect(readCaa(encoded(0, 'issue', ''))).toEqual({ isCritical: false, tag: 'issue', value: '' })
  })

  it.each([
    ['nothing', new Uint8Array()],
    ['no tag', Uint8Array.of(0, 0)],
    ['a tag that is longer than all', Uint8Array.of(0, 9, 0x61)],
    ['a tag that is none', encoded(0, 'is-sue', 'ca.test')],
  ])('that has %s is none', (_what, data) => {
    expect(readCaa(data)).toBeUndefined()
  })
})

describe('what stands in the way of a name', () => {
  it.each([
    ['no record that says who may issue', ['0 iodef "mailto:a@b"'], undefined],
    ['the CA by its name', ['0 issue "ca.test"'], undefined],
    ['the CA by another of its names, in other letters', ['0 issue " Also.CA.test "'], undefined],
    ['the CA among others', ['0 issue "other.test"', '0 issue "ca.test"'], undefined],
    ['another CA', ['0 issue "other.test"'], 'names other CAs than ca.test, also.ca.test'],
    ['nobody', ['0 issue ";"'], 'names other CAs than ca.test, also.ca.test'],
    ['the account', [`0 issue "ca.test; accounturi=${accountUrl}"`], undefined],
    [
      'another account',
      ['0 issue "ca.test; accounturi=https://ca.test/account/2"'],
      `names another account (accounturi) than ${accountUrl}`,
    ],
    ['the method among others', ['0 issue "ca.test;validationmethods=dns-01,http-01"'], undefined],
    [
      'other methods',
      ['0 issue "ca.test; validationmethods=dns-01"'],
      'allows other methods (validationmethods) than http-01',
    ],
    ['only wildcards for another CA', ['0 issuewild "other.test"'], undefined],
    [
      'a critical tag that nobody knows',
      ['128 tbs "x"', '0 issue "ca.test"'],
      'has the critical tag tbs, which no CA may pass over',
    ],
    ['a tag that nobody knows and nobody must', ['0 tbs "x"'], undefined],
  ])('%s', (_what, texts, obstacle) => {
    expect(caaObstacle(texts.map(record), applicant, { isWildcard: false })).toBe(obstacle)
  })

  it.each([
    [
      'issuewild has the word',
      ['0 issue "ca.test"', '0 issuewild "other.test"'],
      'names other CAs than ca.test, also.ca.test',
    ],
    ['issuewild has the word, also when it allows more', ['0 issue "other.test"', '0 issuewild "ca.test"'], undefined],
    ['issue speaks for both', ['0 issue "other.test"'], 'names other CAs than ca.test, also.ca.test'],
  ])('with a wildcard: %s', (_what, texts, obstacle) => {
    expect(caaObstacle(texts.map(record), applicant, { isWildcard: true })).toBe(obstacle)
  })

  it('is no method where the issuer says none', () => {
    const records = [record('0 issue "ca.test; validationmethods=dns-01"')]
    expect(caaObstacle(records, { ...applicant, methods: [] }, { isWildcard: false })).toBeUndefined()
  })
})
