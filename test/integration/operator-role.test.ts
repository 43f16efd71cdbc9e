/** The operator with the role that the installation page gives it, and nothing more. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { makeResponder } from '../support/challengeworld.ts'
import { Namespace, installCrds, makeAuthority, until } from '../support/cluster.ts'
import type { Seen, SeenEvent } from '../support/cluster.ts'
import { startControlPlane } from '../support/controlplane.ts'
import type { ControlPlane } from '../support/controlplane.ts'
import { gatewayApi } from '../support/gateway-api.ts'
import { startOperator } from '../support/operator.ts'
import type { RunningOperator } from '../support/operator.ts'
import { startPebble } from '../support/pebble.ts'
import type { Pebble } from '../support/pebble.ts'
import { startTimeout, testTimeout } from '../support/operatorworld.ts'

let plane: ControlPlane
let operator: RunningOperator
let ns: Namespace
let pebble: Pebble

/** What the page has people apply, without the Deployment, which needs nodes. */
function manifests(): string {
  const [, text = ''] = /```yaml\n([^]*?)```/.exec(readFileSync('docs/install.md', 'utf8')) ?? []
  const items = parseAllDocuments(text).map((document) => document.toJS() as { readonly kind: string })
  const wanted = /^(?:Namespace|ServiceAccount|ClusterRole|ClusterRoleBinding|Role|RoleBinding)$/
  const kept = items.filter((item) => wanted.test(item.kind))
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: kept })
}

async function kubeconfigOfServiceAccount(): Promise<string> {
  const token = await plane.kubectl(['create', 'token', 'perennial', '-n', 'perennial'])
  const path = join(plane.directory, 'role.kubeconfig')
  const cluster = { server: plane.url, 'certificate-authority-data': Buffer.from(plane.ca).toString('base64') }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'it',
    contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
    clusters: [{ name: 'it', cluster }],
    users: [{ name: 'it', user: { token: token.trim() } }],
  }
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 })
  return path
}

beforeAll(async () => {
  plane = await startControlPlane()
  await installCrds(plane)
  await plane.kubectl(['apply', '--server-side', '-f', '-'], gatewayApi)
  await plane.kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all'])
  await plane.kubectl(['apply', '-f', '-'], manifests())
  // The API server learns of a role a moment after it is written.
  const question = ['auth', 'can-i', 'list', 'secrets', '-A', '--as=system:serviceaccount:perennial:perennial']
  await until('the role counts', () =>
    plane.kubectl(question).then(
      () => true,
      () => undefined,
    ),
  )
  const kubeconfig = await kubeconfigOfServiceAccount()
  operator = await startOperator({
    kubeconfig,
    flags: [
      '--leader-election=true',
      '--leader-election-namespace=perennial',
      '--allow-addresses=127.0.0.0/8',
      '--http01-self-check=false',
    ],
  })
  pebble = await startPebble({ httpPort: 1, alwaysValid: true, authzReuse: 0 })
  ns = await Namespace.make(plane, 'role')
  await makeAuthority(ns)
}, startTimeout)

afterAll(async () => {
  await operator?.stop()
  await pebble?.stop()
  await ns?.close()
  await plane?.stop()
}, testTimeout)

const somePath = { path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }
const ingressClass = JSON.stringify({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name: 'nginx' },
  spec: { controller: 'example.com/ingress' },
})

describe('the role of the installation page', () => {
  it(
    'lets Ingresses and Gateways have certificates, and lets them go',
    async () => {
      await plane.kubectl(['apply', '-n', ns.name, '-f', 'examples/50-ingress.yaml', '-f', 'examples/51-gateway.yaml'])
      for (const secret of ['shop-tls', 'api-tls', 'edge-tls', 'routed-tls']) await ns.secretWhere(secret, () => true)
      await ns.patch('ingresses', 'shop', { metadata: { annotations: { 'perennial.dev/duration': '48h' } } })
      await until('the Certificate follows', async () => {
        const seen = await ns.seenCertificate('shop-tls')
        return seen?.spec['duration'] === '48h' ? true : undefined
      })
      await ns.patch('ingresses', 'shop', { metadata: { annotations: { 'perennial.dev/issuer': null } } })
      const reasons = await until('the Certificate goes', async () => {
        const events = (await ns.list<SeenEvent>('events')).map(({ reason }) => reason)
        return events.includes('CertificateDeleted') ? events : undefined
      })
      expect(reasons).not.toContain('CertificateRefused')
      expect(operator.log()).not.toMatch(/forbidden|must allow/)
    },
    testTimeout,
  )

  it(
    'lets challenges have routes of every kind, and has them taken away',
    async () => {
      const own = Namespace.of(plane, 'perennial')
      await makeResponder(own, 8089)
      await own.close()
      const rules = [{ host: 'web.example', http: { paths: [somePath] } }]
      await ns.create('ingresses', { metadata: { name: 'web' }, spec: { rules } })
      await plane.kubectl(['apply', '-f', '-'], ingressClass)
      const ways = {
        made: { ingress: { ingressClassName: 'nginx' } },
        edited: { ingress: { name: 'web' } },
        routed: { gatewayHTTPRoute: { parentRefs: [{ name: 'edge' }] } },
      }
      for (const [name, http01] of Object.entries(ways)) {
        const { directoryUrl: server, caBundle } = pebble
        await ns.issuer(name, {
          acme: { server, caBundle, privateKeySecretRef: { name: `${name}-account` }, solvers: [{ http01 }] },
        })
        await ns.certificate(name, { issuerRef: { name, kind: 'Issuer', group: 'perennial.dev' } })
        await ns.ready(name)
      }
      await until('the routes go', async () => {
        const lists = await Promise.all(
          (['ingresses', 'httproutes', 'services', 'endpointslices'] as const).map((kind) => ns.list<Seen>(kind)),
        )
        const left = lists.flat().filter(({ metadata }) => metadata.labels?.['perennial.dev/challenge'] !== undefined)
        return left.length === 0 ? true : undefined
      })
      expect(operator.log()).not.toMatch(/forbidden/)
    },
    testTimeout,
  )
})
