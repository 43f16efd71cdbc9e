import { describe, expect, it } from '@jest/globals'
import type { CertificateSpec } from '../../../src/api/certificate.ts'
import { readWish } from '../../../src/domain/wish.ts'
import type { Wish } from '../../../src/domain/wish.ts'
import { days, hours, minutes } from '../../../src/std/time.ts'
import { baseSpec, caRef } from './snapshots.ts'

const read = (spec: Partial<CertificateSpec> = {}): Wish => {
  const wish = readWish({ ...baseSpec, ...spec })
  if (!wish.ok) throw new Error(wish.error)
  return wish.value
}

describe('a wish', () => {
  it('means without further words what it means to cert-manager', () => {
    const wish = readWish({ secretName: 'web-tls', issuerRef: caRef, dnsNames: ['www.example.com'] })
    expect(wish).toMatchObject({
      ok: true,
      value: {
        wanted: {
          key: { algorithm: 'RSA', size: 2048 },
          lifetime: days(90),
          usages: ['digital signature', 'key encipherment'],
          isCA: false,
          encodeUsagesInRequest: true,
        },
        keyEncoding: 'PKCS1',
        rotation: 'Always',
        renewBefore: undefined,
        deletionPolicy: 'Retain',
        fallbackIssuerRefs: [],
      },
    })
  })

  it.each([
    { privateKey: { algorithm: 'ECDSA' as const }, key: { algorithm: 'ECDSA', size: 256 }, encoding: 'PKCS1' },
    {
      privateKey: { algorithm: 'ECDSA' as const, size: 384 },
      key: { algorithm: 'ECDSA', size: 384 },
      encoding: 'PKCS1',
    },
    {
      privateKey: { algorithm: 'RSA' as const, size: 4096, encoding: 'PKCS8' as const },
      key: { algorithm: 'RSA', size: 4096 },
      encoding: 'PKCS8',
    },
    {
      privateKey: { algorithm: 'Ed25519' as const, size: 7, encoding: 'PKCS1' as const },
      key: { algorithm: 'Ed25519', size: 0 },
      encoding: 'PKCS8',
    },
  ])('for the key $privateKey is $key in $encoding', ({ privateKey, key, encoding }) => {
    const wish = read({ privateKey })
    expect(wish.wanted.key).toEqual(key)
    expect(wish.keyEncoding).toBe(encoding)
  })

  it('for a CA may sign, whatever usages it lists', () => {
    expect(read({ isCA: true }).wanted.usages).toEqual(['digital signature', 'key encipherment', 'cert sign'])
    expect(read({ isCA: true, usages: ['cert sign', 'crl sign'] }).wanted.usages).toEqual(['cert sign', 'crl sign'])
  })

  it('reads durations as Go writes them', () => {
    const wish = read({ duration: '36h', renewBefore: '1h30m' })
    expect([wish.wanted.lifetime, wish.renewBefore]).toEqual([hours(36), minutes(90)])
  })

  it('encodes a subject in the order of crypto/x509', () => {
    const subject = {
      serialNumber: '5',
      organizations: ['B', 'A'],
      countries: ['FR'],
      localities: ['Lyon'],
      provinces: ['P'],
      streetAddresses: ['S'],
      postalCodes: ['Z'],
      organizationalUnits: ['U'],
    }
    const levels = read({ subject, commonName: 'web' }).wanted.subject
    expect(levels.map((level) => level.map(({ oid, value }) => `${oid}=${value}`).join('+'))).toEqual([
      '2.5.4.6=FR',
      '2.5.4.10=B+2.5.4.10=A',
      '2.5.4.11=U',
      '2.5.4.7=Lyon',
      '2.5.4.8=P',
      '2.5.4.9=S',
      '2.5.4.17=Z',
      '2.5.4.3=web',
      '2.5.4.5=5',
    ])
  })

  it('reads a literal subject from its most general level down', () => {
    const [first, last] = read({ literalSubject: 'CN=web,O=Example' }).wanted.subject
    expect([first?.[0]?.value, last?.[0]?.value]).toEqual(['Example', 'web'])
  })

  it('gathers names of every type, in one spelling, each once', () => {
    const { names } = read({
      dnsNames: ['WWW.example.com', 'www.example.com'],
      ipAddresses: ['10.0.0.1', '2001:DB8:0::1'],
      uris: ['spiffe://a/b'],
      emailAddresses: ['a@example.com'],
      otherNames: [{ oid: '1.2.3', utf8Value: 'u' }],
    }).wanted
    expect(names).toEqual([
      { type: 'dns', value: 'www.example.com' },
      { type: 'ip', value: '10.0.0.1' },
      { type: 'ip', value: '2001:db8::1' },
      { type: 'uri', value: 'spiffe://a/b' },
      { type: 'email', value: 'a@example.com' },
      { type: 'other', oid: '1.2.3', value: 'u' },
    ])
  })

  it('completes name constraints', () => {
    const wish = read({ isCA: true, nameConstraints: { permitted: { dnsDomains: ['example.com'] } } })
    const none = { dnsDomains: [], ipRanges: [], emailAddresses: [], uriDomains: [] }
    expect(wish.wanted.nameConstraints).toEqual({
      critical: false,
      permitted: { ...none, dnsDomains: ['example.com'] },
      excluded: none,
    })
  })

  it.each([
    { spec: { literalSubject: 'CN' }, says: /^spec\.literalSubject is not an RFC 4514 name: / },
    {
      spec: { ipAddresses: ['10.0.0.1', '10.0.0.256'] },
      says: /^spec\.ipAddresses\[1\] is not an IP address: "10\.0\.0\.256"/,
    },
    { spec: { duration: '90d' }, says: /^spec\.duration is not a duration such as 2160h or 90m: / },
    { spec: { renewBefore: 'soon' }, says: /^spec\.renewBefore is not a duration/ },
  ])('that cannot be understood says where: $spec', ({ spec, says }) => {
    const wish = readWish({ ...baseSpec, ...spec })
    expect(wish.ok ? '' : wish.error).toMatch(says)
  })
})

