import { spawnSync } from 'node:child_process'
import { createHmac, pbkdf2Sync } from 'node:crypto'
import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import { PFX } from '@peculiar/asn1-pfx'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import { readElements } from '../../../../src/pki/der.ts'
import type { DerElement } from '../../../../src/pki/der.ts'
import { sha256Hex } from '../../../../src/pki/hash.ts'
import { keyFacts } from '../../../../src/pki/key.ts'
import { buildPkcs12, buildPkcs12Truststore } from '../../../../src/pki/keystore/pkcs12.ts'
import type { Pkcs12Profile } from '../../../../src/pki/keystore/profile.ts'
import { readCertificates } from '../../../../src/pki/pem.ts'
import type { Der } from '../../../../src/std/bytes.ts'
import { SecretText } from '../../../../src/std/secret.ts'
import { hasKeytool, keytool } from '../../../support/keytool.ts'
import { openssl } from '../../../support/openssl.ts'
import { unwrap } from '../../../support/unwrap.ts'
import { colons, makeMaterial } from './material.ts'
import type { Material } from './material.ts'

// every question to Java starts a virtual machine
jest.setTimeout(60_000)

const profiles: readonly Pkcs12Profile[] = ['LegacyRC2', 'LegacyDES', 'Modern2023', 'Modern2026']
const password = 'changeit'

let rsa: Material
let ecdsa: Material
let ed25519: Material
beforeAll(async () => {
  rsa = await makeMaterial({ algorithm: 'RSA', size: 2048 })
  ecdsa = await makeMaterial({ algorithm: 'ECDSA', size: 384 })
  ed25519 = await makeMaterial({ algorithm: 'Ed25519', size: 0 })
})

const keystore = (
  profile: Pkcs12Profile,
  { key, leaf, intermediate, root }: Material,
  text = password,
): Promise<Uint8Array> =>
  buildPkcs12({ key, chain: [leaf, intermediate], roots: [root], password: new SecretText(text), profile })

/** OpenSSL 3.0 does not know PBMAC1, so the MAC of Modern2026 is not its to judge. */
const unpack = (p12: Uint8Array, profile: Pkcs12Profile, text = password): string => {
  const mac = profile === 'Modern2026' ? ['-nomacver'] : []
  const args = ['pkcs12', '-legacy', '-in', 'k.p12', '-nodes', '-passin', `pass:${text}`, ...mac]
  const run = openssl(args, { 'k.p12': p12 })
  if (!run.ok) throw new Error(run.text)
  return run.text
}

const fingerprints = (ders: readonly Der[]): readonly string[] => ders.map(sha256Hex)

describe('a PKCS#12 keystore', () => {
  it.each(profiles)('of profile %s gives openssl the key and every certificate, leaf first', async (profile) => {
    for (const material of [rsa, ecdsa, ed25519]) {
      const text = unpack(await keystore(profile, material), profile)
      expect(unwrap(keyFacts(text)).publicKeyHash).toBe(material.key.publicKeyHash)
      const { leaf, intermediate, root } = material
      expect(fingerprints(unwrap(readCertificates(text)))).toEqual(fingerprints([leaf, intermediate, root]))
    }
  })

  it.each(profiles)('of profile %s opens with a password beyond ASCII', async (profile) => {
    const text = 'pässwörd €'
    expect(unpack(await keystore(profile, ecdsa, text), profile, text)).toContain('BEGIN PRIVATE KEY')
  })

  it.each(profiles)('of profile %s stays shut for another password', async (profile) => {
    const p12 = await keystore(profile, ecdsa)
    expect(() => unpack(p12, profile, 'changeme')).toThrow(/invalid password|decrypt/)
  })

  it.each(profiles)('of profile %s says which certificate belongs to the key', async (profile) => {
    const ids = unpack(await keystore(profile, rsa), profile).match(/localKeyID: [0-9A-F ]+/g) ?? []
    expect(ids).toHaveLength(2)
    expect(ids[0]).toBe(ids[1])
  })

  const algorithms: readonly (readonly [Pkcs12Profile, readonly string[]])[] = [
    ['LegacyRC2', ['MAC: sha1,', 'pbeWithSHA1And40BitRC2-CBC', 'Shrouded Keybag: pbeWithSHA1And3-KeyTripleDES-CBC']],
    [
      'LegacyDES',
      ['MAC: sha1,', 'Encrypted data: pbeWithSHA1And3-KeyTripleDES-CBC', 'Keybag: pbeWithSHA1And3-KeyTripleDES-CBC'],
    ],
    [
      'Modern2023',
      [
        'MAC: sha256,',
        'Encrypted data: PBES2, PBKDF2, AES-256-CBC',
        'Keybag: PBES2, PBKDF2, AES-256-CBC',
        'hmacWithSHA256',
      ],
    ],
    [
      'Modern2026',
      [
        'MAC: PBMAC1,',
        'Encrypted data: PBES2, PBKDF2, AES-256-CBC',
        'Keybag: PBES2, PBKDF2, AES-256-CBC',
        'hmacWithSHA256',
      ],
    ],
  ]
  it.each(algorithms)('of profile %s uses these algorithms: %j', async (profile, names) => {
    const printed = information(await keystore(profile, rsa))
    for (const name of names) expect(printed).toContain(name)
  })

  it('holds a certificate once, though it is in the chain and among the roots', async () => {
    const { key, leaf, root } = ecdsa
    const options = { password: new SecretText(password), profile: 'Modern2023' as const }
    const p12 = await buildPkcs12({ ...options, key, chain: [leaf, root], roots: [root] })
    expect(unwrap(readCertificates(unpack(p12, 'Modern2023')))).toHaveLength(2)
  })

  it('never has the same octets twice', async () => {
    const [one, two] = [await keystore('Modern2023', ecdsa), await keystore('Modern2023', ecdsa)]
    expect(Buffer.compare(one, two)).not.toBe(0)
  })
})

