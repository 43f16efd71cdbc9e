/** What must exist for the answers of one Certificate to be reached: derived from its status, so that any replica can tell. */
import type { Certificate } from '../../api/certificate.ts'
import { http01 } from '../../api/issuer/http01.ts'
import type { Http01Spec } from '../../api/issuer/http01.ts'
import { controllerOf } from '../../api/meta.ts'
import { canonicalIp } from '../../std/ip.ts'
import { challengeBackendName, challengeRouteName, overrides } from '../names.ts'

type IngressSpec = NonNullable<Http01Spec['ingress']>
type GatewaySpec = NonNullable<Http01Spec['gatewayHTTPRoute']>
export type ParentRef = NonNullable<GatewaySpec['parentRefs']>[number]

export interface ChallengePath {
  /** Undefined: an address under proof, for which routes know no host. */
  readonly host: string | undefined
  readonly token: string
}

/** The Service that a route leads to, in the namespace of the Certificate. */
export interface Destination {
  readonly name: string
  /** `own`: made by us where it is missing; `given`: somebody else's. */
  readonly kind: 'own' | 'given'
  readonly type: 'ClusterIP' | 'NodePort'
}

interface Common {
  readonly name: string
  readonly paths: readonly ChallengePath[]
  readonly service: Destination
}

export type Target =
  /** An Ingress that is made for the challenges. */
  | (Common & { readonly kind: 'ingress'; readonly spec: IngressSpec })
  /** Somebody's Ingress, which gets the paths. */
  | (Common & { readonly kind: 'edit'; readonly pathType: NonNullable<IngressSpec['pathType']> })
  | (Common & { readonly kind: 'route'; readonly spec: GatewaySpec; readonly parents: readonly ParentRef[] })

/** As many as Gateway API lets one HTTPRoute have. */
const mostHostsOfRoute = 16

/** @returns what is needed for the answers in the Certificate's status; nothing when they are reached without us */
export function targetsOf(certificate: Certificate): readonly Target[] {
  const drafts = groups(certificate).flatMap(({ spec, paths }) => draftsOf(spec, paths, certificate))
  const { name, uid = '' } = certificate.metadata
  return drafts.map((draft, index) =>
    draft.kind === 'edit' ? draft : { ...draft, name: challengeRouteName({ certificate: name, uid, index }) },
  )
}

/** Tokens that are to be reached through something that we put up. */
export const routedTokens = (certificate: Certificate): readonly string[] =>
  targetsOf(certificate).flatMap(({ paths }) => paths.map(({ token }) => token))

interface Group {
  readonly spec: Http01Spec
  readonly paths: readonly ChallengePath[]
}

/** Answers by the solver that shows them. A status of another version, or of another hand, may hold anything. */
function groups({ status, metadata }: Certificate): readonly Group[] {
  const { answers = [], solvers = [] } = status?.enrollment?.ticket ?? {}
  const routed = answers.filter(({ type }) => type === 'http-01')
  if (routed.length === 0 || metadata.deletionTimestamp !== undefined) return []
  return [...solvers.keys(), undefined].flatMap((index): readonly Group[] => {
    const mine = routed.filter(({ solver }) => solver === index)
    const spec = http01.safeParse(index === undefined ? {} : solvers[index]?.['http01'])
    if (mine.length === 0 || !spec.success) return []
    const paths = mine.map(({ identifier, token }) => ({
      host: canonicalIp(identifier) === undefined ? identifier : undefined,
      token,
    }))
    return [{ spec: spec.data, paths }]
  })
}

function draftsOf(spec: Http01Spec, paths: readonly ChallengePath[], certificate: Certificate): readonly Target[] {
  if (spec.gatewayHTTPRoute !== undefined) return routeDrafts(spec.gatewayHTTPRoute, paths, certificate)
  const ingress = overridden(spec.ingress, certificate)
  if (ingress === undefined) return []
  const service = serviceFor(ingress)
  if (ingress.name === undefined) return [{ kind: 'ingress', name: '', spec: ingress, paths, service }]
  return [{ kind: 'edit', name: ingress.name, pathType: ingress.pathType ?? 'Exact', paths, service }]
}

/** What the Certificate's annotations say wins over the issuer: they come from the Ingress that asked for it. */
function overridden(ingress: IngressSpec | undefined, { metadata }: Certificate): IngressSpec | undefined {
  const { annotations = {} } = metadata
  const name = annotations[overrides.ingressName]
  const className = annotations[overrides.ingressClassName]
  const classOf = annotations[overrides.ingressClass]
  if (name === undefined && className === undefined && classOf === undefined) return ingress
  const { name: _name, class: _class, ingressClassName: _className, ...rest } = ingress ?? {}
  if (name !== undefined) return { ...rest, name }
  return className === undefined ? { ...rest, class: classOf ?? '' } : { ...rest, ingressClassName: className }
}

function routeDrafts(spec: GatewaySpec, paths: readonly ChallengePath[], certificate: Certificate): readonly Target[] {
  const parents = spec.parentRefs ?? parentsOf(certificate)
  const service = serviceFor(spec)
  const count = Math.ceil(paths.length / mostHostsOfRoute)
  return Array.from({ length: count }, (_, index) => {
    const some = paths.slice(index * mostHostsOfRoute, (index + 1) * mostHostsOfRoute)
    return { kind: 'route', name: '', spec, parents, paths: some, service }
  })
}

/** The Gateway, or set of listeners, that asked for the Certificate. */
function parentsOf({ metadata }: Certificate): readonly ParentRef[] {
  const owner = controllerOf(metadata)
  if (owner === undefined || !/^(?:Gateway|X?ListenerSet)$/.test(owner.kind)) return []
  return [{ group: owner.apiVersion.replace(/\/.*/, ''), kind: owner.kind, name: owner.name }]
}

function serviceFor({ serviceName, serviceType: type = 'ClusterIP' }: Partial<IngressSpec>): Destination {
  return serviceName === undefined
    ? { name: challengeBackendName, kind: 'own', type }
    : { name: serviceName, kind: 'given', type }
}
