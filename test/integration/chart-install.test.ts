/** The chart on a real API server: the operator runs with its flags, as its ServiceAccount, with its roles and no others. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { CertificateSpec } from '../../src/api/certificate.ts'
import { Namespace, makeAuthority, until } from '../support/cluster.ts'
import type { Seen, SeenEvent } from '../support/cluster.ts'
import { experimentalListenerSets } from '../support/gateway-api.ts'
import { home, openChartWorld } from '../support/chartworld.ts'
import type { ChartWorld } from '../support/chartworld.ts'
import type { RunningOperator } from '../support/operator.ts'
import { startTimeout, testTimeout } from '../support/operatorworld.ts'
import { startPebble } from '../support/pebble.ts'
import type { Pebble } from '../support/pebble.ts'

let world: ChartWorld
let operator: RunningOperator
let pebble: Pebble
let ns: Namespace
let notes: string

const values = {
  http01: { selfCheck: false },
  config: { 'allow-addresses': '127.0.0.0/8', 'discovery-interval': '1s' },
}
const issuerRef = (name: string, kind: 'Issuer' | 'ClusterIssuer' = 'Issuer'): CertificateSpec['issuerRef'] => ({
  name,
  kind,
  group: 'perennial.dev',
})

beforeAll(async () => {
  world = await openChartWorld()
  notes = await world.apply(values)
  operator = await world.run()
  pebble = await startPebble({ httpPort: 1, alwaysValid: true, authzReuse: 0 })
  ns = await Namespace.make(world.plane, 'shop')
}, startTimeout)

afterAll(async () => {
  await operator?.stop()
  await pebble?.stop()
  await ns?.close()
  await world?.close()
}, testTimeout)

const somePath = { path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }

async function acmeIssuer(name: string, http01: object): Promise<void> {
  const { directoryUrl: server, caBundle } = pebble
  await ns.issuer(name, {
    acme: { server, caBundle, privateKeySecretRef: { name: `${name}-account` }, solvers: [{ http01 }] },
  })
}

describe('the chart', () => {
  it(
    'gets two pods past restricted Pod Security, and says what to do next',
    async () => {
      expect(notes).toContain('rollout status deployment/perennial')
      await until('two pods', async () => ((await world.pods()).length === 2 ? true : undefined))
    },
    testTimeout,
  )

  it(
    'lets a CA of this cluster issue, for a namespace and for all of them',
    async () => {
      await makeAuthority(ns)
      await world.plane.kubectl(['apply', '-f', '-'], clusterAuthority)
      await world.own.ready('root')
      await ns.certificate('web', { issuerRef: issuerRef('everywhere', 'ClusterIssuer') })
      expect((await ns.ready('web')).status?.revision).toBe(1)
    },
    testTimeout,
  )

  it(
    'lets the roots of a CA be published, followed and taken back',
    async () => {
      const bundle = ['get', 'clustertrustbundle', 'clusterissuers.perennial.dev:everywhere:ca', '-o', 'yaml']
      const seen = await until('the bundle', () => world.plane.kubectl(bundle).catch(() => undefined))
      expect(seen).toContain('signerName: clusterissuers.perennial.dev/everywhere')
      await world.plane.kubectl(['get', 'configmap', 'roots', '-n', home])
      await world.own.patch('certificates', 'root', { metadata: { annotations: { 'perennial.dev/renew': 'now' } } })
      await until('two roots', async () => {
        const text = await world.plane.kubectl(bundle)
        return text.match(/BEGIN CERTIFICATE/g)?.length === 2 ? true : undefined
      })
      const gone = JSON.stringify({ spec: { trustBundle: null } })
      await world.plane.kubectl(['patch', 'clusterissuer', 'everywhere', '--type=merge', '-p', gone])
      await until('the bundle goes', () =>
        world.plane.kubectl(bundle).then(
          () => undefined,
          () => true,
        ),
      )
      expect(operator.log()).not.toMatch(/forbidden|must allow/)
    },
    testTimeout,
  )

  it(
    'lets Ingresses, Gateways and their routes have certificates, and lets them go',
    async () => {
      await world.plane.kubectl([
        'apply',
        '-n',
        ns.name,
        '-f',
        'examples/50-ingress.yaml',
        '-f',
        'examples/51-gateway.yaml',
      ])
      await world.plane.kubectl(['apply', '-n', ns.name, '-f', '-'], listenerSet('gateway.networking.k8s.io/v1'))
      for (const secret of ['shop-tls', 'api-tls', 'edge-tls', 'routed-tls', 'more-tls'])
        await ns.secretWhere(secret, () => true)
      const wait = ['wait', '-n', ns.name, '--for=condition=perennial.dev/Accepted', '--timeout=60s']
      await world.plane.kubectl([...wait, 'gateways/edge', 'listenersets/more'])
      await ns.patch('ingresses', 'shop', { metadata: { annotations: { 'perennial.dev/issuer': null } } })
      await until('the Certificate goes', async () => {
        const events = (await ns.list<SeenEvent>('events')).map(({ reason }) => reason)
        return events.includes('CertificateDeleted') ? true : undefined
      })
      expect(operator.log()).not.toMatch(/forbidden|must allow/)
    },
    testTimeout,
  )

  it(
    'lets challenges have routes of every kind, and has them taken away',
    async () => {
      const rules = [{ host: 'web.example', http: { paths: [somePath] } }]
      await ns.create('ingresses', { metadata: { name: 'web' }, spec: { rules } })
      await world.plane.kubectl(['apply', '-f', '-'], ingressClass)
      await acmeIssuer('made', { ingress: { ingressClassName: 'nginx' } })
      await acmeIssuer('edited', { ingress: { name: 'web' } })
      await acmeIssuer('routed', { gatewayHTTPRoute: { parentRefs: [{ name: 'edge' }] } })
      for (const name of ['made', 'edited', 'routed']) {
        await ns.certificate(name, { issuerRef: issuerRef(name) })
        await ns.ready(name)
      }
      await until('the routes go', async () => {
        const lists = await Promise.all(
          (['ingresses', 'httproutes', 'services', 'endpointslices'] as const).map((kind) => ns.list<Seen>(kind)),
        )
        const left = lists.flat().filter(({ metadata }) => metadata.labels?.['perennial.dev/challenge'] !== undefined)
        return left.length === 0 ? true : undefined
      })
      expect(operator.log()).not.toMatch(/forbidden|must allow/)
    },
    testTimeout,
  )

  it(
    'lets policies be judged by, and be told whom they concern',
    async () => {
      await world.plane.kubectl(['apply', '-f', 'examples/70-policy.yaml'])
      const told = ['wait', '--for=condition=Ready', '--timeout=60s', 'certificatepolicy', 'prod', 'watch-weak']
      await world.plane.kubectl(told)
      const judged = await ns.told('web', { type: 'Compliant' })
      expect(judged.status?.policy?.judgedBy).toEqual(['watch-weak'])
    },
    testTimeout,
  )

  it(
    'lets what is deleted take its Secret and its trust along',
    async () => {
      await ns.certificate('brief', {
        issuerRef: issuerRef('made'),
        deletionPolicy: 'Delete',
        revocationPolicy: { onDelete: 'Revoke' },
      })
      await ns.ready('brief')
      await world.plane.kubectl(['delete', 'certificates.perennial.dev', 'brief', '-n', ns.name])
      await until('the Secret goes', async () => ((await ns.seenSecret('brief')) === undefined ? true : undefined))
      await ns.create('certificaterevocations', {
        apiVersion: 'perennial.dev/v1',
        kind: 'CertificateRevocation',
        metadata: { name: 'passing' },
        spec: { certificateRef: { name: 'made' }, reason: 'superseded', ttlAfterRevoked: '1s' },
      })
      await until('the order goes', async () => ((await ns.seenRevocation('passing')) === undefined ? true : undefined))
      expect((await ns.list<SeenEvent>('events')).map(({ reason }) => reason)).toContain('Issued')
    },
    testTimeout,
  )

  it(
    'lets the next leader take over, in a cluster that has the experimental kind of listener sets',
    async () => {
      await operator.stop()
      await world.plane.kubectl(['delete', 'crd', 'listenersets.gateway.networking.k8s.io'])
      await world.plane.kubectl(['apply', '--server-side', '-f', '-'], experimentalListenerSets)
      await world.plane.kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all'])
      operator = await world.run()
      await world.plane.kubectl(
        ['apply', '-n', ns.name, '-f', '-'],
        listenerSet('gateway.networking.x-k8s.io/v1alpha1'),
      )
      const wait = ['wait', '-n', ns.name, '--for=condition=perennial.dev/Accepted', '--timeout=60s']
      await world.plane.kubectl([...wait, 'xlistenersets.gateway.networking.x-k8s.io/more'])
      await until('it leads', async () => ((await operator.metric('perennial_leader')) === 1 ? true : undefined))
      expect(operator.log()).not.toMatch(/forbidden|must allow/)
    },
    testTimeout,
  )

  it(
    'grants what is used and nothing else',
    async () => {
      expect(operator.log()).toMatch(/"services":\["10\.0\.0\.0\//)
      const [used, granted] = [world.audit.used(), await world.granted()]
      expect([...world.audit.refused()]).toEqual([])
      expect([...used].filter((deed) => !granted.has(deed))).toEqual([])
      // Admission asks for it when a ClusterTrustBundle is written; nobody requests it.
      expect([...granted].filter((deed) => !used.has(deed))).toEqual(['attest signers.certificates.k8s.io'])
    },
    testTimeout,
  )

  it(
    'leaves the kinds and every Secret when it is uninstalled',
    async () => {
      const before = (await ns.secrets()).map(({ metadata }) => metadata.name)
      await operator.stop()
      await world.uninstall()
      expect((await ns.secrets()).map(({ metadata }) => metadata.name)).toEqual(before)
      expect(await world.plane.kubectl(['get', 'crd', '-o', 'name'])).toContain('certificates.perennial.dev')
      expect(await world.roles()).toEqual([])
    },
    testTimeout,
  )
})

/** @param apiVersion - of the standard channel, or of the experimental one */
const listenerSet = (apiVersion: string): string =>
  JSON.stringify({
    apiVersion,
    kind: apiVersion.includes('x-k8s') ? 'XListenerSet' : 'ListenerSet',
    metadata: { name: 'more', annotations: { 'perennial.dev/issuer': 'ca' } },
    spec: {
      listeners: [
        {
          name: 'https',
          protocol: 'HTTPS',
          port: 443,
          hostname: 'more.example',
          tls: { certificateRefs: [{ name: 'more-tls' }] },
        },
      ],
    },
  })

const ingressClass = JSON.stringify({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name: 'nginx' },
  spec: { controller: 'example.com/ingress' },
})

const clusterAuthority = `
apiVersion: perennial.dev/v1
kind: ClusterIssuer
metadata: {name: selfsigned}
spec: {selfSigned: {}}
---
apiVersion: perennial.dev/v1
kind: Certificate
metadata: {name: root, namespace: ${home}}
spec:
  secretName: root
  commonName: Root of everything
  isCA: true
  duration: 87600h
  issuerRef: {name: selfsigned, kind: ClusterIssuer}
---
apiVersion: perennial.dev/v1
kind: ClusterIssuer
metadata: {name: everywhere}
spec:
  ca: {secretName: root}
  trustBundle: {configMap: {name: roots}, clusterTrustBundle: true}
`