/** What openssl tells of a file on standard error. */
function information(p12: Uint8Array): string {
  const args = ['pkcs12', '-legacy', '-info', '-noout', '-nomacver', '-passin', `pass:${password}`]
  return spawnSync('openssl', args, { input: p12, encoding: 'utf8' }).stderr
}

describe('the MAC of Modern2026', () => {
  it('is PBMAC1 as RFC 9579 has it, and right', async () => {
    const pfx = AsnConvert.parse(await keystore('Modern2026', rsa), PFX)
    const { macData } = pfx
    if (macData === undefined) throw new Error('it has no MAC')
    expect(macData.mac.digestAlgorithm.algorithm).toBe('1.2.840.113549.1.5.14')
    expect(Buffer.from(macData.macSalt.buffer).toString()).toBe('NOT USED')
    expect(macData.iterations).toBe(1)
    const [derivation, scheme] = children(new Uint8Array(macData.mac.digestAlgorithm.parameters ?? new ArrayBuffer(0)))
    const [kdf, parameters] = inside(derivation)
    const [salt, iterations, length, prf] = inside(parameters)
    expect(hex(kdf)).toBe('06092a864886f70d01050c')
    expect([hex(prf), hex(scheme)]).toEqual(['300c06082a864886f70d02090500', '300c06082a864886f70d02090500'])
    expect(hex(length)).toBe('020120')
    const rounds = Number(`0x${Buffer.from(iterations?.content ?? []).toString('hex')}`)
    expect(rounds).toBeGreaterThanOrEqual(2048)
    const key = pbkdf2Sync(password, salt?.content ?? Buffer.of(), rounds, 32, 'sha256')
    const content = AsnConvert.parse(pfx.authSafe.content, OctetString)
    const mac = createHmac('sha256', key).update(new Uint8Array(content.buffer)).digest('hex')
    expect(Buffer.from(macData.mac.digest.buffer).toString('hex')).toBe(mac)
  })
})

const hex = (element: DerElement | undefined): string => Buffer.from(element?.encoded ?? []).toString('hex')
const inside = (element: DerElement | undefined): readonly DerElement[] =>
  unwrap(readElements(element?.content ?? new Uint8Array()))
const children = (encoded: Uint8Array): readonly DerElement[] => inside(unwrap(readElements(encoded))[0])

const forJava = hasKeytool ? it : it.skip
const unlessJava = hasKeytool
  ? ''
  : ' (skipped: keytool is not installed; install a JDK to have Java read the keystores)'

/** A JDK that does not know PBMAC1 refuses it by name, and does not take it for a wrong password. */
const list = (p12: Uint8Array): string =>
  keytool(['-list', '-v', '-keystore', 'k.p12', '-storetype', 'PKCS12', '-storepass', password], { 'k.p12': p12 })

describe(`Java${unlessJava}`, () => {
  forJava.each(profiles)('finds key and chain in a keystore of profile %s', async (profile) => {
    const printed = list(await keystore(profile, rsa))
    if (profile === 'Modern2026' && printed.includes('1.2.840.113549.1.5.14 not available')) return
    expect(printed).toContain('Alias name: 1\n')
    expect(printed).toContain('Entry type: PrivateKeyEntry\nCertificate chain length: 3\n')
    expect(printed).toContain(colons(sha256Hex(rsa.leaf)))
  })

  forJava.each(profiles)('trusts every root in a truststore of profile %s', async (profile) => {
    const roots = [rsa.root, ecdsa.root]
    const printed = list(await buildPkcs12Truststore({ roots, password: new SecretText(password), profile }))
    if (profile === 'Modern2026' && printed.includes('1.2.840.113549.1.5.14 not available')) return
    expect(printed).toContain('Your keystore contains 2 entries')
    expect(printed.match(/Alias name: .*/g)?.sort()).toEqual(['Alias name: ca', 'Alias name: ca-1'])
    expect(printed.match(/Entry type: trustedCertEntry/g)).toHaveLength(2)
    for (const root of roots) expect(printed).toContain(colons(sha256Hex(root)))
  })
})

describe('a PKCS#12 truststore', () => {
  it.each(profiles)('of profile %s gives openssl every root and no key', async (profile) => {
    const roots = [rsa.root, ecdsa.root]
    const text = unpack(await buildPkcs12Truststore({ roots, password: new SecretText(password), profile }), profile)
    expect(fingerprints(unwrap(readCertificates(text)))).toEqual(fingerprints(roots))
    expect(text).not.toContain('PRIVATE KEY')
    expect(text).toContain('friendlyName: ca\n')
  })
})
