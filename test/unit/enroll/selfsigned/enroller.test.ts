import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { days, instant } from '../../../../src/std/time.ts'
import type { Wanted } from '../../../../src/domain/wanted.ts'
import type { Outcome } from '../../../../src/enroll/enroller.ts'
import { selfSigned } from '../../../../src/enroll/selfsigned/enroller.ts'
import { generateKey } from '../../../../src/pki/key.ts'
import { lonelyCtx } from '../../../support/lonelyctx.ts'

const noon = instant(Date.UTC(2026, 10, 23, 12, 0, 0))

const ctx = lonelyCtx(noon)

const rootWish: Wanted = {
  subject: [[{ oid: '2.5.4.3', value: 'Root' }]],
  names: [],
  key: { algorithm: 'ECDSA', size: 384 },
  lifetime: days(3650),
  usages: ['cert sign', 'crl sign'],
  encodeUsagesInRequest: true,
  isCA: true,
}

async function sign(wanted: Wanted, spec = {}): Promise<Extract<Outcome, { kind: 'issued' }>> {
  const enroller = selfSigned.create(spec, new Map())
  if ('code' in enroller) throw new Error(enroller.message)
  const outcome = await enroller.enroll({ id: 'uid/hash', wanted, key: await generateKey(wanted.key) }, ctx)
  if (outcome.kind !== 'issued') throw new Error(JSON.stringify(outcome))
  return outcome
}

describe('a selfSigned issuer', () => {
  it('makes a root that is its own trust anchor', async () => {
    const { chain, roots, warning } = await sign(rootWish)
    expect(chain).toHaveLength(1)
    expect(roots).toEqual(chain)
    expect(warning).toBeUndefined()
    const certificate = new X509Certificate(chain[0] ?? '')
    expect(certificate.ca).toBe(true)
    expect(certificate.checkIssued(certificate)).toBe(true)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
  })

  it('warns of an empty issuer name, which strict verifiers refuse', async () => {
    const { warning } = await sign({ ...rootWish, subject: [], names: [{ type: 'dns', value: 'a.test' }] })
    expect(warning).toMatch(/no subject and so no issuer name.*set spec\.commonName or spec\.subject/)
  })

  it('puts its revocation list into what it signs', async () => {
    const { chain } = await sign(rootWish, { crlDistributionPoints: ['http://crl.test/root.crl'] })
    expect(Buffer.from(chain[0] ?? new Uint8Array()).toString('latin1')).toContain('http://crl.test/root.crl')
  })

  it('needs no Secret', () => {
    expect(selfSigned.needs({})).toEqual([])
  })
})
