import { describe, expect, it, jest } from '@jest/globals'
import { asDer } from '../../src/std/bytes.ts'
import { disagreements } from '../../scripts/fuzz/differential/compare.ts'
import { classes } from '../../scripts/fuzz/differential/classes.ts'
import { compare, comparisonLines } from '../../scripts/fuzz/differential/run.ts'
import { makeWithOpenssl } from '../support/openssl-certificate.ts'

jest.setTimeout(120_000)

describe('our reader of certificates beside that of OpenSSL', () => {
  it('differs in nothing that is not explained', () => {
    const comparison = compare({ count: 600, seed: 2 })
    expect(comparison.unexplained.map(({ about, ours, theirs }) => [about, ours, theirs])).toEqual([])
    expect(comparison.certificates).toBe(600)
    expect(comparisonLines(comparison).join('\n')).toContain('| unexplained | 0 |')
  })

  it('differs in nothing at all about what openssl makes', () => {
    const extensions = 'subjectAltName=DNS:a.test,IP:10.0.0.1,IP:2001:db8::1,URI:spiffe://a/b,email:a@b.test'
    expect(disagreements(makeWithOpenssl({ subject: '/CN=\u00e4/O=b', extensions }))).toEqual([])
  })

  it('would be caught lying about a serial number', () => {
    const lie = { about: 'serial number', ours: '01', theirs: '02', der: asDer(Buffer.of()) }
    expect(classes.filter(({ explains }) => explains(lie))).toEqual([])
  })
})
