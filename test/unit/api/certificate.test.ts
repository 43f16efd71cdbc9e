import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { certificateKind, parseCertificate } from '../../../src/api/certificate.ts'
import type { Certificate } from '../../../src/api/certificate.ts'
import type { JsonObject } from '../../../src/std/json.ts'
import { manifest } from '../../support/rulesamples.ts'

const parsed = (object: unknown): Certificate => {
  const result = parseCertificate(object)
  if (!result.ok) throw new Error(result.error)
  return result.value
}

const complaint = (object: unknown): string => {
  const result = parseCertificate(object)
  return result.ok ? 'accepted' : result.error
}

const withSpec = (patch: JsonObject): JsonObject => manifest(certificateKind, patch)

/** Every field that cert-manager.io/v1 has and Perennial too, in a manifest as its users write them. */
const everything: JsonObject = {
  secretName: 'web-tls',
  issuerRef: { name: 'ca', kind: 'ClusterIssuer', group: 'perennial.dev' },
  fallbackIssuerRefs: [{ name: 'other' }],
  commonName: 'www.example.com',
  subject: {
    organizations: ['Example'],
    countries: ['FR'],
    organizationalUnits: ['Web'],
    localities: ['Paris'],
    provinces: ['IDF'],
    streetAddresses: ['1 rue'],
    postalCodes: ['75001'],
    serialNumber: '7',
  },
  dnsNames: ['www.example.com', '*.example.com'],
  ipAddresses: ['192.0.2.1', '2001:db8::1'],
  uris: ['spiffe://cluster.local/ns/web'],
  emailAddresses: ['web@example.com'],
  otherNames: [{ oid: '1.3.6.1.4.1.311.20.2.3', utf8Value: 'web@example.com' }],
  duration: '2160h',
  renewBefore: '360h',
  usages: ['server auth', 'client auth'],
  encodeUsagesInRequest: true,
  isCA: true,
  nameConstraints: {
    critical: true,
    permitted: { dnsDomains: ['example.com'], ipRanges: ['10.0.0.0/8'] },
    excluded: { emailAddresses: ['.example.org'], uriDomains: ['example.org'] },
  },
  privateKey: { algorithm: 'ECDSA', size: 256, encoding: 'PKCS8', rotationPolicy: 'Always' },
  signatureAlgorithm: 'ECDSAWithSHA256',
  keystores: {
    jks: { create: true, alias: 'web', passwordSecretRef: { name: 'password', key: 'value' } },
    pkcs12: { create: true, profile: 'Modern2023', password: 'changeit' },
  },
  additionalOutputFormats: [{ type: 'DER' }, { type: 'CombinedPEM' }],
  secretTemplate: { labels: { team: 'web' }, annotations: { 'example.com/owner': 'The web team' } },
  revisionHistoryLimit: 3,
  deletionPolicy: 'Delete',
  revocationPolicy: { onDelete: 'Revoke', onSupersede: { after: '24h' } },
}

