/** Every object that the chart can render is held by a real API server to the schema of its kind, strictly. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startControlPlane } from '../support/controlplane.ts'
import type { ControlPlane } from '../support/controlplane.ts'
import { fluxChecks } from '../support/gitops.ts'
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

describe('the health checks of the sample for Flux', () => {
  it(
    'are expressions that an API server understands, and tell what is ready from what is new',
    async () => {
      const condition = { type: 'object', properties: { type: { type: 'string' }, status: { type: 'string' } } }
      const conditions = { type: 'array', maxItems: 20, items: condition }
      const [check] = fluxChecks
      const rules = (['current', 'failed'] as const).map((state) => ({
        rule: `self.asked != '${state}' || (${check?.[state].replaceAll('status.', 'self.status.')})`,
        message: `not ${state}`,
      }))
      const schema = {
        type: 'object',
        properties: { asked: { type: 'string' }, status: { type: 'object', properties: { conditions } } },
        'x-kubernetes-validations': rules.map(({ rule, message }) => ({
          rule: rule.replaceAll('c.self.', 'c.'),
          message,
        })),
      }
      await plane.kubectl(['apply', '-f', '-'], JSON.stringify(definition(schema)))
      await plane.kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', 'checks.example.com'])
      const holds = (asked: string, ...told: readonly object[]): Promise<string> => {
        const object = { apiVersion: 'example.com/v1', kind: 'Check', metadata: { name: 'x' }, asked }
        const status = told.length === 0 ? {} : { conditions: told }
        return plane.kubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify({ ...object, status }))
      }
      const is = (type: string, status: string): object => ({ type, status })
      await expect(holds('current', is('Ready', 'True'), is('Issuing', 'False'))).resolves.toContain('created')
      await expect(holds('current')).rejects.toThrow('not current')
      await expect(holds('current', is('Ready', 'False'), is('Reconciling', 'True'))).rejects.toThrow('not current')
      await expect(holds('failed', is('Ready', 'False'), is('Stalled', 'True'))).resolves.toContain('created')
      await expect(holds('failed', is('Ready', 'False'))).rejects.toThrow('not failed')
      expect(new Set(fluxChecks.map(({ current, failed }) => `${current} ${failed}`)).size).toBe(1)
    },
    testTimeout,
  )
})

/** A kind whose objects are taken only when its rules hold. */
const definition = (openAPIV3Schema: object): object => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'checks.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Cluster',
    names: { kind: 'Check', plural: 'checks', singular: 'check', listKind: 'CheckList' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
  },
})

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
