/** What the demo applies: examples/ as it lies there, and certificates that live so short that one can watch them renew. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { AcmeAuthority } from './authorities/acme.ts'
import { certificateOf } from './authorities/authority.ts'
import type { Authority, Manifest } from './authorities/authority.ts'

export const namespace = 'demo'

/** They live a minute, which is as short as the API allows; their issuers are those of examples/. */
const blinks = [
  certificateOf({ name: 'blink', issuer: 'ca', spec: { duration: '1m' } }),
  certificateOf({ name: 'self', issuer: 'selfsigned', spec: { duration: '1m' } }),
]

/** Of examples/: asks Pebble here, whose certificates live two minutes. */
const acmeExample = 'www'

/** @returns the names of the Certificates that are not long before they are renewed */
export const soonRenewed = (authorities: readonly Authority[]): readonly string[] => [
  acmeExample,
  ...[...blinks, ...authorities.flatMap((authority) => authority.manifests)]
    .filter(({ kind }) => kind === 'Certificate')
    .map(({ metadata }) => metadata.name),
]

/**
 * The examples, with one change: an ACME issuer names the server in this demo. Files whose CA is somewhere else, at a name that
 * is to be filled in, and those that need more of a cluster, are left out; the authorities of the demo bring manifests of their own for those protocols.
 *
 * @returns one JSON document with everything, for `kubectl apply -f -`
 */
export function manifests(acme: AcmeAuthority, others: readonly Authority[]): string {
  const own = others.flatMap((authority) => authority.manifests)
  const items = [...examples().map((one) => acme.retargeted(one)), ...blinks, ...own]
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}

function examples(): readonly Manifest[] {
  const files = readdirSync('examples').filter((name) => name.endsWith('.yaml'))
  return files.sort().flatMap((name) => {
    const documents = parseAllDocuments(readFileSync(join('examples', name), 'utf8'))
    const manifestsOf = documents.map((document) => document.toJS() as Manifest)
    return manifestsOf.some(isElsewhere) ? [] : manifestsOf
  })
}

/**
 * Whether it needs what the demo has not got: a CA that it cannot put another one in the place of, a kind that is not installed,
 * something that routes HTTP or TLS, a zone of DNS; or whether it would take away what is to be watched.
 */
const isElsewhere = ({ apiVersion, kind, spec = {} }: Manifest): boolean =>
  apiVersion.startsWith('gateway.networking.k8s.io/') ||
  kind === 'CertificateRevocation' ||
  /"(?:ingress|gatewayHTTPRoute|tlsAlpn01|dns01|dnsPersist01)":/.test(JSON.stringify(spec['acme'] ?? {})) ||
  (kind.endsWith('Issuer') && !['acme', 'ca', 'selfSigned'].some((member) => member in spec))
