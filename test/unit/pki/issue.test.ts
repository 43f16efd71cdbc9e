import { createPublicKey, X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { KeyShape, Wanted } from '../../../src/domain/wanted.ts'
import { certificateFacts } from '../../../src/pki/certificate.ts'
import { readElements } from '../../../src/pki/der.ts'
import { issueCertificate } from '../../../src/pki/issue.ts'
import { generateKey, readPrivateKey } from '../../../src/pki/key.ts'
import type { PrivateKey } from '../../../src/pki/key.ts'
import { certificatesPem, readCertificates } from '../../../src/pki/pem.ts'
import { readSigner } from '../../../src/pki/signer.ts'
import type { Signer, SignerUrls } from '../../../src/pki/signer.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { days, instant, plus } from '../../../src/std/time.ts'
import { makeCa } from '../../support/ca-material.ts'
import type { CaMaterial } from '../../support/ca-material.ts'
import { openssl } from '../../support/openssl.ts'
import { unwrap } from '../../support/unwrap.ts'

const notBefore = instant(Date.UTC(2026, 10, 23, 12, 0, 0))
const notAfter = plus(notBefore, days(90))
const atNoon = String(notBefore / 1000 + 60)

const plain: Wanted = {
  subject: [[{ oid: '2.5.4.3', value: 'leaf.example.test' }]],
  names: [{ type: 'dns', value: 'leaf.example.test' }],
  key: { algorithm: 'ECDSA', size: 256 },
  lifetime: days(90),
  usages: ['digital signature', 'key encipherment', 'server auth'],
  encodeUsagesInRequest: true,
  isCA: false,
}

const p256: KeyShape = { algorithm: 'ECDSA', size: 256 }
const begins = instant(Date.UTC(2026, 0, 1))
const ends = instant(Date.UTC(2046, 0, 1))

const signerOf = ({ certificate, key }: CaMaterial, urls?: SignerUrls): Signer =>
  unwrap(readSigner(urls === undefined ? { certificate, key } : { certificate, key, urls }))

const text = (certificate: Der, ...options: readonly string[]): string =>
  openssl(['x509', '-noout', ...options, '-in', 'c.pem'], { 'c.pem': certificatesPem([certificate]) }).text

const verifies = (ca: Der, leaf: Der): string =>
  openssl(['verify', '-x509_strict', '-attime', atNoon, '-CAfile', 'ca.pem', 'leaf.pem'], {
    'ca.pem': certificatesPem([ca]),
    'leaf.pem': certificatesPem([leaf]),
  }).text.trim()

/** The fields of a TBSCertificate, as encoded. */
function fieldsOf(certificate: Der): readonly Der[] {
  const body = unwrap(readElements(unwrap(readElements(certificate))[0]?.content ?? new Uint8Array()))
  return unwrap(readElements(body[0]?.content ?? new Uint8Array())).map(({ encoded }) => encoded)
}

let ca: CaMaterial
let key: PrivateKey
beforeAll(async () => {
  ca = await makeCa({ name: 'Unit CA', notBefore: begins, notAfter: ends })
  key = await generateKey(p256)
})

const issue = (wanted: Wanted, signer: Signer = signerOf(ca)): Promise<Der> =>
  issueCertificate({ wanted, publicKey: key.publicKey, signer, notBefore, notAfter })

describe('a certificate signed by a CA', () => {
  const shapes: readonly KeyShape[] = [
    p256,
    { algorithm: 'ECDSA', size: 384 },
    { algorithm: 'ECDSA', size: 521 },
    { algorithm: 'Ed25519', size: 0 },
    { algorithm: 'RSA', size: 2048 },
  ]
  it.each(shapes)('passes openssl verify -x509_strict under a $algorithm $size CA', async (shape) => {
    const parent = await makeCa({ name: 'Any CA', notBefore: begins, notAfter: ends, key: shape })
    expect(verifies(parent.certificate, await issue(plain, signerOf(parent)))).toBe('leaf.pem: OK')
  })

  const signatures: readonly (readonly [KeyShape, Wanted['signatureAlgorithm'], string])[] = [
    [p256, undefined, 'ecdsa-with-SHA256'],
    [p256, 'ECDSAWithSHA512', 'ecdsa-with-SHA512'],
    [p256, 'SHA512WithRSA', 'ecdsa-with-SHA256'],
    [{ algorithm: 'ECDSA', size: 384 }, undefined, 'ecdsa-with-SHA384'],
    [{ algorithm: 'ECDSA', size: 521 }, undefined, 'ecdsa-with-SHA512'],
    [{ algorithm: 'Ed25519', size: 0 }, undefined, 'ED25519'],
    [{ algorithm: 'RSA', size: 2048 }, 'SHA384WithRSA', 'sha384WithRSAEncryption'],
  ]
  it.each(signatures)('is signed as the CA key allows: %j wishing %s', async (shape, signatureAlgorithm, name) => {
    const parent = await makeCa({ name: 'Any CA', notBefore: begins, notAfter: ends, key: shape })
    const wanted = signatureAlgorithm === undefined ? plain : { ...plain, signatureAlgorithm }
    const certificate = await issue(wanted, signerOf(parent))
    expect(text(certificate, '-text')).toContain(`Signature Algorithm: ${name}`)
    expect(verifies(parent.certificate, certificate)).toBe('leaf.pem: OK')
  })

  it('copies the subject of the CA octet for octet, whatever string types it uses', async () => {
    const command = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout - -days 9 -utf8 -config c.cnf'
    const config = `[req]
distinguished_name = dn
x509_extensions = v3
string_mask = pkix
[dn]
[v3]
basicConstraints = critical,CA:TRUE
subjectKeyIdentifier = none
`
    const subject = '/C=DE/O=Prüfstelle\\+Söhne/CN=Old CA'
    const made = openssl([...command.split(' '), '-subj', subject], { 'c.cnf': config }).text
    const [certificate] = unwrap(readCertificates(made.slice(made.indexOf('-----BEGIN CERTIFICATE'))))
    if (certificate === undefined) throw new Error(made)
    const signer = unwrap(
      readSigner({ certificate, key: unwrap(readPrivateKey(made.slice(0, made.indexOf('-----BEGIN CERTIFICATE')))) }),
    )
    const leaf = await issue(plain, signer)
    expect(fieldsOf(leaf)[3]).toEqual(fieldsOf(certificate)[5])
    const parent = new X509Certificate(certificate)
    expect(new X509Certificate(leaf).checkIssued(parent)).toBe(true)
    expect(new X509Certificate(leaf).verify(parent.publicKey)).toBe(true)
  })

  it('names the CA by the key identifier that the CA names itself by', async () => {
    const caKeyId = text(ca.certificate, '-ext', 'subjectKeyIdentifier').split('\n')[1]?.trim()
    expect(text(await issue(plain), '-ext', 'authorityKeyIdentifier')).toContain(caKeyId)
    expect(caKeyId).toMatch(/^([0-9A-F]{2}:){19}[0-9A-F]{2}$/)
  })

  it('carries exactly these extensions, critical where RFC 5280 says so', async () => {
    expect(text(await issue(plain), '-text').replace(/([0-9A-F]{2}:){19}[0-9A-F]{2}/g, '<key id>')).toContain(
      [
        '        X509v3 extensions:',
        '            X509v3 Key Usage: critical',
        '                Digital Signature, Key Encipherment',
        '            X509v3 Extended Key Usage: ',
        '                TLS Web Server Authentication',
        '            X509v3 Basic Constraints: critical',
        '                CA:FALSE',
        '            X509v3 Subject Alternative Name: ',
        '                DNS:leaf.example.test',
        '            X509v3 Subject Key Identifier: ',
        '                <key id>',
        '            X509v3 Authority Key Identifier: ',
        '                <key id>',
        '    Signature Algorithm: ecdsa-with-SHA256',
      ].join('\n'),
    )
  })

  it('marks the alternative names critical when the subject is empty', async () => {
    const certificate = await issue({ ...plain, subject: [] })
    expect(text(certificate, '-text')).toContain('X509v3 Subject Alternative Name: critical')
    expect(verifies(ca.certificate, certificate)).toBe('leaf.pem: OK')
  })

  it('tells where revocation lists, OCSP and the issuer are found', async () => {
    const urls: SignerUrls = {
      crlDistributionPoints: ['http://crl.test/a.crl', 'http://crl.test/b.crl'],
      ocspServers: ['http://ocsp.test'],
      issuingCertificateUrls: ['http://ca.test/ca.der'],
    }
    const certificate = await issue(plain, signerOf(ca, urls))
    expect(text(certificate, '-ocsp_uri')).toBe('http://ocsp.test\n')
    const printed = text(certificate, '-text')
    for (const url of urls.crlDistributionPoints) expect(printed).toContain(`URI:${url}`)
    expect(printed).toContain('CA Issuers - URI:http://ca.test/ca.der')
    expect(verifies(ca.certificate, certificate)).toBe('leaf.pem: OK')
  })

  it('may be a CA, with name constraints and the right to sign even when nobody listed it', async () => {
    const none = { dnsDomains: [], ipRanges: [], emailAddresses: [], uriDomains: [] }
    const certificate = await issue({
      ...plain,
      isCA: true,
      usages: ['digital signature'],
      nameConstraints: {
        critical: true,
        permitted: { ...none, dnsDomains: ['example.test'], ipRanges: ['192.0.2.0/24', '2001:db8::/32'] },
        excluded: { ...none, emailAddresses: ['.bad.test'], uriDomains: ['.bad.test'] },
      },
    })
    const printed = text(certificate, '-text')
    for (const line of [
      'CA:TRUE',
      'Certificate Sign',
      'X509v3 Name Constraints: critical',
      'DNS:example.test',
      'IP:192.0.2.0/255.255.255.0',
      'email:.bad.test',
      'URI:.bad.test',
    ])
      expect(printed).toContain(line)
    expect(verifies(ca.certificate, certificate)).toBe('leaf.pem: OK')
  })

  it('has a positive serial number of 128 random bits', async () => {
    const serials = await Promise.all(Array.from({ length: 20 }, async () => text(await issue(plain), '-serial')))
    expect(new Set(serials).size).toBe(20)
    for (const serial of serials) expect(serial).toMatch(/^serial=[0-9A-F]{26,32}\n$/)
  })

  it('is valid for exactly the dates that were asked for, before and after 2050', async () => {
    const far = instant(Date.UTC(2060, 5, 1))
    const certificate = await issueCertificate({
      wanted: plain,
      publicKey: key.publicKey,
      signer: signerOf(ca),
      notBefore,
      notAfter: far,
    })
    expect(unwrap(certificateFacts(certificate))).toMatchObject({ notBefore, notAfter: far })
    expect(text(certificate, '-dates')).toContain('notAfter=Jun  1 00:00:00 2060 GMT')
  })
})

describe('any wish', () => {
  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/)
  const dns = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => `${labels.join('.')}.test`)
  const printable = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((s) => s.trim() === s && !/\p{C}/u.test(s))
  const name = fc.oneof(
    dns.map((value) => ({ type: 'dns' as const, value })),
    fc.ipV4().map((value) => ({ type: 'ip' as const, value })),
    dns.map((value) => ({ type: 'uri' as const, value: `https://${value}/a?b=c` })),
    dns.map((value) => ({ type: 'email' as const, value: `ops@${value}` })),
    printable.map((value) => ({ type: 'other' as const, oid: '1.3.6.1.4.1.311.20.2.3', value })),
  )
  const attribute = fc.record({ oid: fc.constantFrom('2.5.4.3', '2.5.4.10', '2.5.4.11', '2.5.4.7'), value: printable })
  const wish: fc.Arbitrary<Wanted> = fc.record({
    subject: fc.array(fc.array(attribute, { minLength: 1, maxLength: 2 }), { maxLength: 4 }),
    names: fc.array(name, { minLength: 1, maxLength: 6 }),
    key: fc.constant(p256),
    lifetime: fc.constant(days(1)),
    usages: fc.uniqueArray(
      fc.constantFrom(
        'digital signature',
        'key encipherment',
        'key agreement',
        'server auth',
        'client auth',
        'ocsp signing',
      ),
    ),
    encodeUsagesInRequest: fc.boolean(),
    isCA: fc.boolean(),
  })

  it('comes back from its certificate, signed and readable for node and our own parser', async () => {
    const caKey = createPublicKey(ca.key.keyObject)
    await fc.assert(
      fc.asyncProperty(wish, async (wanted) => {
        const certificate = await issue(wanted)
        expect(new X509Certificate(certificate).verify(caKey)).toBe(true)
        const facts = unwrap(certificateFacts(certificate))
        expect(facts.names).toEqual(wanted.names)
        expect(facts.isCA).toBe(wanted.isCA)
        expect(facts.publicKeyHash).toBe(key.publicKeyHash)
        const sorted = (rdn: Wanted['subject'][number]): readonly string[] =>
          rdn.map((a) => `${a.oid}=${a.value}`).sort()
        expect(facts.subject.map(sorted)).toEqual(wanted.subject.map(sorted))
      }),
      { numRuns: 100 },
    )
  })
})
