import { isDeepStrictEqual } from 'node:util'
import type { CertificateStatus } from '../../api/certificate.ts'

/** Whether writing `next` would change nothing: undefined members count as absent, as they do in JSON. */
export function sameStatus(current: CertificateStatus | undefined, next: CertificateStatus): boolean {
  return isDeepStrictEqual(plain(current ?? {}), plain(next))
}

const plain = (value: CertificateStatus): unknown => JSON.parse(JSON.stringify(value))
