/** What people and accidents leave in Secrets that issuers and Certificates name. */
import { randomBytes } from 'node:crypto'
import { someCa } from '../../test/support/ca-material.ts'
import { tlsCa, tlsLeaf } from '../../test/support/tls.ts'

export type Entries = Readonly<Record<string, string | Uint8Array>>

/** Just under what the API server lets a Secret hold. */
const most = 1_000_000

const pemOf = (body: string): string => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`

/** Pairs of a CA as a `ca` issuer is to find them, by what is wrong with them. */
export async function hostilePairs(): Promise<Readonly<Record<string, Entries>>> {
  const [one, other] = [await someCa('One'), await someCa('Other')]
  const { certificate, key } = await tlsLeaf({
    ca: await tlsCa('Leaf'),
    names: [{ type: 'dns', value: 'leaf.example' }],
  })
  const crt = one.secret['tls.crt'] ?? ''
  const theirs = other.secret['tls.key'] ?? ''
  return {
    empty: {},
    'empty-entries': { 'tls.crt': '', 'tls.key': '' },
    'no-key': { 'tls.crt': crt },
    'key-of-another': { 'tls.crt': crt, 'tls.key': theirs },
    exchanged: { 'tls.crt': theirs, 'tls.key': crt },
    leaf: { 'tls.crt': certificate, 'tls.key': key },
    text: { 'tls.crt': 'see the wiki', 'tls.key': 'see the wiki' },
    binary: { 'tls.crt': randomBytes(100_000), 'tls.key': randomBytes(100_000) },
    truncated: { 'tls.crt': String(crt).slice(0, 300), 'tls.key': theirs },
    'huge-body': { 'tls.crt': pemOf('A'.repeat(most - 1000)), 'tls.key': theirs },
    'huge-count': { 'tls.crt': pemOf('AAAA').repeat(15_000), 'tls.key': theirs },
    'many-copies': { 'tls.crt': String(Buffer.from(crt)).repeat(1000), 'tls.key': theirs },
    'dashes-only': { 'tls.crt': '-'.repeat(most), 'tls.key': theirs },
  }
}

/** Of a Secret that carries the mark of the operator, and nothing that it wrote. */
export const hostileMarked: Readonly<Record<string, Entries>> = {
  nothing: {},
  junk: { 'tls.crt': 'junk', 'tls.key': 'junk' },
  binary: { 'tls.crt': randomBytes(50_000), 'tls.key': randomBytes(50_000), 'ca.crt': randomBytes(50_000) },
  huge: { 'tls.crt': pemOf('A'.repeat(most - 1000)) },
}
