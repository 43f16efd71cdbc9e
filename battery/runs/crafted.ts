/** Certificates that somebody could think of, each with what it is about. */
import type { JsonObject } from '../../src/std/json.ts'

const issuerRef = { name: 'ca' }
const many = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `n${i}.hostile.example`)

interface Crafted {
  readonly metadata?: JsonObject
  readonly spec: JsonObject
}

/** By name. The Secret is called like the Certificate where the spec names none. */
export const crafted: Readonly<Record<string, Crafted>> = {
  'names-100': { spec: { issuerRef, dnsNames: many(100) } },
  'names-1000': { spec: { issuerRef, dnsNames: many(1000) } },
  'names-doubled': { spec: { issuerRef, dnsNames: ['a.example', 'a.example', 'A.EXAMPLE'] } },
  'names-unicode': { spec: { issuerRef, dnsNames: ['b\u00fccher.example', '\u{1f512}.example'] } },
  'names-idn': {
    spec: { issuerRef, dnsNames: ['xn--bcher-kva.example', 'xn--.example', 'xn--99zzzzzzzzzzz.example'] },
  },
  'names-nul': { spec: { issuerRef, commonName: 'a\u0000b', dnsNames: ['a.example'] } },
  'subject-bidi': { spec: { issuerRef, commonName: '\u202eelpmaxe', dnsNames: ['a.example'] } },
  'subject-deep': { spec: { issuerRef, literalSubject: `CN=${'\\,'.repeat(60)}`, dnsNames: ['a.example'] } },
  'annotations-large': {
    metadata: { annotations: { note: 'x'.repeat(250_000) } },
    spec: { issuerRef, dnsNames: ['a.example'] },
  },
  'annotations-1mb': {
    metadata: { annotations: { note: 'x'.repeat(1_000_000) } },
    spec: { issuerRef, dnsNames: ['a.example'] },
  },
  'renew-odd': {
    metadata: { annotations: { 'perennial.dev/renew': '\u0000\u202e{{x}}' } },
    spec: { issuerRef, dnsNames: ['a.example'] },
  },
  // The CA's own Secret, as a target.
  'over-the-ca': { spec: { issuerRef, secretName: 'root', dnsNames: ['a.example'] } },
  'over-a-stranger': { spec: { issuerRef, secretName: 'stranger', dnsNames: ['a.example'] } },
  'same-secret-1': { spec: { issuerRef, secretName: 'same', dnsNames: ['a.example'] } },
  'same-secret-2': { spec: { issuerRef, secretName: 'same', dnsNames: ['b.example'] } },
  // An issuer whose CA is what it is to issue.
  circle: { spec: { issuerRef: { name: 'circle' }, isCA: true, commonName: 'Circle', dnsNames: [] } },
  'ring-1': { spec: { issuerRef: { name: 'ring-2' }, isCA: true, commonName: 'Ring 1', dnsNames: [] } },
  'ring-2': { spec: { issuerRef: { name: 'ring-1' }, isCA: true, commonName: 'Ring 2', dnsNames: [] } },
  elsewhere: { spec: { issuerRef: { name: 'r12/ca' }, dnsNames: ['a.example'] } },
  'of-nobody': { spec: { issuerRef: { name: 'nobody', kind: 'ClusterIssuer' }, dnsNames: ['a.example'] } },
  'of-strangers': { spec: { issuerRef: { name: 'ca', group: 'cert-manager.io' }, dnsNames: ['a.example'] } },
  'life-shortest': { spec: { issuerRef, duration: '1m', dnsNames: ['a.example'] } },
  'life-longest': { spec: { issuerRef, duration: '876000h', dnsNames: ['a.example'] } },
  'template-odd': {
    spec: {
      issuerRef,
      dnsNames: ['a.example'],
      secretTemplate: { labels: { 'perennial.dev/managed': 'no' }, annotations: { note: 'x'.repeat(100_000) } },
    },
  },
}

/** Issuers of type `ca` by name, each with the Secret that it names. */
export const craftedIssuers: Readonly<Record<string, string>> = {
  circle: 'circle',
  'ring-1': 'ring-1',
  'ring-2': 'ring-2',
}
