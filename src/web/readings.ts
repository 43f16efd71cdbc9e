/** What is taken of Events and pods; everything else of them is dropped at once. */
import type { KubeObject } from '../api/meta.ts'
import { instant, toRfc3339, fromRfc3339 } from '../std/time.ts'
import type { Moment } from './contract.ts'

/** A core/v1 Event. */
export interface ClusterEvent extends KubeObject {
  readonly type?: string
  readonly reason?: string
  readonly message?: string
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
  readonly count?: number
}

export function momentOf({
  metadata,
  type,
  reason,
  message,
  lastTimestamp,
  eventTime,
  count = 1,
}: ClusterEvent): Moment {
  const at = fromRfc3339(lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '') ?? instant(0)
  return {
    at: toRfc3339(at),
    kind: type === 'Warning' ? 'failed' : reason === 'Issued' ? 'issued' : 'event',
    title: `${reason ?? 'Event'}${count > 1 ? ` (${count} times)` : ''}`,
    text: message,
  }
}

interface Named {
  readonly name?: string | null
}

interface Container {
  readonly env?: readonly { readonly valueFrom?: { readonly secretKeyRef?: Named; readonly configMapKeyRef?: Named } }[]
  readonly envFrom?: readonly { readonly secretRef?: Named; readonly configMapRef?: Named }[]
}

/** A core/v1 Pod, as far as it says what it reads. */
export interface Pod extends KubeObject {
  readonly spec?: {
    readonly volumes?: readonly {
      readonly secret?: { readonly secretName?: string }
      readonly configMap?: Named
      readonly projected?: {
        readonly sources?: readonly { readonly secret?: Named; readonly configMap?: Named }[] | null
      }
    }[]
    readonly containers?: readonly Container[]
    readonly initContainers?: readonly Container[]
  }
}

/** @returns `secret/name` and `configmap/name` of everything that the pod mounts or takes into its environment */
export function secretsReadBy({ spec }: Pod): ReadonlySet<string> {
  const secrets = new Set<string | null | undefined>()
  const configMaps = new Set<string | null | undefined>()
  for (const { secret, configMap, projected } of spec?.volumes ?? []) {
    secrets.add(secret?.secretName)
    configMaps.add(configMap?.name)
    for (const source of projected?.sources ?? []) {
      secrets.add(source.secret?.name)
      configMaps.add(source.configMap?.name)
    }
  }
  for (const { env, envFrom } of [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]) {
    for (const { valueFrom } of env ?? []) {
      secrets.add(valueFrom?.secretKeyRef?.name)
      configMaps.add(valueFrom?.configMapKeyRef?.name)
    }
    for (const { secretRef, configMapRef } of envFrom ?? []) {
      secrets.add(secretRef?.name)
      configMaps.add(configMapRef?.name)
    }
  }
  return new Set([...marked('secret', secrets), ...marked('configmap', configMaps)])
}

const marked = (kind: string, names: Iterable<string | null | undefined>): readonly string[] =>
  [...names].flatMap((name) => (name === undefined || name === null ? [] : [`${kind}/${name}`]))
