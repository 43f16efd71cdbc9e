import { describe, expect, it } from '@jest/globals'
import { faultTable } from '../../../../src/domain/fault.ts'
import {
  faultsByStatus,
  faultsOfReply,
  redirectFault,
  replyFault,
  statusFault,
  wordsOf,
} from '../../../../src/enroll/est/faults.ts'
import type { ReplyDefect } from '../../../../src/enroll/est/faults.ts'
import { clip } from '../../../../src/std/text.ts'

const sentence = /^[^\n]{20,450}$/

describe('each HTTP status', () => {
  it.each(Object.entries(faultsByStatus))('%s is told with a cure', (status, { code, issuing, cure }) => {
    const message = (operation: string): string => `the EST server answered HTTP ${status} to ${operation}; ${cure}`
    expect(statusFault(Number(status), 'cacerts', '')).toEqual({ code, message: message('cacerts') })
    expect(statusFault(Number(status), 'simpleenroll', '')).toEqual({
      code: issuing ?? code,
      message: message('simpleenroll'),
    })
    expect(Object.keys(faultTable)).toEqual(expect.arrayContaining([code, issuing ?? code]))
  })

  it.each([
    [100, 'ReplyMalformed'],
    [304, 'ReplyMalformed'],
    [418, 'RequestRejected'],
    [500, 'ServerFailed'],
    [503, 'ServerFailed'],
    [599, 'ServerFailed'],
  ])('%i without a row goes by its class', (status, code) => {
    const fault = statusFault(status, 'simpleenroll', '')
    expect(fault.code).toBe(code)
    expect(fault.message).toMatch(sentence)
  })

  it('comes with the words of the server', () => {
    expect(statusFault(400, 'simpleenroll', 'not on the list').message).toContain('saying "not on the list"')
  })
})

describe('a redirect that is not followed', () => {
  it('is told with where the address belongs', () => {
    const fault = redirectFault('cacerts', 'to https://other.test, which is another server')
    expect(fault.code).toBe('Misconfigured')
    expect(fault.message).toContain('spec.est.server')
  })
})

describe('each defect of a reply', () => {
  it.each(Object.entries(faultsOfReply))('%s has a code of the closed list', (defect, code) => {
    expect(replyFault(defect as ReplyDefect, 'words')).toEqual({ code, message: 'words' })
    expect(Object.keys(faultTable)).toContain(code)
  })

  it.each(['anotherKey', 'foreignSigner', 'replayed', 'pin', 'serverKey', 'keyPlain'] as const)(
    'that may be an attack stops: %s',
    (defect) => {
      expect(faultTable[faultsOfReply[defect]].retry).toBe('person')
    },
  )
})

describe('the words of an error', () => {
  it.each([
    ['text/plain', 'not on the list', 'not on the list'],
    ['text/plain', '{"detail": "no such profile"}', 'no such profile'],
    ['application/json', '{"detail": "no such profile"}', 'no such profile'],
    ['application/problem+json', '{"title": "Bad", "error_description": "expired"}', 'expired'],
    ['application/json', '{"code": 7}', ''],
    ['application/json', '{"detail": ', ''],
    ['application/json', 'not on the list', ''],
    ['text/plain', '{"detail": ', ''],
    ['text/html', 'not on the list', ''],
    ['text/plain', '<!DOCTYPE html><html><head><title>403 Forbidden</title></head></html>', ''],
    ['', 'not on the list', ''],
    ['text/plain', '', ''],
    ['text/plain', '\u001b[31mred\r\nline\u0000\u202eevil\u200b', '[31mred line evil'],
  ])('in %s of %j are %j', (type, body, words) => {
    expect(wordsOf(type, Buffer.from(body))).toBe(words)
  })

  it('are for the log alone before the server has shown its CA', () => {
    expect(statusFault(403, 'cacerts', 'words')).toMatchObject({
      message: expect.not.stringContaining('words'),
      evidence: 'words',
    })
    expect(statusFault(403, 'simpleenroll', 'words').message).toContain('saying "words"')
  })

  it('are short', () => {
    expect(clip('x'.repeat(10_000))).toHaveLength(200)
  })
})
