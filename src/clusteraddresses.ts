/** The addresses of the cluster itself: what it says of them, and what the operator was told. Part of the composition root. */
import type { KubeObject } from './api/meta.ts'
import type { Config } from './config.ts'
import { KubeError } from './kube/errors.ts'
import { Resource } from './kube/resource.ts'
import type { Transport } from './kube/transport.ts'
import { compilePolicy } from './net/address.ts'
import type { Logger } from './std/log.ts'

interface ServiceCidr extends KubeObject {
  readonly spec?: { readonly cidrs?: readonly string[] }
}

const serviceCidrs = {
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'servicecidrs',
  kind: 'ServiceCIDR',
  namespaced: false,
} as const

export interface Asking {
  readonly config: Pick<Config, 'addressGuard' | 'clusterAddresses' | 'namespaces'>
  readonly transport: Transport
  readonly log: Logger
  readonly signal: AbortSignal
}

/**
 * Ranges that self-checks and providers of DNS are not led to. Where the cluster is to say which its Services have, it is asked
 * once; without an answer it is told, and the others hold.
 *
 * @returns CIDRs
 */
export async function clusterAddresses(asking: Asking): Promise<readonly string[]> {
  const { config, log, signal } = asking
  const { auto, ranges } = config.clusterAddresses
  // Who looks after some namespaces has no right that is the whole cluster's.
  if (!auto || !config.addressGuard || config.namespaces.length > 0) return ranges
  try {
    const learnt = await rangesOfServices(asking)
    log.info('the addresses of the cluster are refused to self-checks and providers of DNS', { learnt, told: ranges })
    return [...ranges, ...learnt]
  } catch (error) {
    if (signal.aborted) return ranges
    if (!(error instanceof KubeError)) throw error
    log.warn(
      'the cluster does not say which addresses its Services have, so that self-checks and providers of DNS may be led to ' +
        'them; name them with --cluster-addresses',
      { error, told: ranges },
    )
    return ranges
  }
}

async function rangesOfServices({ transport, signal }: Asking): Promise<readonly string[]> {
  const found: string[] = []
  const resource = new Resource<ServiceCidr>(transport, serviceCidrs)
  for await (const { items } of resource.pages({}, signal))
    found.push(...items.flatMap(({ spec }) => spec?.cidrs ?? []))
  return found.filter((range) => compilePolicy({ kind: 'public', allow: [range] }).ok)
}
