/** Issuers as the inventory shows them: how they are, what of theirs expires, and how their certificates do. */
import type { Issuer } from '../../api/issuer.ts'
import { fromRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { JudgedItem } from './query.ts'

export interface IssuerHealth {
  readonly kind: 'Issuer' | 'ClusterIssuer'
  /** Empty for a ClusterIssuer. */
  readonly namespace: string
  readonly name: string
  readonly protocol: string | undefined
  /** `unknown`: not looked at yet. */
  readonly health: 'ready' | 'failing' | 'unknown'
  readonly reason: string | undefined
  readonly message: string | undefined
  /** Since when it has been so. */
  readonly since: Instant | undefined
  readonly lastProbe: Instant | undefined
  readonly credentials: readonly { readonly name: string; readonly notAfter: Instant }[]
  /** Certificates that name it, of those that the person may see. */
  readonly certificates: number
  /** Of those, how many cannot be had or renewed. */
  readonly failing: number
}

type Kind = IssuerHealth['kind']

/** How many certificates an issuer has, and how many of them fail. */
export interface Load {
  readonly certificates: number
  readonly failing: number
}

/** @returns loads by {@link loadKey} */
export function loadsOf(judged: readonly JudgedItem[]): ReadonlyMap<string, Load> {
  const loads = new Map<string, { certificates: number; failing: number }>()
  for (const { item } of judged) {
    if (item.management === undefined) continue
    const key = loadKey(item.management.issuer, item.namespace)
    const load = loads.get(key) ?? { certificates: 0, failing: 0 }
    load.certificates += 1
    if (item.management.failure !== undefined || item.state === 'failing') load.failing += 1
    loads.set(key, load)
  }
  return loads
}

/** @param namespace - of the Certificate, which is that of the Issuer; a ClusterIssuer has none */
const loadKey = ({ kind, name }: { kind: string; name: string }, namespace: string): string =>
  `${kind}/${kind === 'ClusterIssuer' ? '' : namespace}/${name}`

/** @param loads - see {@link loadsOf} */
export function issuerHealth(kind: Kind, { metadata, status }: Issuer, loads: ReadonlyMap<string, Load>): IssuerHealth {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  const namespace = kind === 'ClusterIssuer' ? '' : (metadata.namespace ?? '')
  const { certificates, failing } = loads.get(loadKey({ kind, name: metadata.name }, namespace)) ?? noLoad
  return {
    kind,
    namespace,
    name: metadata.name,
    protocol: status?.protocol,
    health: ready?.status === 'True' ? 'ready' : ready?.status === 'False' ? 'failing' : 'unknown',
    reason: ready?.reason,
    message: ready?.message,
    since: moment(ready?.lastTransitionTime),
    lastProbe: moment(status?.lastProbeTime),
    credentials: (status?.credentials ?? []).flatMap(({ name, notAfter }) => {
      const at = moment(notAfter)
      return at === undefined ? [] : [{ name, notAfter: at }]
    }),
    certificates,
    failing,
  }
}

const noLoad: Load = { certificates: 0, failing: 0 }

const moment = (text: string | undefined): Instant | undefined => (text === undefined ? undefined : fromRfc3339(text))
