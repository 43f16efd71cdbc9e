import { describe, expect, it } from '@jest/globals'
import { faultTable } from '../../../src/domain/fault.ts'
import { faultsOfTransport, transportFault } from '../../../src/enroll/transport.ts'
import type { HttpFailure } from '../../../src/net/http.ts'

describe('each failure of transport', () => {
  it.each(Object.entries(faultsOfTransport))('%s is told in the words of the transport', (kind, code) => {
    const failure = { kind: kind as HttpFailure['kind'], message: 'ca.test did not answer' }
    expect(transportFault(failure)).toEqual({ code, message: 'ca.test did not answer' })
    expect(Object.keys(faultTable)).toContain(code)
  })
})
