/** Replies of any bytes: each gives a value, none a certificate. */
import { beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { findAuthority } from '../../../../src/enroll/scep/authority.ts'
import { readCertRep } from '../../../../src/enroll/scep/certrep.ts'
import type { Expected } from '../../../../src/enroll/scep/certrep.ts'
import { readCaCertificates } from '../../../../src/enroll/scep/site.ts'
import { selfCertificate } from '../../../../src/enroll/scep/selfcertificate.ts'
import { buildCsr } from '../../../../src/pki/csr.ts'
import { encodeElement } from '../../../../src/pki/der.ts'
import { sha256Hex } from '../../../../src/pki/hash.ts'
import type { Fault } from '../../../../src/domain/fault.ts'
import type { Result } from '../../../../src/std/result.ts'
import { instant } from '../../../../src/std/time.ts'
import { certRep } from '../../../support/scep-server/certrep.ts'
import { certificateList, elementOf } from '../../../support/scep-server/cms.ts'
import { singleCa } from '../../../support/scep-server/material.ts'
import { deviceWish, rsaKey } from '../../../support/scepcustomer.ts'

const now = instant(Date.UTC(2026, 10, 23, 12))
const nonce = Buffer.alloc(16, 9)

let good: Uint8Array
let expected: Expected

beforeAll(async () => {
  const key = await rsaKey(0)
  const material = await singleCa()
  const certificate = await selfCertificate(deviceWish, key, now)
  const authority = must(
    findAuthority(
      [material.ca.certificate],
      { url: 'https://ca.test', caFingerprint: sha256Hex(material.ca.certificate) },
      now,
    ),
  )
  expected = {
    transaction: 'T',
    nonce,
    signing: authority.signing,
    requester: { key, certificate },
    key,
    allows: { sha1: false, des: false },
  }
  const element = elementOf(await buildCsr({ wanted: deviceWish, key }))
  if (element === undefined) throw new Error('no request')
  const message = { content: undefined, attributes: new Map([['x', element]]), certificate, hash: 'SHA-256' as const }
  good = await certRep({
    operation: { message, type: '19', transaction: 'T', nonce, payload: new Uint8Array() },
    judged: { status: '0', certificate },
    troubles: {},
    material,
    challenge: undefined,
  })
})

function must<T>(result: Result<T, Fault>): T {
  if (result.ok) return result.value
  throw new Error(result.error.message)
}

/** Any reply but the good one. */
function expectNoCertificate(bytes: Uint8Array): void {
  const read = readCertRep(bytes, expected)
  expect(read.ok && read.value.kind === 'success').toBe(false)
}

describe('a reply', () => {
  it('that is good is read', () => {
    expect(readCertRep(good, expected)).toMatchObject({
      ok: true,
      value: { kind: 'success', protection: { hash: 'SHA-256', cipher: 'AES-128-CBC' } },
    })
  })

  it('of random bytes gives a value', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), expectNoCertificate))
  })

  it('cut off anywhere gives a value', () => {
    for (let length = 0; length < good.length; length += 7) expectNoCertificate(good.subarray(0, length))
  })

  it('with any octet changed is not taken, or says the same', () => {
    const read = readCertRep(good, expected)
    const original = read.ok ? read.value : undefined
    fc.assert(
      fc.property(fc.integer({ min: 0, max: good.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Uint8Array.from(good)
        changed[at] = (changed[at] ?? 0) ^ flip
        const again = readCertRep(changed, expected)
        // What nobody signs may change: a certificate that comes along, or a version number. What is read is the same then.
        if (again.ok) expect(again.value).toEqual(original)
        else expect(again.error.fault.message).toMatch(/SCEP service/)
      }),
      { numRuns: 400 },
    )
  })

  it('nested a hundred deep gives a value', () => {
    let der: Uint8Array = new Uint8Array()
    for (let level = 0; level < 100; level += 1) der = encodeElement(level % 2 === 0 ? 0x30 : 0xa0, der)
    expectNoCertificate(der)
  })
})

describe('a list of CA certificates', () => {
  it('is one certificate or a list, whatever it says it is', async () => {
    const { ca } = await singleCa()
    expect(readCaCertificates(ca.certificate)).toEqual([ca.certificate])
    expect(readCaCertificates(certificateList([ca.certificate, ca.certificate]))).toHaveLength(2)
  })

  it('of any bytes gives a value', async () => {
    const { ca } = await singleCa()
    const list = certificateList([ca.certificate])
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => readCaCertificates(bytes) === undefined))
    for (let length = 0; length < list.length; length += 5)
      expect(readCaCertificates(list.subarray(0, length))).toBeUndefined()
  })

  it('of many certificates is not believed', async () => {
    const { ca } = await singleCa()
    const many = Array.from({ length: 40 }, () => ca.certificate)
    expect(findAuthority(many, { url: 'https://ca.test' }, now)).toMatchObject({
      ok: false,
      error: { code: 'ReplyMalformed' },
    })
  })
})
