/** Which kinds a cluster serves. */
import { KubeError } from './errors.ts'
import type { KindRef } from './resource.ts'
import type { Transport } from './transport.ts'

interface ResourceList {
  readonly resources?: readonly { readonly name?: string }[]
}

interface GroupList {
  readonly groups?: readonly { readonly versions?: readonly { readonly groupVersion?: string }[] }[]
}

/**
 * @returns the groups that the cluster serves, with their versions: `networking.k8s.io/v1`
 * @throws KubeError when the API server cannot be asked
 */
export async function servedVersions(transport: Transport, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const asked = { method: 'GET', path: '/apis', verb: 'get', resource: 'apis', signal } as const
  const { groups = [] } = await transport.request<GroupList>(asked)
  const versions = groups.flatMap((group) => group.versions ?? [])
  return new Set(versions.flatMap(({ groupVersion }) => groupVersion ?? []))
}

/**
 * @param candidates - the same kind in several versions, the best first
 * @returns the first that is served; undefined when none is
 * @throws KubeError when the API server cannot be asked
 */
export async function firstServed(
  transport: Transport,
  candidates: readonly KindRef[],
  signal: AbortSignal,
): Promise<KindRef | undefined> {
  for (const candidate of candidates) {
    if (await isServed(transport, candidate, signal)) return candidate
  }
  return undefined
}

async function isServed(
  transport: Transport,
  { group, version, plural }: KindRef,
  signal: AbortSignal,
): Promise<boolean> {
  const path = `/apis/${group}/${version}`
  try {
    const found = await transport.request<ResourceList>({ method: 'GET', path, verb: 'get', resource: 'apis', signal })
    return found.resources?.some(({ name }) => name === plural) === true
  } catch (error) {
    if (error instanceof KubeError && error.reason === 'notFound') return false
    throw error
  }
}
