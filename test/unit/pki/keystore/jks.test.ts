import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import { sha256Hex } from '../../../../src/pki/hash.ts'
import { buildJks, buildJksTruststore } from '../../../../src/pki/keystore/jks.ts'
import { SecretText } from '../../../../src/std/secret.ts'
import { hasKeytool, keytool } from '../../../support/keytool.ts'
import { colons, makeMaterial } from './material.ts'
import type { Material } from './material.ts'

// every question to Java starts a virtual machine
jest.setTimeout(60_000)

const password = new SecretText('changeit')

let rsa: Material
let ecdsa: Material
beforeAll(async () => {
  rsa = await makeMaterial({ algorithm: 'RSA', size: 2048 })
  ecdsa = await makeMaterial({ algorithm: 'ECDSA', size: 256 })
})

const keystore = (
  { key, leaf, intermediate }: Material,
  change: { readonly alias?: string; readonly password?: SecretText } = {},
) => buildJks({ key, chain: [leaf, intermediate], alias: 'certificate', password, ...change })

describe('a Java keystore', () => {
  it('begins with magic, version and count, and ends with a digest', async () => {
    const { root } = ecdsa
    const jks = Buffer.from(await buildJksTruststore({ roots: [root], password }))
    // magic, version, count, tag, "ca", date, "X.509", length, certificate, digest
    expect(jks.subarray(0, 20).toString('hex')).toBe('feedfeed00000002000000010000000200026361')
    expect(jks.length).toBe(20 + 8 + 7 + 4 + root.length + 20)
    expect(jks.includes(Buffer.from(root))).toBe(true)
  })

  it('does not show the key', async () => {
    const jks = Buffer.from(await keystore(ecdsa))
    const pkcs8 = ecdsa.key.toDer('PKCS8')
    expect(jks.includes(Buffer.from(pkcs8.subarray(30, 60)))).toBe(false)
  })

  it('dates its entries by their certificates, so that no clock is needed', async () => {
    const jks = Buffer.from(await buildJksTruststore({ roots: [ecdsa.root], password }))
    expect(jks.readBigInt64BE(20)).toBe(BigInt(Date.UTC(2026, 0, 1)))
  })
})

const forJava = hasKeytool ? it : it.skip
const unlessJava = hasKeytool
  ? ''
  : ' (skipped: keytool is not installed; install a JDK to have Java read the keystores)'

const list = (jks: Uint8Array, storepass = 'changeit'): string =>
  keytool(['-list', '-v', '-keystore', 'k.jks', '-storetype', 'JKS', '-storepass', storepass], { 'k.jks': jks })

describe(`Java${unlessJava}`, () => {
  forJava('finds key and chain', async () => {
    const printed = list(await keystore(rsa))
    expect(printed).toContain('Alias name: certificate\n')
    expect(printed).toContain('Entry type: PrivateKeyEntry\nCertificate chain length: 2\n')
    expect(printed).toContain(colons(sha256Hex(rsa.leaf)))
    expect(printed).toContain(colons(sha256Hex(rsa.intermediate)))
  })

  forJava('opens the key, which is that of the certificate', async () => {
    const jks = await keystore(ecdsa)
    const signed = keytool(
      ['-certreq', '-keystore', 'k.jks', '-storetype', 'JKS', '-storepass', 'changeit', '-alias', 'certificate'],
      { 'k.jks': jks },
    )
    expect(signed).toContain('BEGIN NEW CERTIFICATE REQUEST')
  })

  forJava('finds an alias however it was spelled', async () => {
    const printed = list(await keystore(rsa, { alias: 'Möwe' }))
    expect(printed).toContain('Your keystore contains 1 entry')
    const signed = keytool(
      ['-certreq', '-keystore', 'k.jks', '-storetype', 'JKS', '-storepass', 'changeit', '-alias', 'WEB'],
      { 'k.jks': await keystore(rsa, { alias: 'Web' }) },
    )
    expect(signed).toContain('BEGIN NEW CERTIFICATE REQUEST')
  })

  forJava('refuses another password, and octets that were changed', async () => {
    const jks = Buffer.from(await keystore(rsa))
    expect(list(jks, 'changeme')).toContain('password was incorrect')
    jks.writeUInt8(jks.readUInt8(60) ^ 1, 60)
    expect(list(jks)).toMatch(/tampered|incorrect/)
  })

  forJava('trusts every root of a truststore', async () => {
    const printed = list(await buildJksTruststore({ roots: [rsa.root, ecdsa.root], password }))
    expect(printed.match(/Alias name: .*/g)?.sort()).toEqual(['Alias name: ca', 'Alias name: ca-1'])
    expect(printed.match(/Entry type: trustedCertEntry/g)).toHaveLength(2)
  })

  forJava('trusts the roots that a keystore holds besides its key', async () => {
    const { key, leaf, root } = rsa
    const printed = list(await buildJks({ key, chain: [leaf], roots: [root], alias: 'certificate', password }))
    expect(printed).toContain('Your keystore contains 2 entries')
    expect(printed).toContain('Entry type: trustedCertEntry')
  })
})
