/** From an object of cert-manager to ours. Both speak of most things in the same words; what has no counterpart is told. Pure. */
import { parseCertificate } from '../../../api/certificate.ts'
import type { Certificate } from '../../../api/certificate.ts'
import { parseIssuer } from '../../../api/issuer.ts'
import type { Issuer } from '../../../api/issuer.ts'
import { apiVersion } from '../../../api/meta.ts'
import type { KubeObject } from '../../../api/meta.ts'
import { isJsonObject } from '../../../std/json.ts'
import { err, ok } from '../../../std/result.ts'
import type { Result } from '../../../std/result.ts'
import { foreignGroup } from './foreign.ts'
import type { ForeignCertificate, ForeignObject } from './foreign.ts'

/** On everything that an import made or changed: what it was made from. Undoing goes by it. */
export const originAnnotation = 'import.perennial.dev/from'

export interface Converted<T> {
  readonly object: T
  /** Paths of what has no counterpart and is left out. */
  readonly dropped: readonly string[]
}

const origin = ({ kind, metadata }: KubeObject): string => `${foreignGroup}/${kind}/${metadata.name}`

/** @returns metadata for ours: labels stay, annotations of tools do not */
function metadataOf(object: KubeObject): KubeObject['metadata'] {
  const { name, namespace, labels, annotations = {} } = object.metadata
  const kept = Object.entries(annotations).filter(
    ([key]) => !key.startsWith('kubectl.kubernetes.io/') && !/(^|\.)cert-manager\.io\//.test(key),
  )
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
    annotations: { ...Object.fromEntries(kept), [originAnnotation]: origin(object) },
  }
}

/** Issuers that ask something that has no protocol here, with what to do. */
const strangers: Readonly<Record<string, string>> = {
  vault: 'enable a standard protocol at the mount of Vault and write an issuer for that, see docs/migration.md',
  venafi: 'write an issuer for a standard protocol that the CA speaks, see docs/migration.md',
}

/** @returns our issuer, or a sentence why there can be none */
export function convertIssuer(object: ForeignObject): Result<Converted<Issuer>, string> {
  const spec = object.spec ?? {}
  const stranger = Object.keys(strangers).find((member) => member in spec)
  if (stranger !== undefined) return err(`spec.${stranger} has no counterpart; ${strangers[stranger] ?? ''}`)
  const parsed = parseIssuer({ apiVersion, kind: object.kind, metadata: metadataOf(object), spec })
  if (!parsed.ok) return parsed
  return ok({ object: parsed.value, dropped: leftOut(spec, parsed.value.spec, 'spec') })
}

/** @returns our Certificate, or a sentence why there can be none */
export function convertCertificate(object: ForeignCertificate): Result<Converted<Certificate>, string> {
  const { issuerRef, ...rest } = object.spec
  const { name, kind = 'Issuer', group = foreignGroup } = issuerRef
  if (group !== '' && group !== foreignGroup)
    return err(`it is issued by ${kind} ${name} of ${group}, which is a controller of its own`)
  const spec = { ...rest, issuerRef: { name, kind, group: 'perennial.dev' } }
  const parsed = parseCertificate({ apiVersion, kind: 'Certificate', metadata: metadataOf(object), spec })
  if (!parsed.ok) return parsed
  return ok({ object: parsed.value, dropped: leftOut(spec, parsed.value.spec, 'spec') })
}

/** Paths that are there before and not after. */
function leftOut(before: unknown, after: unknown, path: string): readonly string[] {
  if (Array.isArray(before) && Array.isArray(after))
    return before.flatMap((one: unknown, index) => leftOut(one, after[index], `${path}[${index}]`))
  if (!isJsonObject(before) || !isJsonObject(after)) return []
  return Object.entries(before).flatMap(([member, value]) =>
    Object.hasOwn(after, member) ? leftOut(value, after[member], `${path}.${member}`) : [`${path}.${member}`],
  )
}
