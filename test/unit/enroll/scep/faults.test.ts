import { describe, expect, it } from '@jest/globals'
import { faultTable } from '../../../../src/domain/fault.ts'
import {
  failInfos,
  failureFault,
  faultsByStatus,
  faultsOfReply,
  replyFault,
  statusFault,
} from '../../../../src/enroll/scep/faults.ts'
import type { ReplyDefect } from '../../../../src/enroll/scep/faults.ts'

const sentence = /^[^\n]{20,450}$/

describe('each failInfo', () => {
  it.each(Object.entries(failInfos))('%s is told by name, with a cure', (failInfo, { name, code, cure }) => {
    const fault = failureFault('PKCSReq', { failInfo })
    expect(fault.code).toBe(code)
    expect(Object.keys(faultTable)).toContain(code)
    expect(fault.message).toBe(`the CA refused the PKCSReq (${name}); ${cure}`)
  })

  it('of RFC 8894 has a row', () => {
    expect(Object.values(failInfos).map(({ name }) => name)).toEqual([
      'badAlg',
      'badMessageCheck',
      'badRequest',
      'badTime',
      'badCertId',
    ])
  })

  it.each([undefined, '', '5', '__proto__', 'toString', 'x'.repeat(10_000)])(
    'that no RFC knows is told: %p',
    (failInfo) => {
      const fault = failureFault('PKCSReq', { failInfo })
      expect(fault.code).toBe('RequestRejected')
      expect(fault.message).toMatch(sentence)
    },
  )

  it('comes with the words of the CA, made harmless', () => {
    const { message } = failureFault('CertPoll', { failInfo: '2', text: '\u001b[31mnot\r\non the list\u0000' })
    expect(message).toContain('saying "[31mnot on the list"')
  })
})

describe('each HTTP status', () => {
  it.each(Object.entries(faultsByStatus))('%s is told with a cure', (status, { code, cure }) => {
    const fault = statusFault(Number(status), 'GetCACert')
    expect(fault).toEqual({ code, message: `the SCEP service answered HTTP ${status} to GetCACert; ${cure}` })
    expect(Object.keys(faultTable)).toContain(code)
  })

  it.each([
    [100, 'ReplyMalformed'],
    [302, 'ReplyMalformed'],
    [418, 'RequestRejected'],
    [500, 'ServerFailed'],
    [502, 'ServerFailed'],
    [503, 'ServerFailed'],
    [599, 'ServerFailed'],
  ])('%i without a row goes by its class', (status, code) => {
    const fault = statusFault(status, 'PKIOperation')
    expect(fault.code).toBe(code)
    expect(fault.message).toMatch(sentence)
  })

  it('that leads elsewhere says where', () => {
    const fault = statusFault(301, 'GetCACert', 'https://other.example/scep')
    expect(fault).toMatchObject({
      code: 'Misconfigured',
      message: expect.stringContaining('https://other.example/scep'),
    })
  })
})

describe('each defect of a reply', () => {
  it.each(Object.entries(faultsOfReply))('%s has a code of the closed list', (defect, code) => {
    expect(replyFault(defect as ReplyDefect, 'words')).toEqual({ code, message: 'words' })
    expect(Object.keys(faultTable)).toContain(code)
  })

  it.each(['signer', 'signature', 'nonce', 'transaction', 'anotherKey', 'messageType'] as const)(
    'that may be an attack stops: %s',
    (defect) => {
      expect(faultTable[faultsOfReply[defect]].retry).toBe('person')
    },
  )
})
