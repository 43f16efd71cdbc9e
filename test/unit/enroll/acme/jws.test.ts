import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { crypto } from 'acme-client'
import { describe, expect, it } from '@jest/globals'
import { jwsKey, macJws, signJws } from '../../../../src/enroll/acme/jws.ts'
import type { JwsKey } from '../../../../src/enroll/acme/jws.ts'
import { keyOf, readJws, thumbprintOf } from '../../../support/acme-server/message.ts'

const ec = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey
const rsa = (): KeyObject => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ed25519 = (): KeyObject => generateKeyPairSync('ed25519').privateKey

function signer(key: KeyObject): JwsKey {
  const made = jwsKey(key)
  if (made === undefined) throw new Error('this key can sign no JWS')
  return made
}

describe('a key', () => {
  it.each([
    ['P-256', ec('P-256'), 'ES256'],
    ['P-384', ec('P-384'), 'ES384'],
    ['RSA', rsa(), 'RS256'],
    ['Ed25519', ed25519(), 'EdDSA'],
  ] as const)('on %s signs so that node:crypto verifies it', (_name, key, algorithm) => {
    const one = signer(key)
    const jws = signJws(one, { nonce: 'n', url: 'https://ca.test/order', jwk: one.jwk }, { a: 1 })
    const read = readJws(jws)
    expect(read).toMatchObject({ algorithm, nonce: 'n', url: 'https://ca.test/order', payload: { a: 1 } })
    expect(read.verifiedBy(keyOf(one.jwk))).toBe(true)
    expect(readJws({ ...jws, payload: 'e30' }).verifiedBy(keyOf(one.jwk))).toBe(false)
  })

  it('on a curve that ACME does not know signs nothing', () => {
    expect(jwsKey(ec('P-521'))).toBeUndefined()
    expect(jwsKey(ec('secp256k1'))).toBeUndefined()
    expect(jwsKey(generateKeyPairSync('x25519').privateKey)).toBeUndefined()
  })

  it('never puts its private members into the JWK', () => {
    for (const key of [ec('P-256'), rsa(), ed25519()]) {
      const members = Object.keys(signer(key).jwk)
      expect(members).not.toContain('d')
      expect(members).toEqual([...members].sort())
    }
  })
})

describe('a thumbprint', () => {
  // RFC 8037 appendices A.1 and A.3.
  it('of the key of RFC 8037 is the one given there', () => {
    const key = createPrivateKey({
      format: 'jwk',
      key: {
        kty: 'OKP',
        crv: 'Ed25519',
        d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
        x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
      },
    })
    expect(signer(key).thumbprint).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
  })

  it.each([
    ['P-256', ec('P-256')],
    ['P-384', ec('P-384')],
    ['RSA', rsa()],
  ])('of a key on %s is what another client makes of it', (_name, key) => {
    const jwk = crypto.getJwk(key.export({ type: 'pkcs8', format: 'pem' }).toString())
    expect(signer(key).thumbprint).toBe(thumbprintOf({ ...jwk }))
    expect(signer(key).jwk).toEqual({ ...jwk })
  })
})

describe('a payload', () => {
  const key = signer(ec('P-256'))

  // RFC 8555 section 6.3: the empty string is a GET, an empty object is not.
  it('that is absent is the empty string, and one without members is not', () => {
    expect(signJws(key, {}, undefined).payload).toBe('')
    expect(signJws(key, {}, {}).payload).toBe('e30')
  })
})

describe('a MAC', () => {
  it.each([
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ] as const)('with %s has %d octets and no nonce', (algorithm, length) => {
    const jws = macJws({ algorithm, key: Buffer.alloc(64, 1) }, { kid: 'k', url: 'https://ca.test' }, { kty: 'EC' })
    expect(readJws(jws)).toMatchObject({ algorithm, kid: 'k', hasNonce: false, payload: { kty: 'EC' } })
    expect(readJws(jws).signature).toHaveLength(length)
  })
})
