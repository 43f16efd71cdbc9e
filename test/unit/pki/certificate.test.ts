import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import { describe, expect, it } from '@jest/globals'
import type { CertificateFacts } from '../../../src/domain/facts.ts'
import { certificateFacts } from '../../../src/pki/certificate.ts'
import { sha256Hex } from '../../../src/pki/hash.ts'
import { asDer } from '../../../src/std/bytes.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { instant, toRfc3339 } from '../../../src/std/time.ts'
import { openssl } from '../../support/openssl.ts'
import { makeWithOpenssl } from '../../support/openssl-certificate.ts'
import type { Making } from '../../support/openssl-certificate.ts'
import { unwrap } from '../../support/unwrap.ts'

const factsOf = (der: Der): CertificateFacts => unwrap(certificateFacts(der))

describe('the facts of a certificate', () => {
  it('name every alternative name, addresses in canonical form', () => {
    const der = makeWithOpenssl({
      extensions:
        'subjectAltName=DNS:A.Example.test,IP:192.0.2.1,IP:2001:DB8:0:0:0:0:0:1,IP:::ffff:192.0.2.1,URI:https://a.test/b,' +
        'email:Ops@a.test,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:mueller@a.test,otherName:1.2.3;IA5:odd,RID:1.2.3,dirName:dn',
    })
    expect(factsOf(der).names).toEqual([
      { type: 'dns', value: 'A.Example.test' },
      { type: 'ip', value: '192.0.2.1' },
      { type: 'ip', value: '2001:db8::1' },
      { type: 'ip', value: '::ffff:c000:201' },
      { type: 'uri', value: 'https://a.test/b' },
      { type: 'email', value: 'Ops@a.test' },
      { type: 'other', oid: '1.3.6.1.4.1.311.20.2.3', value: 'mueller@a.test' },
      { type: 'other', oid: '1.2.3', value: '#16036f6464' },
    ])
  })

  const usages: readonly (readonly [string, readonly string[]])[] = [
    ['keyUsage=digitalSignature', ['digital signature', 'signing']],
    ['keyUsage=critical,keyCertSign,cRLSign', ['cert sign', 'crl sign']],
    [
      'keyUsage=nonRepudiation,keyEncipherment,dataEncipherment,keyAgreement,encipherOnly',
      ['content commitment', 'key encipherment', 'data encipherment', 'key agreement', 'encipher only'],
    ],
    ['keyUsage=decipherOnly', ['decipher only']],
    ['extendedKeyUsage=serverAuth,clientAuth', ['server auth', 'client auth']],
    ['extendedKeyUsage=emailProtection,1.2.3.4', ['email protection', 's/mime', '1.2.3.4']],
    ['keyUsage=digitalSignature\nextendedKeyUsage=anyExtendedKeyUsage', ['digital signature', 'signing', 'any']],
    ['basicConstraints=CA:FALSE', []],
  ]
  it.each(usages)('read %s as %j', (extensions, names) => {
    expect(factsOf(makeWithOpenssl({ extensions })).usages).toEqual(names)
  })

  it.each([
    ['basicConstraints=critical,CA:TRUE', true],
    ['basicConstraints=critical,CA:TRUE,pathlen:0', true],
    ['basicConstraints=CA:FALSE', false],
    ['keyUsage=keyCertSign', false],
  ])('tell a CA by its basic constraints alone: %s', (extensions, isCA) => {
    expect(factsOf(makeWithOpenssl({ extensions })).isCA).toBe(isCA)
  })

  const keys: readonly (readonly [readonly string[], CertificateFacts['key']])[] = [
    [['rsa:2048'], { algorithm: 'RSA', size: 2048 }],
    [['rsa:1023'], { algorithm: 'RSA', size: 1023 }],
    [['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], { algorithm: 'ECDSA', size: 384 }],
    [['ec', '-pkeyopt', 'ec_paramgen_curve:P-521'], { algorithm: 'ECDSA', size: 521 }],
    [['ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'], undefined],
    [['ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:explicit'], undefined],
    [['ed25519'], { algorithm: 'Ed25519', size: 0 }],
    [['ed448'], undefined],
  ]
  it.each(keys)('tell the key %j', (key, shape) => {
    expect(factsOf(makeWithOpenssl({ key })).key).toEqual(shape)
  })

  const hashes: readonly (readonly [Making, string])[] = [
    [{ options: ['-sha1'] }, 'sha1'],
    [{ options: ['-sha384'] }, 'sha384'],
    [{ key: ['rsa:2048'], options: ['-md5'] }, 'md5'],
    [{ key: ['rsa:2048'], options: ['-sha512'] }, 'sha512'],
    [{ key: ['rsa:2048'], options: ['-sha256', '-sigopt', 'rsa_padding_mode:pss'] }, 'sha256'],
    [{ key: ['rsa:2048'], options: ['-sha1', '-sigopt', 'rsa_padding_mode:pss'] }, 'sha1'],
    [{ key: ['ed25519'] }, 'none'],
  ]
  it.each(hashes)('tell the hash of the signature: %j', (making, hash) => {
    expect(factsOf(makeWithOpenssl(making)).signatureHash).toBe(hash)
  })

  it.each([
    ['1', '01'],
    ['127', '7F'],
    ['128', '80'],
    ['255', 'FF'],
    ['0x0102030405060708090a0b0c0d0e0f1011121314', '0102030405060708090A0B0C0D0E0F1011121314'],
    ['0', '00'],
    ['-1', '-01'],
    ['-129', '-81'],
  ])('write the serial number %s as openssl does', (serial, hex) => {
    const der = makeWithOpenssl({ options: ['-set_serial', serial] })
    expect(factsOf(der).serialNumber).toBe(hex)
    const printed = openssl(['x509', '-inform', 'DER', '-in', 'c.der', '-noout', '-serial'], { 'c.der': der }).text
    expect(printed.trim()).toBe(`serial=${factsOf(der).serialNumber}`)
  })

  it('link a certificate to its issuer by key identifiers', () => {
    const facts = factsOf(
      makeWithOpenssl({ extensions: 'subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always,issuer:always' }),
    )
    expect(facts.subjectKeyId).toMatch(/^[0-9a-f]{40}$/)
    expect(facts.authorityKeyId).toBe(facts.subjectKeyId)
    const without = factsOf(makeWithOpenssl({ extensions: 'subjectKeyIdentifier=none\nauthorityKeyIdentifier=none' }))
    expect([without.subjectKeyId, without.authorityKeyId]).toEqual([undefined, undefined])
  })

  it('keep the levels of a subject, and everything in them', () => {
    const der = makeWithOpenssl({ subject: '/DC=test/O=Müller, Söhne/CN=web+UID=4711', options: ['-multivalue-rdn'] })
    expect(factsOf(der).subject).toEqual([
      [{ oid: '0.9.2342.19200300.100.1.25', value: 'test' }],
      [{ oid: '2.5.4.10', value: 'Müller, Söhne' }],
      expect.arrayContaining([
        { oid: '2.5.4.3', value: 'web' },
        { oid: '0.9.2342.19200300.100.1.1', value: '4711' },
      ]),
    ])
    expect(factsOf(der).issuer).toEqual(factsOf(der).subject)
  })

  it('agree with node about every root certificate that node knows', () => {
    for (const pem of rootCertificates) {
      const theirs = new X509Certificate(pem)
      const ours = factsOf(asDer(theirs.raw))
      expect({
        fingerprint: ours.fingerprint,
        serialNumber: BigInt(`0x${ours.serialNumber}`),
        dates: [toRfc3339(ours.notBefore), toRfc3339(ours.notAfter)],
        isCA: ours.isCA,
        selfSigned: ours.selfSigned,
        size: ours.key?.algorithm === 'RSA' ? ours.key.size : undefined,
        publicKeyHash: ours.publicKeyHash,
      }).toEqual({
        fingerprint: theirs.fingerprint256.replaceAll(':', '').toLowerCase(),
        serialNumber: BigInt(`0x${theirs.serialNumber}`),
        dates: [theirs.validFrom, theirs.validTo].map((text) => toRfc3339(instant(Date.parse(text)))),
        isCA: theirs.ca,
        selfSigned: theirs.checkIssued(theirs),
        size: theirs.publicKey.asymmetricKeyDetails?.modulusLength,
        publicKeyHash: sha256Hex(theirs.publicKey.export({ type: 'spki', format: 'der' })),
      })
    }
  })
})
