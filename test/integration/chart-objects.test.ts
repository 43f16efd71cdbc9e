/** Every object that the chart can render is held by a real API server to the schema of its kind, strictly. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startControlPlane } from '../support/controlplane.ts'
import type { ControlPlane } from '../support/controlplane.ts'
import { render } from '../support/helm.ts'
import { startTimeout, testTimeout } from '../support/operatorworld.ts'
import { installPublished, prometheusOperatorKinds } from '../support/published.ts'

let plane: ControlPlane

beforeAll(async () => {
  plane = await startControlPlane()
  await installPublished(plane, prometheusOperatorKinds)
  for (const name of ['perennial', 'shop']) await plane.kubectl(['create', 'namespace', name])
}, startTimeout)

afterAll(() => plane?.stop(), testTimeout)

/** Everything that can be switched on. */
const everything = {
  config: { 'log-level': 'debug' },
  ingress: { certManagerAnnotations: true, defaultIssuer: 'ClusterIssuer/house' },
  tlsAlpn01: { enabled: true, serviceAnnotations: { a: 'b' } },
  web: { enabled: true, inventory: 'all', from: [{ podSelector: {} }] },
  dns01: { webhookGroups: ['acme.example.com'] },
  metrics: {
    serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
    podMonitor: { enabled: true },
    prometheusRule: { enabled: true },
    dashboard: { enabled: true },
  },
  networkPolicy: { metricsFrom: [{ namespaceSelector: {} }], egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] },
  priorityClassName: 'system-cluster-critical',
  tolerations: [{ operator: 'Exists' }],
  affinity: { nodeAffinity: {} },
  dnsPolicy: 'None',
  dnsConfig: { nameservers: ['192.0.2.53'] },
  topologySpread: [
    {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: { a: 'b' } },
    },
  ],
  podLabels: { a: 'b' },
  podAnnotations: { a: 'b' },
  extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }],
  volumes: [{ name: 'more', emptyDir: {} }],
  volumeMounts: [{ name: 'more', mountPath: '/more' }],
  extraObjects: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'more' }, data: { a: 'b' } }],
}

describe('the objects of the chart', () => {
  it.each([
    ['with nothing said', {}],
    ['with everything switched on', everything],
    ['for some namespaces only', { namespaces: ['shop'] }],
  ])(
    '%s are taken by the API server, with no member that it does not know',
    async (_how, values) => {
      const objects = await render(values)
      expect(objects.length).toBeGreaterThan(10)
      // A dry run knows no namespace or kind that the same run would have made.
      const list = { apiVersion: 'v1', kind: 'List', items: objects }
      const args = ['apply', '--dry-run=server', '--validate=strict', '-o', 'name', '-f', '-']
      const said = await plane.kubectl(args, JSON.stringify(list))
      expect(said.trim().split('\n')).toHaveLength(objects.length)
    },
    testTimeout,
  )

  it(
    'are not taken with a member that no kind has',
    async () => {
      const [object] = await render({
        extraObjects: [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec: { port: [] } }],
      }).then((objects) => objects.filter(({ metadata }) => metadata.name === 'x'))
      const args = ['apply', '--dry-run=server', '--validate=strict', '--namespace=perennial', '-f', '-']
      await expect(plane.kubectl(args, JSON.stringify(object))).rejects.toThrow('unknown field "spec.port"')
    },
    testTimeout,
  )
})
