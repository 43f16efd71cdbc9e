import type { CertificateStatus } from '../../api/certificate.ts'

/** Whether writing `next` would change nothing: undefined members count as absent, as they do in JSON. */
export function sameStatus(current: CertificateStatus | undefined, next: CertificateStatus): boolean {
  return sameJson(current ?? {}, next)
}

function sameJson(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [left, right] = [a, b].map(
    (value) => new Map(Object.entries(value).filter(([, member]) => member !== undefined)),
  )
  if (left === undefined || left.size !== right?.size) return false
  return [...left].every(([name, member]) => right.has(name) && sameJson(member, right.get(name)))
}
