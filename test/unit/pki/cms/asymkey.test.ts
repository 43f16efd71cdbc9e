import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { readAsymmetricKeyPackage } from '../../../../src/pki/cms/asymkey.ts'
import { encodeSequence } from '../../../../src/pki/der.ts'
import { generateKey } from '../../../../src/pki/key.ts'
import { runForBytes } from '../../../support/opensslbytes.ts'
import { unwrap } from '../../../support/unwrap.ts'
import { shapes } from './people.ts'

describe.each(Object.entries(shapes))('a key of the kind %s that a CA made', (_name, shape) => {
  it('is read, alone and in a package', async () => {
    const key = await generateKey(shape)
    const der = key.toDer('PKCS8')
    for (const bytes of [der, encodeSequence(der)]) {
      const read = unwrap(readAsymmetricKeyPackage(bytes))
      expect(read.publicKeyHash).toBe(key.publicKeyHash)
      expect(read.shape).toEqual(shape)
    }
  })
})

describe('a key package', () => {
  it('as openssl writes it is read', () => {
    const der = runForBytes(
      ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-outform', 'DER'],
      {},
    )
    // openssl genpkey writes the traditional form; pkcs8 makes a OneAsymmetricKey of it
    const pkcs8 = runForBytes(['pkcs8', '-topk8', '-nocrypt', '-inform', 'DER', '-in', 'key', '-outform', 'DER'], {
      key: der,
    })
    expect(unwrap(readAsymmetricKeyPackage(pkcs8)).shape).toEqual(shapes['P-256'])
  })

  it('with two keys is a sentence', async () => {
    const key = await generateKey(shapes['P-256'])
    const two = encodeSequence(key.toDer('PKCS8'), key.toDer('PKCS8'))
    expect(readAsymmetricKeyPackage(two)).toEqual({ ok: false, error: 'it holds 2 keys, and one is due' })
  })

  it('is read or refused, whatever comes, and nothing of it is told', async () => {
    const key = await generateKey(shapes['P-256'])
    const whole = key.toDer('PKCS8')
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 3,
    })
    fc.assert(
      fc.property(damage, fc.uint8Array({ maxLength: 60 }), (changes, noise) => {
        const copy = Uint8Array.from(whole)
        for (const [at, octet] of changes) copy[at] = octet
        for (const bytes of [copy, noise]) {
          const read = readAsymmetricKeyPackage(bytes)
          if (!read.ok) expect(read.error).toMatch(/^[a-z0-9 ;,'():.]+$/i)
        }
      }),
    )
  })
})
