/**
 * Reads the Secrets that an issuer's spec points at. They are read from the API server on every probe rather than watched: a
 * watch on all Secrets of a cluster would cost every user the memory and the rights for it.
 */
import type { Secret } from '../../api/meta.ts'
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import type { CredentialNeed, Credentials } from '../../enroll/enroller.ts'
import type { Resource } from '../../kube/resource.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { decode } from '../context.ts'

export interface LoadedCredentials {
  readonly credentials: Credentials
  /** Changes when any of the Secrets does. */
  readonly version: string
}

/** More than this of Secret is not a credential. */
const largestSecret = 400_000

/**
 * @param needs - what the protocol asked for
 * @returns the credentials, or a fault that names the field, the Secret and the missing key
 */
export async function loadCredentials(
  needs: readonly CredentialNeed[],
  { secrets, namespace }: { secrets: Resource<Secret>; namespace: string },
  signal: AbortSignal,
): Promise<Result<LoadedCredentials, Fault>> {
  const found = new Map<string, Readonly<Record<string, Uint8Array>>>()
  const versions: string[] = []
  for (const need of needs) {
    const secret = await secrets.get({ namespace, name: need.secretName }, signal)
    const problem = problemWith(need, secret, namespace)
    if (problem !== undefined) return err(problem)
    if (secret === undefined) continue
    found.set(need.field, decode(secret.data ?? {}))
    // A Secret that the protocol makes itself appears after the first probe; that is no change of credentials.
    if (need.optional !== true) versions.push(`${need.field}=${secret.metadata.uid}/${secret.metadata.resourceVersion}`)
  }
  return ok({ credentials: found, version: versions.join(' ') })
}

function problemWith(need: CredentialNeed, secret: Secret | undefined, namespace: string): Fault | undefined {
  const where = `${need.field} points at Secret ${need.secretName} in namespace ${namespace}`
  if (secret === undefined)
    return need.optional === true ? undefined : fault('CredentialsMissing', `${where}, which does not exist; create it`)
  const size = Object.values(secret.data ?? {}).reduce((sum, value) => sum + value.length, 0)
  if (size > largestSecret)
    return fault('CredentialsRejected', `${where}, which holds ${size} bytes; that is no credential`)
  const missing = need.keys.filter((key) => (secret.data?.[key] ?? '') === '')
  return missing.length === 0
    ? undefined
    : fault('CredentialsMissing', `${where}, which has no entry ${missing.join(' and no entry ')}; add it`)
}