describe('a change of the spec', () => {
  const base = { dnsNames: ['a.example', 'b.example'], usages: ['server auth', 'client auth'] as const }
  const changes: readonly { title: string; spec: Partial<CertificateSpec>; asks: boolean; rewrites: boolean }[] = [
    { title: 'of nothing', spec: {}, asks: false, rewrites: false },
    {
      title: 'of the order of names',
      spec: { dnsNames: ['b.example', 'a.example', 'A.example'] },
      asks: false,
      rewrites: false,
    },
    { title: 'of the order of usages', spec: { usages: ['client auth', 'server auth'] }, asks: false, rewrites: false },
    {
      title: 'to a default',
      spec: { duration: '2160h', deletionPolicy: 'Retain', isCA: false },
      asks: false,
      rewrites: false,
    },
    { title: 'of the time of renewal', spec: { renewBefore: '1h' }, asks: false, rewrites: false },
    {
      title: 'of the issuer (which the marks tell)',
      spec: { issuerRef: { ...caRef, name: 'b' } },
      asks: false,
      rewrites: false,
    },
    { title: 'of names', spec: { dnsNames: ['a.example'] }, asks: true, rewrites: false },
    { title: 'of the subject', spec: { commonName: 'a' }, asks: true, rewrites: false },
    { title: 'of the lifetime', spec: { duration: '1h' }, asks: true, rewrites: false },
    { title: 'of the key', spec: { privateKey: { algorithm: 'ECDSA', size: 384 } }, asks: true, rewrites: false },
    {
      title: 'of the encoding',
      spec: { privateKey: { algorithm: 'ECDSA', encoding: 'PKCS8' } },
      asks: false,
      rewrites: true,
    },
    { title: 'of the template', spec: { secretTemplate: { labels: { a: 'b' } } }, asks: false, rewrites: true },
    { title: 'of formats', spec: { additionalOutputFormats: [{ type: 'DER' }] }, asks: false, rewrites: true },
    { title: 'of what happens on deletion', spec: { deletionPolicy: 'Delete' }, asks: false, rewrites: true },
  ]
  it.each(changes)(
    '$title asks for a certificate: $asks, rewrites the Secret: $rewrites',
    ({ spec, asks, rewrites }) => {
      const [before, after] = [read(base), read({ ...base, ...spec })]
      expect(before.requestText !== after.requestText).toBe(asks)
      expect(before.outputsText !== after.outputsText).toBe(rewrites)
    },
  )
})
