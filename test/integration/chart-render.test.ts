/** What the chart renders, value by value. Helm does it; no cluster is needed. */
import { describe, expect, it } from '@jest/globals'
import { readConfig } from '../../src/config.ts'
import { at, chart, helm, kubeVersion, render } from '../support/helm.ts'
import type { Rendered } from '../support/helm.ts'

const names = (objects: readonly Rendered[]): readonly string[] =>
  objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort()

function one(objects: readonly Rendered[], kind: string, name = 'perennial'): Rendered {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name)
  if (found === undefined) throw new Error(`no ${kind}/${name} among ${names(objects).join(' ')}`)
  return found
}

const podPath = 'spec.template.spec'
const containerPath = `${podPath}.containers.0`
const argsOf = (objects: readonly Rendered[]): readonly string[] =>
  at(one(objects, 'Deployment'), `${containerPath}.args`) as readonly string[]

describe('the chart with nothing said', () => {
  it('passes the linter, warnings and all', async () => {
    expect(await helm(['lint', '--strict', chart, `--kube-version=${kubeVersion}`])).toContain('0 chart(s) failed')
  })

  it('renders these objects', async () => {
    expect(names(await render())).toMatchInlineSnapshot(`
      [
        "ClusterRole/perennial",
        "ClusterRole/perennial-edit",
        "ClusterRole/perennial-view",
        "ClusterRoleBinding/perennial",
        "CustomResourceDefinition/certificatepolicies.perennial.dev",
        "CustomResourceDefinition/certificaterevocations.perennial.dev",
        "CustomResourceDefinition/certificates.perennial.dev",
        "CustomResourceDefinition/clusterissuers.perennial.dev",
        "CustomResourceDefinition/issuers.perennial.dev",
        "Deployment/perennial",
        "NetworkPolicy/perennial",
        "PodDisruptionBudget/perennial",
        "Role/perennial-leader",
        "RoleBinding/perennial-leader",
        "Service/perennial-http01",
        "Service/perennial-metrics",
        "ServiceAccount/perennial",
      ]
    `)
  })

  it('keeps to restricted Pod Security, and writes nothing', async () => {
    const deployment = one(await render(), 'Deployment')
    expect(at(deployment, 'spec.replicas')).toBe(2)
    expect(at(deployment, `${podPath}.securityContext`)).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(at(deployment, `${containerPath}.securityContext`)).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
  })

  it('keeps the kinds and nothing else when it goes', async () => {
    const kept = (await render()).filter(({ metadata }) => metadata.annotations?.['helm.sh/resource-policy'] === 'keep')
    expect(new Set(kept.map(({ kind }) => kind))).toEqual(new Set(['CustomResourceDefinition']))
    expect(kept).toHaveLength(5)
  })

  it('gives flags that the operator takes', async () => {
    const config = readConfig(argsOf(await render()), {})
    expect(config).toMatchObject({ ok: true, value: { http01Service: 'perennial-http01' } })
  })
})

interface Case {
  readonly name: string
  readonly values: object
  readonly see: readonly [kind: string, path: string, value: unknown]
}

