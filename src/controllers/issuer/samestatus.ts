import { isDeepStrictEqual } from 'node:util'
import type { IssuerStatus } from '../../api/issuer.ts'

/** Whether two statuses say the same; the time of the probe alone is not worth a write. */
export function sameExceptProbeTime(current: IssuerStatus | undefined, next: IssuerStatus): boolean {
  return isDeepStrictEqual(plain(current ?? {}), plain(next))
}

function plain(status: IssuerStatus): unknown {
  const { lastProbeTime: _time, ...rest } = status
  return JSON.parse(JSON.stringify(rest))
}
