import { describe, expect, it } from '@jest/globals'
import { faultTable } from '../../../../src/domain/fault.ts'
import {
  failures,
  faultsByStatus,
  faultsOfReply,
  rejectionFault,
  replyFault,
  statusFault,
} from '../../../../src/enroll/cmp/faults.ts'
import type { ReplyDefect } from '../../../../src/enroll/cmp/faults.ts'
import { failureNames } from '../../../../src/enroll/cmp/status.ts'
import type { FailureName } from '../../../../src/enroll/cmp/status.ts'

describe('each PKIFailureInfo', () => {
  it.each(failureNames)('%s is told by name, with a cure', (name) => {
    const { code, cure } = failures[name]
    const fault = rejectionFault('ir', { status: 'rejection', failures: [name], text: '' })
    expect(fault).toEqual({ code, message: `the CA refused the ir (${name}); ${cure}` })
    expect(Object.keys(faultTable)).toContain(code)
  })

  it('of RFC 9810 has a row, in the order of the bits', () => {
    expect(Object.keys(failures)).toEqual([...failureNames])
    expect(failureNames).toHaveLength(27)
    expect(failureNames.indexOf('duplicateCertReq')).toBe(26)
  })

  it('none at all is a refusal, with the words of the CA', () => {
    const fault = rejectionFault('kur', { status: 'rejection', failures: [], text: 'no' })
    expect(fault).toMatchObject({ code: 'RequestRejected', message: expect.stringContaining('saying "no"') })
  })

  it('that come together are all named, and the first decides', () => {
    const names: readonly FailureName[] = ['badPOP', 'systemFailure']
    const fault = rejectionFault('ir', { status: 'rejection', failures: names, text: '' })
    expect(fault).toMatchObject({ code: 'RequestRejected', message: expect.stringContaining('badPOP, systemFailure') })
  })
})

describe('each HTTP status', () => {
  it.each(Object.entries(faultsByStatus))('%s is told with a cure', (status, { code, cure }) => {
    expect(statusFault(Number(status), 'ir')).toEqual({
      code,
      message: `the CMP server answered HTTP ${status} to the ir; ${cure}`,
    })
    expect(Object.keys(faultTable)).toContain(code)
  })

  it.each([
    [302, 'ReplyMalformed', undefined],
    [302, 'Misconfigured', 'http://other.example/cmp'],
    [418, 'RequestRejected', undefined],
    [500, 'ServerFailed', undefined],
    [503, 'ServerFailed', undefined],
  ] as const)('without a row goes by its class: %d is %s', (status, code, location) => {
    const fault = statusFault(status, 'ir', location)
    expect(fault.code).toBe(code)
    if (location !== undefined) expect(fault.message).toContain(location)
  })
})

describe('each defect of a reply', () => {
  it.each(Object.keys(faultsOfReply) as ReplyDefect[])('%s has a class', (defect) => {
    expect(Object.keys(faultTable)).toContain(replyFault(defect, 'why').code)
  })

  it.each([
    'transaction',
    'nonce',
    'unprotected',
    'mac',
    'signature',
    'signer',
    'sender',
    'request',
    'anotherKey',
    'keyMaker',
  ] as const)('%s stops and asks for a person', (defect) => {
    expect(faultTable[replyFault(defect, 'why').code].retry).toBe('person')
  })
})
