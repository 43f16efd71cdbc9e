/** Takes back what an import did, by the marks that it left. Keys and certificates stay where they are. */
import type { KubeObject, Secret } from '../../../api/meta.ts'
import { annotations, labels } from '../../../controllers/names.ts'
import { listAll } from '../cluster.ts'
import type { Cluster } from '../cluster.ts'
import { claimants } from './carryout.ts'
import { originAnnotation } from './convert.ts'
import type { Findings } from './foreign.ts'

export interface Undoing {
  readonly text: string
  readonly run: (signal: AbortSignal) => Promise<unknown>
}

const isImported = ({ metadata }: KubeObject): boolean => metadata.annotations?.[originAnnotation] !== undefined
const refOf = ({ metadata: { namespace, name } }: KubeObject) => ({
  ...(namespace === undefined ? {} : { namespace }),
  name,
})
const called = ({ kind, metadata }: KubeObject): string =>
  `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`

/** Whoever asks for certificates first, then the Secrets, so that the operator finds nothing to mark anew; issuers last. */
export async function planUndo(
  cluster: Cluster,
  { findings, namespace }: { readonly findings: Findings; readonly namespace: string | undefined },
  signal: AbortSignal,
): Promise<readonly Undoing[]> {
  const secrets = await listAll(cluster.secrets, namespace === undefined ? {} : { namespace }, signal)
  const adopted = secrets.filter((secret) => isImported(secret) && labels.managed in (secret.metadata.labels ?? {}))
  const ours = [...findings.ours.values()]
  const names = new Set(adopted.map(ownerOf))
  const certificates = ours.filter((one) => one.kind === 'Certificate' && (isImported(one) || names.has(called(one))))
  const issuers = ours.filter((one) => one.kind !== 'Certificate' && isImported(one))
  return [
    ...findings.claimants.filter(isImported).map((one) => unannotate(one, cluster)),
    ...certificates.map((one) => deletion(one, cluster)),
    ...adopted.map((one) => release(one, cluster)),
    ...issuers.map((one) => deletion(one, cluster)),
  ]
}

const ownerOf = ({ metadata }: Secret): string =>
  `Certificate ${metadata.namespace ?? ''}/${metadata.annotations?.[annotations.certificateName] ?? ''}`

const ofOurs = (key: string): boolean => /^(?:import\.)?perennial\.dev\//.test(key)

/** A patch that removes every key of ours. */
const without = (keys: Readonly<Record<string, string>> = {}): Readonly<Record<string, null>> =>
  Object.fromEntries(
    Object.keys(keys)
      .filter(ofOurs)
      .map((key) => [key, null]),
  )

function unannotate(object: KubeObject, cluster: Cluster): Undoing {
  const patch = { metadata: { annotations: without(object.metadata.annotations) } }
  return {
    text: `take our annotations off ${called(object)}`,
    run: (signal) => claimants(object, cluster).mergePatch(refOf(object), patch, signal),
  }
}

function deletion(object: KubeObject, cluster: Cluster): Undoing {
  const resources = {
    Certificate: cluster.certificates,
    Issuer: cluster.issuers,
    ClusterIssuer: cluster.clusterIssuers,
  }
  const resource = resources[object.kind as keyof typeof resources]
  const { uid } = object.metadata
  return {
    text: `delete ${called(object)} of Perennial`,
    run: (signal) => resource.delete(refOf(object), uid === undefined ? {} : { uid }, signal),
  }
}

function release(secret: Secret, cluster: Cluster): Undoing {
  const { metadata } = secret
  const patch = { metadata: { labels: without(metadata.labels), annotations: without(metadata.annotations) } }
  return {
    text: `release Secret ${metadata.namespace ?? ''}/${metadata.name}`,
    run: (signal) => cluster.secrets.mergePatch(refOf(secret), patch, signal),
  }
}
