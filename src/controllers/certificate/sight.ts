import { mayBeSeenLate } from '../../domain/flight.ts'
import { labels } from '../names.ts'
import type { Observation } from './observe.ts'
import type { CertificateSecret } from './projection.ts'
import type { CertificateSecrets } from './secrets.ts'

interface Seen extends Pick<Observation, 'snapshot' | 'certificate'> {
  readonly secret: Pick<CertificateSecret, 'resourceVersion'> | undefined
}

/** Whether the API server has another version of the Secret than the one that is seen here, so that nothing is to be decided yet. */
export async function isSeenLate(
  { snapshot, certificate, secret }: Seen,
  secrets: Pick<CertificateSecrets, 'read'>,
  signal: AbortSignal,
): Promise<boolean> {
  if (!mayBeSeenLate(snapshot)) return false
  const live = await secrets.read(certificate.metadata.namespace ?? '', certificate.spec.secretName, signal)
  // One without our mark never comes by the watch: who makes the next key finds it.
  if (secret === undefined) return live?.metadata.labels?.[labels.managed] === 'certificate'
  return live?.metadata.resourceVersion !== secret.resourceVersion
}
