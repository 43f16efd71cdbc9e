/** Kinds of the Gateway API, as small as an API server takes them: the parts that Perennial reads, all else as it comes. */

const text = { type: 'string' } as const
const list = (items: object): object => ({ type: 'array', items })
const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } as const
const object = (properties: object): object => ({ ...anything, properties })

const listeners = list(
  object({
    name: text,
    hostname: text,
    protocol: text,
    port: { type: 'integer' },
    tls: object({
      mode: { ...text, default: 'Terminate' },
      certificateRefs: list(
        object({
          group: { ...text, default: '' },
          kind: { ...text, default: 'Secret' },
          name: text,
          namespace: text,
        }),
      ),
    }),
    allowedRoutes: {
      ...object({ namespaces: { ...object({ from: { ...text, default: 'Same' } }), default: { from: 'Same' } } }),
      default: { namespaces: { from: 'Same' } },
    },
  }),
)

const parentRefs = list(
  object({
    group: { ...text, default: 'gateway.networking.k8s.io' },
    kind: { ...text, default: 'Gateway' },
    namespace: text,
    name: text,
    sectionName: text,
  }),
)

const specs: Readonly<Record<string, object>> = {
  Gateway: object({ gatewayClassName: text, listeners }),
  ListenerSet: object({ parentRef: anything, listeners }),
  HTTPRoute: object({ parentRefs, hostnames: list(text), rules: list(anything) }),
}

/** As in the published kinds: each condition has its own writer. */
const status = object({
  conditions: {
    ...list({ ...object({ type: text }), required: ['type'] }),
    maxItems: 8,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  },
})

function definition(kind: string, spec: object, { group, version } = standard): object {
  const singular = kind.toLowerCase()
  const plural = `${singular}s`
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec, status } } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      annotations: { 'api-approved.kubernetes.io': 'unapproved, a small copy for tests' },
    },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular, listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, subresources: { status: {} }, schema }],
    },
  }
}

const standard = { group: 'gateway.networking.k8s.io', version: 'v1' }
const experimental = { group: 'gateway.networking.x-k8s.io', version: 'v1alpha1' }

const listOf = (items: readonly object[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items })

/** A manifest of CustomResourceDefinitions, as JSON. */
export const gatewayApi: string = listOf(Object.entries(specs).map(([kind, spec]) => definition(kind, spec)))

/** Sets of listeners as clusters had them before they were of the standard channel. */
export const experimentalListenerSets: string = listOf([
  definition('XListenerSet', object({ parentRef: anything, listeners }), experimental),
])
