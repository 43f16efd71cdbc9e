import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { inspect } from 'node:util'
import { beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { KeyEncoding, KeyShape } from '../../../src/domain/wanted.ts'
import { sha256Hex } from '../../../src/pki/hash.ts'
import { generateKey, keyFacts, readPrivateKey } from '../../../src/pki/key.ts'
import type { HashName, PrivateKey } from '../../../src/pki/key.ts'
import { openssl } from '../../support/openssl.ts'
import { unwrap } from '../../support/unwrap.ts'

const rsa: KeyShape = { algorithm: 'RSA', size: 2048 }
const p256: KeyShape = { algorithm: 'ECDSA', size: 256 }
const p384: KeyShape = { algorithm: 'ECDSA', size: 384 }
const p521: KeyShape = { algorithm: 'ECDSA', size: 521 }
const ed25519: KeyShape = { algorithm: 'Ed25519', size: 0 }

const shapes: readonly KeyShape[] = [rsa, { algorithm: 'RSA', size: 3072 }, p256, p384, p521, ed25519]
const made = new Map<KeyShape, PrivateKey>()
const keyOf = (shape: KeyShape): PrivateKey => {
  const key = made.get(shape)
  if (key === undefined) throw new Error(`no key of shape ${JSON.stringify(shape)} was made`)
  return key
}

beforeAll(async () => {
  for (const shape of shapes) made.set(shape, await generateKey(shape))
})

const forms: readonly (readonly [KeyShape, KeyEncoding, string, KeyEncoding])[] = [
  [rsa, 'PKCS1', 'RSA PRIVATE KEY', 'PKCS1'],
  [rsa, 'PKCS8', 'PRIVATE KEY', 'PKCS8'],
  [p256, 'PKCS1', 'EC PRIVATE KEY', 'PKCS1'],
  [p256, 'PKCS8', 'PRIVATE KEY', 'PKCS8'],
  [p384, 'PKCS1', 'EC PRIVATE KEY', 'PKCS1'],
  [p521, 'PKCS8', 'PRIVATE KEY', 'PKCS8'],
  [ed25519, 'PKCS8', 'PRIVATE KEY', 'PKCS8'],
  [ed25519, 'PKCS1', 'PRIVATE KEY', 'PKCS8'],
]

describe('a key that was made', () => {
  it.each(shapes)('has the shape asked for: %j', (shape) => {
    expect(unwrap(keyFacts(keyOf(shape).toPem('PKCS8')))).toEqual({
      shape,
      encoding: 'PKCS8',
      publicKeyHash: keyOf(shape).publicKeyHash,
    })
  })

  it.each(forms)('of shape %j, written as %s, is a %s for openssl and for us', (shape, encoding, label, found) => {
    const key = keyOf(shape)
    const pem = key.toPem(encoding)
    expect(pem.startsWith(`-----BEGIN ${label}-----\n`)).toBe(true)
    expect(openssl(['pkey', '-in', 'k.pem', '-noout', '-check'], { 'k.pem': pem }).ok).toBe(true)
    expect(unwrap(keyFacts(pem))).toEqual({ shape, encoding: found, publicKeyHash: key.publicKeyHash })
    const [, base64 = ''] = /-\n([^-]+)\n-/.exec(pem) ?? []
    expect(Buffer.from(key.toDer(encoding)).toString('base64')).toBe(base64.replaceAll('\n', ''))
  })

  it.each(shapes)('tells the hash of its SubjectPublicKeyInfo: %j', (shape) => {
    const { keyObject, publicKey, publicKeyHash } = keyOf(shape)
    const info = createPublicKey(keyObject).export({ type: 'spki', format: 'der' })
    expect(Buffer.compare(publicKey, info)).toBe(0)
    expect(publicKeyHash).toBe(sha256Hex(info))
  })

  const hashes: readonly HashName[] = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']
  it.each(hashes)('signs with %s', async (hash) => {
    const data = Buffer.from('what is signed')
    for (const shape of [rsa, p256, p521]) {
      const { keyObject, sign } = { keyObject: keyOf(shape).keyObject, sign: keyOf(shape).sign.bind(keyOf(shape)) }
      expect(verify(hash, data, createPublicKey(keyObject), await sign(data, hash))).toBe(true)
    }
  })

  it('signs with Ed25519 whatever hash is named', async () => {
    const key = keyOf(ed25519)
    const data = Buffer.from('what is signed')
    expect(verify(null, data, createPublicKey(key.keyObject), await key.sign(data, 'SHA-1'))).toBe(true)
  })

  it.each(shapes)('is hidden from everything that prints it: %j', (shape) => {
    const key = keyOf(shape)
    const told = [inspect(key, { depth: 9, showHidden: true }), String(key), JSON.stringify({ key }), inspect([key])]
    expect(told).toEqual(['[private key]', '[private key]', '{"key":"[private key]"}', '[ [private key] ]'])
  })
})

describe('generateKey', () => {
  it.each([
    { algorithm: 'RSA', size: 2047 },
    { algorithm: 'RSA', size: 8193 },
    { algorithm: 'RSA', size: Number.NaN },
    { algorithm: 'ECDSA', size: 224 },
  ] as const)('takes %j for a bug', async (shape) => {
    await expect(generateKey(shape)).rejects.toThrow('cannot be asked for')
  })

  it('makes every key only once', async () => {
    const keys = await Promise.all(Array.from({ length: 5 }, () => generateKey(p256)))
    expect(new Set(keys.map(({ publicKeyHash }) => publicKeyHash)).size).toBe(5)
  })
})

const pemOf = (type: 'ec' | 'dsa' | 'ed448' | 'rsa-pss' | 'rsa', options: object): string => {
  const generate = generateKeyPairSync as (
    type: string,
    options: object,
  ) => { privateKey: { export(o: object): string } }
  return generate(type, options).privateKey.export({ type: 'pkcs8', format: 'pem' })
}

const refused: Readonly<Record<string, readonly [() => string, RegExp]>> = {
  nothing: [() => '', /no PEM block "PRIVATE KEY" or "RSA PRIVATE KEY" or "EC PRIVATE KEY"/],
  garbage: [() => 'hello', /no PEM block/],
  'a public key': [() => '-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n', /no PEM block/],
  'a key that was cut off': [() => keyOf(rsa).toPem('PKCS8').slice(0, 400), /no matching END line/],
  'a key under the label of another form': [
    () => keyOf(rsa).toPem('PKCS8').replaceAll('PRIVATE KEY', 'EC PRIVATE KEY'),
    /"EC PRIVATE KEY" is not a private key that can be read/,
  ],
  'DER that is no key': [() => '-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n', /it may be damaged/],
  'a key encrypted as PKCS#8': [
    () => String(keyOf(rsa).keyObject.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' })),
    /^the private key is encrypted; store it without a passphrase$/,
  ],
  'a key encrypted the old way': [
    () => String(keyOf(rsa).keyObject.export({ type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' })),
    /^the private key is encrypted/,
  ],
  'more bytes than a key has': [() => `${'x'.repeat(13_000)}${keyOf(p256).toPem('PKCS8')}`, /at most 13000 are read/],
  'a curve that is not offered': [
    () => pemOf('ec', { namedCurve: 'secp256k1' }),
    /on the curve secp256k1; P-256, P-384/,
  ],
  'a key for DSA': [() => pemOf('dsa', { modulusLength: 1024 }), /of type dsa; RSA, ECDSA and Ed25519 can be used/],
  'a key for Ed448': [() => pemOf('ed448', {}), /of type ed448/],
  'a key for RSA-PSS alone': [() => pemOf('rsa-pss', { modulusLength: 2048 }), /of type rsa-pss/],
}

/** One key in 256 has a first coordinate that begins with an octet of zeros. */
function withZeros(): string {
  for (;;) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    if (publicKey.export({ format: 'jwk' }).x?.startsWith('AA') === true)
      return String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  }
}

describe('readPrivateKey', () => {
  it.each(Object.entries(refused))('refuses %s with a sentence', (_words, [text, sentence]) => {
    expect(readPrivateKey(text())).toEqual({ ok: false, error: expect.stringMatching(sentence) })
    expect(keyFacts(text())).toEqual({ ok: false, error: expect.stringMatching(sentence) })
  })

  it('passes over the parameters that openssl puts before a key', () => {
    const pem = openssl(['ecparam', '-name', 'prime256v1', '-genkey']).text
    expect(pem).toContain('EC PARAMETERS')
    expect(unwrap(keyFacts(pem))).toMatchObject({ shape: p256, encoding: 'PKCS1' })
  })

  it('keeps the zeros before the coordinates of a point', () => {
    const text = withZeros()
    const info = createPublicKey(text).export({ type: 'spki', format: 'der' })
    expect(Buffer.compare(unwrap(readPrivateKey(text)).publicKey, info)).toBe(0)
  })

  it('reads keys of sizes that nobody would ask for now', () => {
    expect(unwrap(readPrivateKey(pemOf('rsa', { modulusLength: 1024 }))).shape).toEqual({
      algorithm: 'RSA',
      size: 1024,
    })
  })

  it('gives a value for any damage, and never a piece of the key', () => {
    const pem = keyOf(p256).toPem('PKCS8')
    const [secret = ''] = pem.split('\n').slice(1)
    const damage = fc.record({ at: fc.nat(pem.length), length: fc.nat(9), text: fc.string({ maxLength: 9 }) })
    fc.assert(
      fc.property(damage, ({ at, length, text }) => {
        const read = readPrivateKey(pem.slice(0, at) + text + pem.slice(at + length))
        expect(read.ok || !read.error.includes(secret.slice(8, 24))).toBe(true)
      }),
    )
  })
})
