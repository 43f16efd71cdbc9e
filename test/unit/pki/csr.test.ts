import { spawnSync } from 'node:child_process'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { CertificationRequest } from '@peculiar/asn1-csr'
import { AsnConvert } from '@peculiar/asn1-schema'
import fc from 'fast-check'
import type { KeyShape, Wanted } from '../../../src/domain/wanted.ts'
import { buildCsr } from '../../../src/pki/csr.ts'
import type { RequestOptions } from '../../../src/pki/csr.ts'
import { encodeElement, readElements } from '../../../src/pki/der.ts'
import { generateKey } from '../../../src/pki/key.ts'
import type { HashName, PrivateKey } from '../../../src/pki/key.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { SecretText } from '../../../src/std/secret.ts'
import { days } from '../../../src/std/time.ts'
import { openssl } from '../../support/openssl.ts'
import { unwrap } from '../../support/unwrap.ts'

const p256: KeyShape = { algorithm: 'ECDSA', size: 256 }
const bare: Wanted = {
  subject: [[{ oid: '2.5.4.3', value: 'leaf.example.test' }]],
  names: [],
  key: p256,
  lifetime: days(90),
  usages: [],
  encodeUsagesInRequest: true,
  isCA: false,
}

let key: PrivateKey
beforeAll(async () => {
  key = await generateKey(p256)
})

const request = (change: Partial<Wanted> = {}, options: Partial<RequestOptions> = {}): Promise<Der> =>
  buildCsr({ wanted: { ...bare, ...change }, key, ...options })

function text(csr: Der): string {
  const run = openssl(['req', '-inform', 'DER', '-in', 'r.der', '-noout', '-text', '-nameopt', 'RFC2253'], {
    'r.der': csr,
  })
  if (!run.ok) throw new Error(run.text)
  return run.text
}

/** What openssl thinks of the signature. It ends with 0 whatever it thinks. */
function judgement(csr: Der): string {
  const { stderr } = spawnSync('openssl', ['req', '-inform', 'DER', '-noout', '-verify'], {
    input: csr,
    encoding: 'utf8',
  })
  return stderr.trim()
}

const approved = 'Certificate request self-signature verify OK'

/** The attributes element, [0] of CertificationRequestInfo. */
function attributesOf(csr: Der): string {
  const [info] = unwrap(readElements(unwrap(readElements(csr))[0]?.content ?? new Uint8Array()))
  return Buffer.from(unwrap(readElements(info?.content ?? new Uint8Array()))[3]?.encoded ?? []).toString('hex')
}

