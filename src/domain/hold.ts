/**
 * A Certificate whose enrollment shows something outside the cluster is held while it does, so that a deletion in the middle
 * leaves nothing behind. Pure.
 */
import type { Certificate } from '../api/certificate.ts'

export const enrollmentFinalizer = 'perennial.dev/enrollment'

/**
 * - `hold`     something is about to be shown: the finalizer must stand first
 * - `farewell` it is being deleted: what is shown is to be taken down, then it may go
 * - `release`  nothing is shown any more
 */
export type Hold = 'hold' | 'farewell' | 'release' | 'nothing'

export function holdOf({ metadata, status }: Certificate): Hold {
  const isHeld = metadata.finalizers?.includes(enrollmentFinalizer) === true
  const shows = status?.enrollment?.ticket?.outside === true
  if (metadata.deletionTimestamp !== undefined) {
    if (!isHeld) return 'nothing'
    return shows ? 'farewell' : 'release'
  }
  if (shows === isHeld) return 'nothing'
  return shows ? 'hold' : 'release'
}
