/** Where messages go (RFC 9811 section 3.4, RFC 9483 section 6.1). Pure. */
import type { CmpSpec } from '../../api/issuer/cmp.ts'
import type { BodyName } from './message.ts'

/** The names of the operations, by the first message of a transaction; later ones go where that went. */
const operations = {
  ir: 'initialization',
  cr: 'certification',
  kur: 'keyupdate',
  p10cr: 'pkcs10',
  rr: 'revocation',
  genm: 'getcacerts',
} as const satisfies Partial<Record<BodyName, string>>

/** A message that a transaction can begin with. */
export type Opening = keyof typeof operations

export function addressOf({ url, paths, label }: CmpSpec, opening: Opening): string {
  if (paths !== 'WellKnown') return url
  const profile = label === undefined ? '' : `/p/${encodeURIComponent(label)}`
  return `${url.replace(/\/+$/, '')}/.well-known/cmp${profile}/${operations[opening]}`
}
