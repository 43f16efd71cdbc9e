/** What the caches keep of Ingresses, Gateways, sets of listeners and routes. */
import { ingressSpec, listenersSpec, routeSpec } from '../../api/ingress.ts'
import type { IngressSpec, Listener, ListenersSpec } from '../../api/ingress.ts'
import type { KubeObject } from '../../api/meta.ts'
import { parseSpec } from '../../api/parse.ts'
import type { Claimant, Route, Said, Standing, TlsEntry } from '../../domain/ingress/claimant.ts'
import { conditionType } from '../../domain/ingress/standing.ts'
import { isWord } from '../../domain/ingress/vocabulary.ts'
import { isJsonObject } from '../../std/json.ts'
import type { Json, JsonObject } from '../../std/json.ts'
import type { ClaimantKind } from './kinds.ts'

export interface ClaimantProjection {
  readonly resourceVersion: string
  readonly claimant: Claimant
}

export interface RouteProjection {
  readonly resourceVersion: string
  readonly route: Route
  /** It has no certificates, but people annotate it. */
  readonly claimant: Claimant
}

/** @throws when the object is not what its kind says, which an API server does not let happen */
export function projectClaimant(kind: ClaimantKind, object: KubeObject): ClaimantProjection {
  const resourceVersion = object.metadata.resourceVersion ?? ''
  if (kind === 'Ingress')
    return { resourceVersion, claimant: claimantOf(object, ingressEntries(specOf(object, ingressSpec))) }
  return { resourceVersion, claimant: { ...claimantOf(object, listenerEntries(object)), standing: standingOf(object) } }
}

/** Statuses are written by many; what is no condition is passed over. */
function standingOf(object: KubeObject & { readonly status?: unknown }): Standing {
  const listed = isJsonObject(object.status) ? object.status['conditions'] : undefined
  const conditions: readonly unknown[] = Array.isArray(listed) ? listed : []
  const ours = conditions.find((one) => isJsonObject(one) && one['type'] === conditionType)
  return { generation: object.metadata.generation ?? 0, said: isJsonObject(ours) ? saidIn(ours) : undefined }
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

function saidIn({ status, reason, message, observedGeneration, lastTransitionTime }: JsonObject): Said {
  return {
    status: textOf(status),
    reason: textOf(reason),
    message: textOf(message),
    ...(typeof observedGeneration === 'number' ? { observedGeneration } : {}),
    ...(typeof lastTransitionTime === 'string' ? { lastTransitionTime } : {}),
  }
}

export function projectRoute(object: KubeObject): RouteProjection {
  const spec = specOf(object, routeSpec)
  const namespace = object.metadata.namespace ?? ''
  const parents = (spec?.parentRefs ?? []).map((parent) => ({
    kind: parent.kind ?? 'Gateway',
    namespace: parent.namespace ?? namespace,
    name: parent.name,
    listener: parent.sectionName ?? undefined,
  }))
  return {
    resourceVersion: object.metadata.resourceVersion ?? '',
    route: { namespace, parents, hostnames: spec?.hostnames ?? [] },
    claimant: claimantOf(object, []),
  }
}

function specOf<S extends Parameters<typeof parseSpec>[1]>(object: KubeObject, schema: S) {
  const parsed = parseSpec(object, schema)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value.spec
}

function claimantOf({ apiVersion, kind, metadata }: KubeObject, entries: readonly TlsEntry[]): Claimant {
  const { name, namespace = '', uid = '', creationTimestamp = '', labels = {}, annotations = {} } = metadata
  return {
    apiVersion,
    kind,
    namespace,
    name,
    uid,
    createdAt: creationTimestamp,
    isEnding: metadata.deletionTimestamp !== undefined,
    labels,
    annotations: Object.fromEntries(Object.entries(annotations).filter(([key]) => isWord(key))),
    entries,
  }
}

function ingressEntries(spec: IngressSpec): readonly TlsEntry[] {
  return (spec?.tls ?? []).map(({ hosts, secretName }, index) => {
    const entry = { path: `spec.tls[${index}]`, hosts: hosts ?? [], secretNames: [] }
    if (secretName === undefined || secretName === null || secretName === '')
      return { ...entry, problem: 'it has no secretName, so there is no place to put a certificate; name a Secret.' }
    return { ...entry, secretNames: [secretName] }
  })
}

function listenerEntries(object: KubeObject): readonly TlsEntry[] {
  const spec: ListenersSpec = specOf(object, listenersSpec)
  const namespace = object.metadata.namespace ?? ''
  return (spec?.listeners ?? []).flatMap((listener, index) => {
    const isSecure = listener.tls !== undefined && listener.tls !== null
    const needsTls = listener.protocol === 'HTTPS' || listener.protocol === 'TLS'
    if (!(isSecure || needsTls) || (listener.tls?.mode ?? 'Terminate') !== 'Terminate') return []
    return [listenerEntry(listener, { index, namespace })]
  })
}

function listenerEntry(listener: Listener, { index, namespace }: { index: number; namespace: string }): TlsEntry {
  const refs = listener.tls?.certificateRefs ?? []
  const secrets = refs.filter(({ group, kind }) => isCore(group) && (kind ?? 'Secret') === 'Secret')
  const near = secrets.filter((ref) => (ref.namespace ?? namespace) === namespace)
  const far = secrets.filter((ref) => !near.includes(ref)).map((ref) => `${ref.namespace}/${ref.name}`)
  const { hostname, allowedRoutes } = listener
  const from = allowedRoutes?.namespaces?.from ?? 'Same'
  return {
    path: `spec.listeners[${index}]`,
    listener: listener.name,
    hosts: hostname === undefined || hostname === null || hostname === '' ? [] : [hostname],
    secretNames: near.map(({ name }) => name),
    ...(far.length === 0 ? {} : { farSecrets: far }),
    ...(listener.protocol === 'HTTPS' ? { routesFrom: from === 'All' ? 'All' : 'Same' } : {}),
    ...problemWith({ refs: refs.length, secrets: secrets.length, far: far[0] }),
  }
}

const isCore = (group: string | null | undefined): boolean =>
  group === undefined || group === null || group === '' || group === 'core'

function problemWith({ refs, secrets, far }: { refs: number; secrets: number; far: string | undefined }): {
  problem?: string
} {
  if (refs === 0) return { problem: 'its listener has no tls.certificateRefs; name a Secret there.' }
  if (secrets < refs)
    return { problem: 'one of its tls.certificateRefs is no Secret, and only Secrets can be written.' }
  if (far === undefined) return {}
  return { problem: `the Secret ${far} lies in another namespace; make a Certificate for it there.` }
}
