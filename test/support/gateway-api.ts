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

const group = 'gateway.networking.k8s.io'

function definition(kind: string, spec: object): object {
  const singular = kind.toLowerCase()
  const plural = `${singular}s`
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec, status: anything } } }
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
      versions: [{ name: 'v1', served: true, storage: true, subresources: { status: {} }, schema }],
    },
  }
}

/** A manifest of CustomResourceDefinitions, as JSON. */
export const gatewayApi: string = JSON.stringify({
  apiVersion: 'v1',
  kind: 'List',
  items: Object.entries(specs).map(([kind, spec]) => definition(kind, spec)),
})
