/** Ingresses and HTTPRoutes that lead the paths of challenges, and nothing else, to the operator. */
import type { Certificate } from '../../api/certificate.ts'
import type { KindRef } from '../../kube/resource.ts'
import { annotations, labels } from '../names.ts'
import { apiVersionOf, ingressKind } from './objects.ts'
import type { HttpRoute, Ingress, IngressPath, IngressRule } from './objects.ts'
import { challengePrefix } from './responder.ts'
import type { ChallengePath, Target, Destination } from './targets.ts'

type Own<Kind extends Target['kind']> = Extract<Target, { kind: Kind }>

/** The port of the Service that leads to the operator. */
export const backendPort = 80

export function ingressFor({ name, spec, paths, service }: Own<'ingress'>, certificate: Certificate): Ingress {
  const { metadata } = spec.ingressTemplate ?? {}
  const classNote = spec.class === undefined ? {} : { 'kubernetes.io/ingress.class': spec.class }
  const className = spec.ingressClassName === undefined ? {} : { ingressClassName: spec.ingressClassName }
  const { pathType = 'Exact' } = spec
  return {
    apiVersion: apiVersionOf(ingressKind),
    kind: ingressKind.kind,
    metadata: {
      name,
      ...ownedBy(certificate),
      labels: { ...metadata?.labels, [labels.challenge]: 'route' },
      annotations: { ...metadata?.annotations, ...classNote },
    },
    spec: { ...className, rules: paths.map((path) => ruleFor(path, pathFor(path, { pathType, service }))) },
  }
}

export function routeFor(
  { name, spec, parents, paths, service }: Own<'route'>,
  kind: KindRef,
  certificate: Certificate,
): HttpRoute {
  const hosts = [...new Set(paths.flatMap(({ host }) => (host === undefined ? [] : [host])))]
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: { name, ...ownedBy(certificate), labels: { ...spec.labels, [labels.challenge]: 'route' } },
    spec: {
      parentRefs: parents,
      // A route without hosts is for every host, which an address under proof needs.
      ...(paths.some(({ host }) => host === undefined) ? {} : { hostnames: hosts }),
      rules: paths.map(({ token }) => ({
        matches: [{ path: { type: 'Exact', value: challengePrefix + token } }],
        backendRefs: [{ name: service.name, port: backendPort }],
      })),
    },
  }
}

/** What goes with the Certificate when that is deleted. */
function ownedBy({ apiVersion, kind, metadata }: Certificate): Pick<Ingress['metadata'], 'ownerReferences'> & {
  readonly namespace: string
} {
  const { namespace = '', name, uid = '' } = metadata
  return { namespace, ownerReferences: [{ apiVersion, kind, name, uid, controller: true }] }
}

type PathShape = Pick<Own<'edit'>, 'pathType' | 'service'>

function pathFor({ token }: ChallengePath, { pathType, service }: PathShape): IngressPath {
  return { path: challengePrefix + token, pathType, backend: backendOf(service) }
}

const backendOf = ({ name }: Destination): unknown => ({ service: { name, port: { number: backendPort } } })

const ruleFor = ({ host }: ChallengePath, path: IngressPath): IngressRule => ({
  ...(host === undefined ? {} : { host }),
  http: { paths: [path] },
})

/** A merge patch on an Ingress of somebody else. */
export interface IngressEdit {
  readonly metadata: {
    readonly resourceVersion: string
    readonly labels: Readonly<Record<string, string | null>>
    readonly annotations: Readonly<Record<string, string | null>>
  }
  readonly spec: { readonly rules: readonly IngressRule[] }
}

/** @returns the patch that adds what is missing; undefined when nothing is */
export function editFor(ingress: Ingress, { paths, pathType, service }: Own<'edit'>): IngressEdit | undefined {
  const noted = new Set(tokensOn(ingress))
  const missing = paths.filter((path) => !noted.has(path.token) || !leads(ingress, path))
  if (missing.length === 0) return undefined
  const rules = missing.reduce(
    (before, path) => (hasPath(before, path) ? before : withPath(before, path, pathFor(path, { pathType, service }))),
    ingress.spec?.rules ?? [],
  )
  return patchOf(ingress, { rules, tokens: [...new Set([...noted, ...paths.map(({ token }) => token)])] })
}

/** @returns the patch that takes away every path of ours whose token is no longer live; undefined when there is none */
export function clearingFor(ingress: Ingress, live: ReadonlySet<string>): IngressEdit | undefined {
  const noted = tokensOn(ingress)
  const dead = new Set(noted.filter((token) => !live.has(token)).map((token) => challengePrefix + token))
  if (dead.size === 0 && noted.length > 0) return undefined
  const rules = (ingress.spec?.rules ?? []).flatMap((rule): readonly IngressRule[] => {
    const before = rule.http?.paths ?? []
    const after = before.filter(({ path = '' }) => !dead.has(path))
    if (after.length === before.length) return [rule]
    // A rule whose every path was ours was ours too.
    return after.length === 0 ? [] : [{ ...rule, http: { ...rule.http, paths: after } }]
  })
  return patchOf(ingress, { rules, tokens: noted.filter((token) => live.has(token)) })
}

function patchOf(
  { metadata }: Ingress,
  { rules, tokens }: { readonly rules: readonly IngressRule[]; readonly tokens: readonly string[] },
): IngressEdit {
  const isLast = tokens.length === 0
  return {
    metadata: {
      resourceVersion: metadata.resourceVersion ?? '',
      labels: { [labels.challenge]: isLast ? null : 'edited' },
      annotations: { [annotations.challengeTokens]: isLast ? null : tokens.join(',') },
    },
    spec: { rules },
  }
}

const tokensOn = ({ metadata }: Ingress): readonly string[] =>
  (metadata.annotations?.[annotations.challengeTokens] ?? '').split(',').filter((token) => token !== '')

const leads = ({ spec }: Ingress, path: ChallengePath): boolean => hasPath(spec?.rules ?? [], path)

const hasPath = (rules: readonly IngressRule[], { host, token }: ChallengePath): boolean =>
  rules.some((rule) => rule.host === host && rule.http?.paths?.some((one) => one.path === challengePrefix + token))

/** Into the first rule for the host that has paths, else into a rule of its own: a rule without paths means something else. */
function withPath(rules: readonly IngressRule[], asked: ChallengePath, path: IngressPath): readonly IngressRule[] {
  const at = rules.findIndex(({ host, http }) => host === asked.host && (http?.paths?.length ?? 0) > 0)
  if (at < 0) return [...rules, ruleFor(asked, path)]
  return rules.map((rule, index) =>
    index === at ? { ...rule, http: { ...rule.http, paths: [path, ...(rule.http?.paths ?? [])] } } : rule,
  )
}
