import { describe, expect, it } from '@jest/globals'
import { protocols, selectProtocol } from '../../../src/enroll/table.ts'

describe('the table of protocols', () => {
  it('finds the protocol by the member that is set, and hands that member to its factory', () => {
    const selected = selectProtocol({ ca: { secretName: 'my-ca' } })
    expect(selected?.protocol).toBe('ca')
    expect(selected?.needs()).toEqual([
      { field: 'spec.ca.secretName', secretName: 'my-ca', keys: ['tls.crt', 'tls.key'] },
    ])
  })

  it('makes an enroller of the same protocol', () => {
    expect(selectProtocol({ selfSigned: {} })?.create(new Map())).toMatchObject({ protocol: 'selfSigned' })
  })

  it('finds nothing where no protocol is named', () => {
    expect(selectProtocol({})).toBeUndefined()
  })

  it('knows each protocol by the name of its member', () => {
    expect(protocols).toEqual(expect.arrayContaining(['ca', 'selfSigned']))
  })
})
