import { isDeepStrictEqual } from 'node:util'
import { mayBeSeenLate } from '../../domain/flight.ts'
import { labels } from '../names.ts'
import type { Observation } from './observe.ts'
import { projectSecret } from './projection.ts'
import type { CertificateSecret } from './projection.ts'
import type { CertificateSecrets } from './secrets.ts'

interface Seen extends Pick<Observation, 'snapshot' | 'certificate'> {
  readonly secret: Pick<CertificateSecret, 'resourceVersion'> | undefined
}

/**
 * Whether the API server has another certificate in the Secret than the one that is seen here, so that nothing is to be decided yet. A
 * version alone says little: somebody may write to the Secret all the time.
 */
export async function isSeenLate(
  { snapshot, certificate, secret }: Seen,
  secrets: Pick<CertificateSecrets, 'read'>,
  signal: AbortSignal,
): Promise<boolean> {
  if (!mayBeSeenLate(snapshot)) return false
  const live = await secrets.read(certificate.metadata.namespace ?? '', certificate.spec.secretName, signal)
  // One without our mark never comes by the watch: who makes the next key finds it.
  if (secret === undefined) return live?.metadata.labels?.[labels.managed] === 'certificate'
  if (live === undefined) return true
  if (live.metadata.resourceVersion === secret.resourceVersion) return false
  const projected = projectSecret(live)
  return (
    projected.role !== 'certificate' || !isDeepStrictEqual(projected.view.certificate, snapshot.secret?.certificate)
  )
}
