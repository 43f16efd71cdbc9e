/** What the demo applies: examples/ as it lies there, and certificates that live so short that one can watch them renew. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { Pebble } from '../test/support/pebble.ts'

export const namespace = 'demo'

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly spec?: Readonly<Record<string, unknown>>
}

/** Lifetime of what Pebble issues, in seconds: it renews at two thirds of that. */
export const acmeLifetime = 120

/** Lives a minute, which is as short as the API allows; the CA issuer is the one of examples/. */
const blink = {
  apiVersion: 'perennial.dev/v1',
  kind: 'Certificate',
  metadata: { name: 'blink' },
  spec: {
    secretName: 'blink-tls',
    issuerRef: { name: 'ca' },
    dnsNames: ['blink.example.internal'],
    duration: '1m',
    privateKey: { algorithm: 'ECDSA' },
  },
} as const satisfies Manifest

/**
 * The examples, with one change: an ACME issuer names the server in this demo instead of the one in the file, because Let's
 * Encrypt cannot reach this machine.
 *
 * @returns one JSON document with everything, for `kubectl apply -f -`
 */
export function manifests({ directoryUrl, caBundle }: Pebble): string {
  const local = { server: directoryUrl, caBundle: Buffer.from(caBundle).toString('base64') }
  const items = [...examples().map((one) => retargeted(one, local)), blink]
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}

function examples(): readonly Manifest[] {
  const files = readdirSync('examples').filter((name) => name.endsWith('.yaml'))
  return files.sort().flatMap((name) => {
    const documents = parseAllDocuments(readFileSync(join('examples', name), 'utf8'))
    return documents.map((document) => document.toJS() as Manifest)
  })
}

function retargeted(manifest: Manifest, local: { readonly server: string; readonly caBundle: string }): Manifest {
  const acme = manifest.spec?.['acme']
  if (!manifest.kind.endsWith('Issuer') || typeof acme !== 'object') return manifest
  const { server, caBundle } = local
  return { ...manifest, spec: { ...manifest.spec, acme: { ...acme, server }, tls: { caBundle } } }
}