const cases: readonly Case[] = [
  { name: 'replicas', values: { replicas: 3 }, see: ['Deployment', 'spec.replicas', 3] },
  {
    name: 'a tag',
    values: { image: { repository: 'ghcr.io/x/y', tag: '1' } },
    see: ['Deployment', `${containerPath}.image`, 'ghcr.io/x/y:1'],
  },
  {
    name: 'a digest, which wins over the tag',
    values: { image: { repository: 'ghcr.io/x/y', tag: '1', digest: `sha256:${'a'.repeat(64)}` } },
    see: ['Deployment', `${containerPath}.image`, `ghcr.io/x/y@sha256:${'a'.repeat(64)}`],
  },
  {
    name: 'credentials of the registry',
    values: { image: { pullSecrets: [{ name: 'reg' }] } },
    see: ['Deployment', `${podPath}.imagePullSecrets`, [{ name: 'reg' }]],
  },
  {
    name: 'a priority class',
    values: { priorityClassName: 'system-cluster-critical' },
    see: ['Deployment', `${podPath}.priorityClassName`, 'system-cluster-critical'],
  },
  {
    name: 'a node selector',
    values: { nodeSelector: { disk: 'ssd' } },
    see: ['Deployment', `${podPath}.nodeSelector`, { disk: 'ssd', 'kubernetes.io/os': 'linux' }],
  },
  {
    name: 'tolerations',
    values: { tolerations: [{ key: 'a', operator: 'Exists' }] },
    see: ['Deployment', `${podPath}.tolerations`, [{ key: 'a', operator: 'Exists' }]],
  },
  {
    name: 'affinity',
    values: { affinity: { nodeAffinity: {} } },
    see: ['Deployment', `${podPath}.affinity`, { nodeAffinity: {} }],
  },
  {
    name: 'how names are resolved',
    values: { dnsPolicy: 'None' },
    see: ['Deployment', `${podPath}.dnsPolicy`, 'None'],
  },
  {
    name: 'name servers',
    values: { dnsConfig: { nameservers: ['192.0.2.53'] } },
    see: ['Deployment', `${podPath}.dnsConfig`, { nameservers: ['192.0.2.53'] }],
  },
  {
    name: 'topology',
    values: { topologySpread: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }] },
    see: [
      'Deployment',
      `${podPath}.topologySpreadConstraints.0.labelSelector.matchLabels`,
      {
        'app.kubernetes.io/name': 'perennial',
        'app.kubernetes.io/instance': 'perennial',
      },
    ],
  },
  {
    name: 'labels of pods',
    values: { podLabels: { team: 'pki' } },
    see: ['Deployment', 'spec.template.metadata.labels.team', 'pki'],
  },
  {
    name: 'volumes',
    values: { volumes: [{ name: 'roots', configMap: { name: 'roots' } }] },
    see: ['Deployment', `${podPath}.volumes`, [{ name: 'roots', configMap: { name: 'roots' } }]],
  },
  {
    name: 'annotations of the account',
    values: { serviceAccount: { annotations: { role: 'arn' } } },
    see: ['ServiceAccount', 'metadata.annotations', { role: 'arn' }],
  },
  {
    name: 'how many pods may be away',
    values: { podDisruptionBudget: { maxUnavailable: '50%' } },
    see: ['PodDisruptionBudget', 'spec.maxUnavailable', '50%'],
  },
  {
    name: 'who may scrape',
    values: { networkPolicy: { metricsFrom: [{ namespaceSelector: {} }] } },
    see: ['NetworkPolicy', 'spec.ingress.0.from', [{ namespaceSelector: {} }]],
  },
  {
    name: 'a ServiceMonitor',
    values: { metrics: { serviceMonitor: { enabled: true, interval: '15s' } } },
    see: ['ServiceMonitor', 'spec.endpoints.0.interval', '15s'],
  },
  {
    name: 'a PodMonitor',
    values: { metrics: { podMonitor: { enabled: true, labels: { release: 'prom' } } } },
    see: ['PodMonitor', 'metadata.labels.release', 'prom'],
  },
  {
    name: 'further objects, templates in them rendered',
    values: {
      extraObjects: [
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'perennial' }, data: { a: '{{ .Release.Name }}' } },
      ],
    },
    see: ['ConfigMap', 'data.a', 'perennial'],
  },
]

describe('a value of the chart', () => {
  it.each(cases)('says $name', async ({ values, see: [kind, path, value] }) => {
    expect(at(one(await render(values), kind), path)).toEqual(value)
  })

  it.each([
    { values: { namespaces: ['a', 'b'] }, flag: '--namespaces=a,b' },
    { values: { ingress: { enabled: false } }, flag: '--ingress=false' },
    { values: { ingress: { certManagerAnnotations: true } }, flag: '--cert-manager-annotations=true' },
    { values: { ingress: { defaultIssuer: 'Issuer/x' } }, flag: '--default-issuer=Issuer/x' },
    { values: { http01: { enabled: false } }, flag: '--http01-address=off' },
    { values: { http01: { selfCheck: false } }, flag: '--http01-self-check=false' },
    { values: { tlsAlpn01: { enabled: true } }, flag: '--tls-alpn01-address=:8444' },
    { values: { config: { 'log-level': 'debug' } }, flag: '--log-level=debug' },
    { values: { config: { workers: 4 } }, flag: '--workers=4' },
    { values: { config: { workers: 1000000 } }, flag: '--workers=1000000' },
  ])('$values gives the flag $flag', async ({ values, flag }) => {
    expect(argsOf(await render(values))).toContain(flag)
  })

  it.each([
    { values: { crds: { enabled: false } }, gone: 'CustomResourceDefinition' },
    { values: { rbac: { create: false } }, gone: 'ClusterRole' },
    { values: { serviceAccount: { create: false, name: 'mine' } }, gone: 'ServiceAccount' },
    { values: { podDisruptionBudget: { enabled: false } }, gone: 'PodDisruptionBudget' },
    { values: { networkPolicy: { enabled: false } }, gone: 'NetworkPolicy' },
  ])('$values leaves out every $gone', async ({ values, gone }) => {
    expect((await render(values)).map(({ kind }) => kind)).not.toContain(gone)
  })

  it('lets nothing of the whole cluster be granted to an operator of some namespaces', async () => {
    const objects = await render({ namespaces: ['blue', 'red'] })
    expect(objects.filter(({ kind }) => kind.startsWith('ClusterRole'))).toEqual([])
    const roles = objects.filter(({ kind }) => kind === 'Role' || kind === 'RoleBinding')
    expect(new Set(roles.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['blue', 'red', 'perennial']))
  })
})