describe('a Certificate', () => {
  it('may use every field', () => {
    expect(parsed(withSpec(everything)).spec).toEqual({
      ...everything,
      fallbackIssuerRefs: [{ name: 'other', kind: 'Issuer', group: 'perennial.dev' }],
    })
  })

  it('gets the kind and group of its issuer filled in, and nothing else', () => {
    expect(parsed(withSpec({})).spec).toEqual({
      ...certificateKind.example,
      issuerRef: { name: 'ca', kind: 'Issuer', group: 'perennial.dev' },
    })
  })

  it('keeps the metadata that the server gave it', () => {
    const metadata = {
      name: 'a',
      uid: 'u',
      generation: 3,
      labels: { a: 'b' },
      deletionTimestamp: '2026-11-23T12:00:00Z',
    }
    expect(parsed({ ...withSpec({}), metadata }).metadata).toEqual(metadata)
  })

  it.each(['5m', '1m', '876000h'])('may live for %s', (duration) => {
    expect(complaint(withSpec({ duration }))).toBe('accepted')
  })

  it.each(['0s', '-5m', '59s', '876001h', '90d', 'forever'])('may not live for %s', (duration) => {
    expect(complaint(withSpec({ duration }))).toMatch(/^In spec\.duration: This is not a duration from 1m to 876000h/)
  })

  it('may carry a thousand names and not one more', () => {
    const dnsNames = Array.from({ length: 1000 }, (_, i) => `host-${i}.example.com`)
    expect(complaint(withSpec({ dnsNames }))).toBe('accepted')
    expect(complaint(withSpec({ dnsNames: [...dnsNames, 'one.more'] }))).toMatch(/^In spec\.dnsNames: /)
  })

  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    ['nothing', null, /not an object/],
    ['a list', [], /not an object/],
    ['an empty object', {}, /^In apiVersion: .* In kind: .* In metadata: has no name or is not an object\.$/],
    [
      'very many bad names',
      withSpec({ dnsNames: Array.from({ length: 30 }, (_, index) => `b_${index}.example`) }),
      /^In spec\.dnsNames\[0\]: .* In spec\.dnsNames\[4\]: [^\]]* There are 25 more complaints\.$/,
    ],
    ['no name', { ...withSpec({}), metadata: {} }, /^In metadata: has no name/],
    ['no spec', { ...withSpec({}), spec: undefined }, /^In spec: /],
    ['a misspelt choice', withSpec({ privateKey: { algorithm: 'rsa' } }), /^In spec\.privateKey\.algorithm: /],
    ['a bad name among good ones', withSpec({ dnsNames: ['a.example', 'b_c.example'] }), /^In spec\.dnsNames\[1\]: /],
    ['no name at all', withSpec({ dnsNames: null }), /^In spec: A certificate needs a name/],
    ['a number for a text', withSpec({ secretName: 7 }), /^In spec\.secretName: .*string/],
  ]
  it.each(wrong)('with %s is refused with its place', (_what, object, sentence) => {
    expect(complaint(object)).toMatch(sentence)
  })

  it('with a status that cannot be understood is read without it', () => {
    const status = { notAfter: 7, conditions: 'none' }
    expect(parsed({ ...withSpec({}), status })).not.toHaveProperty('status')
  })

  it('keeps what a protocol remembers in its ticket as it is', () => {
    const ticket = {
      version: 1,
      phase: 'challenges',
      state: { orderUrl: 'https://ca/order/1', tries: [1, { a: null }] },
    }
    const enrollment = {
      protocol: 'acme',
      phase: 'challenges',
      startedAt: '2026-11-23T12:00:00Z',
      requestHash: 'h',
      issuer: 'uid/1',
      keyHash: 'k',
      ticket,
    }
    expect(parsed({ ...withSpec({}), status: { enrollment } }).status?.enrollment).toEqual(enrollment)
  })

  it('never throws, whatever it is given', () => {
    const anySpec = fc.object({ key: fc.constantFrom(...Object.keys(everything), 'name', 'size', 'x'), maxDepth: 4 })
    fc.assert(
      fc.property(fc.anything(), anySpec, (whole, spec) => {
        for (const object of [whole, { ...withSpec({}), spec }, { ...withSpec({}), status: spec }]) {
          const result = parseCertificate(object)
          if (!result.ok) expect(result.error).toMatch(/\.$/)
        }
      }),
    )
  })

  it('never throws when one part of a good one is replaced by something else', () => {
    const anyPatch = fc.dictionary(fc.constantFrom(...Object.keys(everything)), fc.jsonValue(), { maxKeys: 3 })
    fc.assert(
      fc.property(anyPatch, (patch) => {
        const spec = { ...everything, ...patch }
        const result = parseCertificate({ ...withSpec({}), spec })
        if (!result.ok) expect(result.error).toMatch(/^In spec/)
      }),
    )
  })
})
