/** Names as they stand in certificates, octet for octet. */
import { readElements } from '../../pki/der.ts'
import { asDer } from '../../std/bytes.ts'
import type { Der } from '../../std/bytes.ts'

const versionTag = 0xa0
/** In TBSCertificate, after the version (RFC 5280 section 4.1). */
const subjectAt = 4

/** @returns the subject of a certificate: a Name, DER */
export function subjectOf(certificate: Der): Der {
  const fields = inside(inside(certificate)[0])
  const afterVersion = fields[0]?.[0] === versionTag ? fields.slice(1) : fields
  const subject = afterVersion[subjectAt]
  if (subject === undefined) throw new Error('the subject was asked of something that was not read as a certificate')
  return subject
}

function inside(der: Der | undefined): readonly Der[] {
  const outer = readElements(der ?? new Uint8Array())
  const inner = outer.ok ? readElements(outer.value[0]?.content ?? new Uint8Array()) : outer
  return inner.ok ? inner.value.map(({ encoded }) => asDer(encoded)) : []
}