describe('a certification request', () => {
  it('without attributes has them present and empty (RFC 2986 section 4.1)', async () => {
    const csr = await request()
    expect(attributesOf(csr)).toBe('a000')
    expect(text(csr)).toContain('Attributes:\n            (none)')
  })

  it('carries every kind of alternative name', async () => {
    const csr = await request({
      names: [
        { type: 'dns', value: '*.example.test' },
        { type: 'ip', value: '192.0.2.1' },
        { type: 'ip', value: '2001:db8::1' },
        { type: 'uri', value: 'spiffe://example.test/web' },
        { type: 'email', value: 'ops@example.test' },
        { type: 'other', oid: '1.3.6.1.4.1.311.20.2.3', value: 'müller@example.test' },
      ],
    })
    expect(text(csr)).toContain(
      'DNS:*.example.test, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1, URI:spiffe://example.test/web, ' +
        'email:ops@example.test, othername: UPN::müller@example.test',
    )
  })

  it('marks the names critical when there is no subject', async () => {
    const names: Wanted['names'] = [{ type: 'dns', value: 'a.test' }]
    expect(text(await request({ subject: [], names }))).toContain('X509v3 Subject Alternative Name: critical')
    expect(text(await request({ names }))).not.toContain('critical')
  })

  it('writes a literal subject from the most general level to the most specific', async () => {
    const subject: Wanted['subject'] = [
      [{ oid: '0.9.2342.19200300.100.1.25', value: 'test' }],
      [{ oid: '2.5.4.10', value: 'Müller, Söhne' }],
      [
        { oid: '2.5.4.3', value: 'web' },
        { oid: '0.9.2342.19200300.100.1.1', value: '4711' },
      ],
    ]
    expect(text(await request({ subject }))).toMatch(
      /Subject: (UID=4711\+CN=web|CN=web\+UID=4711),O=M\\C3\\BCller\\, S\\C3\\B6hne,DC=test/,
    )
  })

  it('asks for usages of both kinds', async () => {
    const printed = text(
      await request({ usages: ['digital signature', 'key encipherment', 'decipher only', 's/mime', 'server auth'] }),
    )
    expect(printed).toContain(
      'Key Usage: critical\n                    Digital Signature, Key Encipherment, Decipher Only',
    )
    expect(printed).toContain('E-mail Protection, TLS Web Server Authentication')
    expect(printed).not.toContain('Basic Constraints')
  })

  it('keeps silent about usages when told to', async () => {
    expect(attributesOf(await request({ usages: ['server auth'], encodeUsagesInRequest: false }))).toBe('a000')
  })

  it('asks for a CA with its name constraints', async () => {
    const none = { dnsDomains: [], ipRanges: [], emailAddresses: [], uriDomains: [] }
    const printed = text(
      await request({
        isCA: true,
        usages: ['cert sign'],
        nameConstraints: {
          critical: true,
          permitted: { ...none, dnsDomains: ['example.test'], ipRanges: ['10.0.0.0/8', '2001:db8::/32'] },
          excluded: { ...none, emailAddresses: ['.example.test'], uriDomains: ['bad.test'] },
        },
      }),
    )
    expect(printed).toContain('X509v3 Basic Constraints: critical\n                    CA:TRUE')
    expect(printed).toContain('Certificate Sign')
    expect(printed.replace(/\s+/g, ' ')).toContain(
      'X509v3 Name Constraints: critical Permitted: DNS:example.test IP:10.0.0.0/255.0.0.0 ' +
        'IP:2001:DB8:0:0:0:0:0:0/FFFF:FFFF:0:0:0:0:0:0 Excluded: email:.example.test URI:bad.test',
    )
  })

  it.each([
    ['PRINTABLESTRING', 'secret 123'],
    ['UTF8STRING', 'geheim_ß'],
  ])('holds a challenge password as %s where that can spell it', async (type, password) => {
    const csr = await request({}, { challengePassword: new SecretText(password) })
    const run = openssl(['asn1parse', '-inform', 'DER', '-in', 'r.der'], { 'r.der': csr })
    expect(run.text.replace(/\s+/g, ' ')).toMatch(new RegExp(`:challengePassword .*${type} :${password}`))
    expect(judgement(csr)).toBe(approved)
  })

  it('orders its attributes as DER asks, whatever they are', async () => {
    const attribute = fc.record({
      type: fc.constantFrom('1.2.840.113549.1.9.2', '1.3.6.1.4.1.311.13.2.3', '2.5.4.5'),
      values: fc.array(
        fc.string({ maxLength: 5 }).map((value) => encodeElement(0x0c, Buffer.from(value))),
        { minLength: 1, maxLength: 3 },
      ),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(attribute, { maxLength: 4 }), async (attributes) => {
        const options = { challengePassword: new SecretText('x') }
        const csr = await request({ usages: ['server auth'] }, { ...options, attributes })
        const reversed = await request({ usages: ['server auth'] }, { ...options, attributes: attributes.toReversed() })
        expect(attributesOf(csr)).toBe(attributesOf(reversed))
        expect(AsnConvert.parse(csr, CertificationRequest).certificationRequestInfo.attributes).toHaveLength(
          attributes.length + 2,
        )
      }),
      { numRuns: 30 },
    )
  })
})

const rsa: KeyShape = { algorithm: 'RSA', size: 2048 }
const p384: KeyShape = { algorithm: 'ECDSA', size: 384 }
const p521: KeyShape = { algorithm: 'ECDSA', size: 521 }
const ed25519: KeyShape = { algorithm: 'Ed25519', size: 0 }

const signatures: readonly (readonly [KeyShape, Wanted['signatureAlgorithm'], HashName | undefined, string])[] = [
  [rsa, undefined, undefined, 'sha256WithRSAEncryption'],
  [rsa, 'SHA512WithRSA', undefined, 'sha512WithRSAEncryption'],
  [rsa, 'SHA512WithRSA', 'SHA-384', 'sha384WithRSAEncryption'],
  [rsa, undefined, 'SHA-1', 'sha1WithRSAEncryption'],
  [p256, undefined, undefined, 'ecdsa-with-SHA256'],
  [p256, undefined, 'SHA-1', 'ecdsa-with-SHA1'],
  [p384, undefined, undefined, 'ecdsa-with-SHA384'],
  [p521, undefined, undefined, 'ecdsa-with-SHA512'],
  [p384, 'ECDSAWithSHA256', undefined, 'ecdsa-with-SHA256'],
  [ed25519, undefined, undefined, 'ED25519'],
  [ed25519, undefined, 'SHA-1', 'ED25519'],
]

describe('the signature of a request', () => {
  it.each(signatures)('by %j, wishing %s where the CA demands %s, is %s', async (shape, wish, hash, name) => {
    const signer = await generateKey(shape)
    const csr = await buildCsr({
      wanted: wish === undefined ? bare : { ...bare, signatureAlgorithm: wish },
      key: signer,
      ...(hash === undefined ? {} : { hash }),
    })
    const printed = text(csr)
    expect(printed).toContain(`Signature Algorithm: ${name}`)
    expect(judgement(csr)).toBe(approved)
  })
})
