/** Certificates for tests of the inventory, made from a few words. */
import type { CertificateFacts } from '../../src/domain/facts.ts'
import { inventoryItem } from '../../src/domain/inventory/item.ts'
import type { InventoryItem, ItemSource, Management } from '../../src/domain/inventory/item.ts'
import { judge } from '../../src/domain/inventory/query.ts'
import type { JudgedItem } from '../../src/domain/inventory/query.ts'
import type { DistinguishedName } from '../../src/domain/wanted.ts'
import { days, instant, minus, plus } from '../../src/std/time.ts'

export const now = instant(Date.parse('2026-11-24T00:00:00Z'))

export const named = (commonName: string): DistinguishedName => [[{ oid: '2.5.4.3', value: commonName }]]

const authority = named('Example CA')

/** A good certificate of 90 days, a third of them gone. */
export function facts(changes: Partial<CertificateFacts> = {}): CertificateFacts {
  return {
    serialNumber: '0A',
    fingerprint: 'f'.repeat(64),
    subject: named('web.example'),
    issuer: authority,
    names: [{ type: 'dns', value: 'web.example' }],
    notBefore: minus(now, days(30)),
    notAfter: plus(now, days(60)),
    key: { algorithm: 'ECDSA', size: 256 },
    publicKeyHash: 'a'.repeat(64),
    usages: ['digital signature', 'server auth'],
    isCA: false,
    signatureHash: 'sha256',
    subjectKeyId: '01',
    authorityKeyId: 'ca',
    selfSigned: false,
    ...changes,
  }
}

export function authorityFacts(changes: Partial<CertificateFacts> = {}): CertificateFacts {
  return facts({
    subject: authority,
    issuer: named('Example Root'),
    names: [],
    isCA: true,
    subjectKeyId: 'ca',
    authorityKeyId: 'root',
    notAfter: plus(now, days(3650)),
    ...changes,
  })
}

export const management = (changes: Partial<Management> = {}): Management => ({
  uid: 'uid',
  waits: undefined,
  windowsIgnored: undefined,
  issuer: { kind: 'Issuer', name: 'ca' },
  protocol: 'ca',
  renewalTime: plus(now, days(30)),
  revision: 1,
  past: [],
  message: 'The certificate is good.',
  failure: undefined,
  enrollment: undefined,
  violations: [],
  ...changes,
})

/** Managed and ready, unless told otherwise. */
export function item(changes: Partial<ItemSource> = {}): InventoryItem {
  const name = changes.name ?? 'web'
  return inventoryItem({
    kind: 'Certificate',
    namespace: 'shop',
    name,
    entry: '',
    secretName: `${name}-tls`,
    state: 'ready',
    owner: undefined,
    facts: facts(),
    chain: [authorityFacts()],
    unreadAbove: 0,
    others: 0,
    unreadable: undefined,
    management: management(),
    ...changes,
  })
}

export const foundItem = (changes: Partial<ItemSource> = {}): InventoryItem =>
  item({ kind: 'Secret', state: 'found', management: undefined, ...changes })

export const judging = { now, placesOf: () => 1 }

export const judged = (...items: readonly InventoryItem[]): readonly JudgedItem[] => judge(items, judging)
