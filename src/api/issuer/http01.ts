/** `http01` of a solver. Fields that cert-manager has too have its names and meanings. */
import { z } from 'zod'
import type { JsonObject } from '../../std/json.ts'
import type { DeepReadonly } from '../../std/readonly.ts'
import { nameOf } from '../meta.ts'
import { placed, ruled } from '../rule.ts'
import { anyObject, list, text, textMap } from '../schema.ts'
import { dnsName } from '../texts.ts'
import { solverWith } from './acmeplace.ts'

/** As many as Gateway API lets an HTTPRoute have. */
const manyParents = 32

const ingressWith = (ingress: JsonObject): JsonObject => solverWith({ http01: { ingress } })
const routeWith = (gatewayHTTPRoute: JsonObject): JsonObject => solverWith({ http01: { gatewayHTTPRoute } })

export const selfCheck = z.enum(['Enabled', 'Disabled']).exactOptional().meta({
  description:
    'Whether the answer is looked at once from here before the CA is told to look. Disable it where the cluster cannot reach its own public address. Enabled when not given.',
})

const labelValues = (description: string): z.ZodRecord<z.ZodString, z.ZodString> =>
  textMap(z.string().max(63).meta({ description: 'The value of a label.' }), description)

const noPods = anyObject(
  'Known from cert-manager. No pod is made for a challenge, so it has no effect.',
).exactOptional()

const serviceType = z.enum(['ClusterIP', 'NodePort']).exactOptional().meta({
  description:
    'The type of the Service that the route leads to. NodePort is for load balancers that reach nodes only. ClusterIP when not given.',
})

const metadata = z
  .object({
    labels: labelValues('Labels of the Ingress.').exactOptional(),
    annotations: textMap(
      z.string().max(4096).meta({ description: 'The value of an annotation.' }),
      'Annotations of the Ingress.',
    ).exactOptional(),
  })
  .exactOptional()
  .meta({ description: 'What is added to the metadata.' })

const ingress = ruled(
  z
    .object({
      ingressClassName: nameOf(
        (ingressClassName) => ingressWith({ ingressClassName }),
        'spec.ingressClassName of the Ingress. Without it and class, the default class of the cluster.',
      ).exactOptional(),
      class: nameOf(
        (name) => ingressWith({ class: name }),
        'The class as the annotation kubernetes.io/ingress.class, for controllers that look there.',
      ).exactOptional(),
      name: nameOf(
        (name) => ingressWith({ name }),
        'The Ingress, in the namespace of the Certificate, that gets the path, instead of an Ingress made for it. For load balancers that have one address per Ingress.',
      ).exactOptional(),
      pathType: z.enum(['Exact', 'ImplementationSpecific', 'Prefix']).exactOptional().meta({
        description:
          'The pathType of the path. Exact when not given; versions of ingress-nginx that refuse a dot in an exact path want ImplementationSpecific.',
      }),
      serviceName: nameOf(
        (serviceName) => ingressWith({ serviceName }),
        'A Service, in the namespace of the Certificate, that leads port 80 to the operator, for clusters where none may be made.',
      ).exactOptional(),
      serviceType,
      ingressTemplate: z.object({ metadata }).exactOptional().meta({
        description: 'What the Ingress that is made for a challenge looks like beside its path.',
      }),
      podTemplate: noPods,
    })
    .meta({ description: 'A path on an Ingress for each challenge.' }),
  [
    {
      cel: '[has(self.ingressClassName), has(self.class), has(self.name)].filter(x, x).size() <= 1',
      holds: (value) =>
        [value.ingressClassName, value.class, value.name].filter((one) => one !== undefined).length <= 1,
      message: 'These exclude each other: keep one of ingressClassName, class and name.',
      accepts: [ingressWith({}), ingressWith({ ingressClassName: 'nginx' }), ingressWith({ name: 'web' })],
      rejects: [
        ingressWith({ ingressClassName: 'nginx', class: 'nginx' }),
        ingressWith({ ingressClassName: 'nginx', name: 'web' }),
      ],
    },
  ],
)

const parentRef = z
  .object({
    group: z.string().max(253).exactOptional().meta({
      description: 'The API group of the parent. gateway.networking.k8s.io when not given.',
    }),
    kind: text(63, 'The kind of the parent. Gateway when not given.').exactOptional(),
    namespace: text(63, 'The namespace of the parent. That of the Certificate when not given.').exactOptional(),
    name: nameOf((name) => routeWith({ parentRefs: [{ name }] }), 'The name of the parent.'),
    sectionName: ruled(
      text(253, 'The listener of the parent. Every listener that fits when not given.'),
      placed(dnsName, (sectionName) => routeWith({ parentRefs: [{ name: 'edge', sectionName }] })),
    ).exactOptional(),
    port: z.int().min(1).max(65_535).exactOptional().meta({ description: 'The port of the listeners.' }),
  })
  .meta({ description: 'What a route is attached to.' })

const gatewayHTTPRoute = z
  .object({
    labels: labelValues('Labels of the HTTPRoute.').exactOptional(),
    parentRefs: list(parentRef, {
      max: manyParents,
      description:
        'The Gateways that get the route. When not given, the Gateway or ListenerSet that asked for the Certificate.',
    }).exactOptional(),
    serviceType,
    podTemplate: noPods,
  })
  .meta({ description: 'A path on an HTTPRoute of Gateway API for each challenge.' })

export const http01 = ruled(
  z.object({ selfCheck, ingress: ingress.exactOptional(), gatewayHTTPRoute: gatewayHTTPRoute.exactOptional() }).meta({
    description:
      'Prove control over HTTP on port 80 (RFC 8555 section 8.3). Without ingress and gatewayHTTPRoute nothing is made: the paths under /.well-known/acme-challenge/ are led to the operator by other means.',
  }),
  [
    {
      cel: '!has(self.ingress) || !has(self.gatewayHTTPRoute)',
      holds: (value) => value.ingress === undefined || value.gatewayHTTPRoute === undefined,
      message: 'The route is given twice: keep ingress or gatewayHTTPRoute.',
      accepts: [
        solverWith({ http01: {} }),
        solverWith({ http01: { selfCheck: 'Disabled' } }),
        routeWith({ parentRefs: [{ name: 'edge', namespace: 'infra', sectionName: 'http' }] }),
      ],
      rejects: [solverWith({ http01: { ingress: {}, gatewayHTTPRoute: {} } })],
    },
  ],
)

export type Http01Spec = DeepReadonly<z.output<typeof http01>>
