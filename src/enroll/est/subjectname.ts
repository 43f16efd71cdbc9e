/** The names in a certificate as they are encoded, and the attribute that changes them in a renewal (RFC 6402 section 2.8). */
import type { SubjectName, Wanted } from '../../domain/wanted.ts'
import type { RequestAttribute } from '../../pki/csr.ts'
import { encodeElement, encodeSequence, tags } from '../../pki/der.ts'
import { extensionIds } from '../../pki/extensions.ts'
import { encodeName, generalName } from '../../pki/names.ts'
import { childrenOf, onlyChild, reading, readOid } from '../../pki/readder.ts'
import { readGeneralNames } from '../../pki/readnames.ts'
import type { Der } from '../../std/bytes.ts'
import { ok } from '../../std/result.ts'

export interface EncodedNames {
  /** A Name, DER. */
  readonly subject: Der | undefined
  /** The whole extension, DER. */
  readonly alternativeNames: Der | undefined
}

/** @param certificate - one whose facts could be read */
export function encodedNames(certificate: Der): EncodedNames {
  const names = reading(() => {
    const [body] = childrenOf(onlyChild(certificate, 'encoding'), 'encoding')
    const all = childrenOf(body, 'body')
    const fields = all[0]?.tag === 0xa0 ? all.slice(1) : all
    const extensions = fields.find(({ tag }) => tag === 0xa3)
    const list = extensions === undefined ? [] : childrenOf(onlyChild(extensions.content, 'extensions'), 'extensions')
    const alternative = list.find(
      (one) => readOid(childrenOf(one, 'extensions')[0], 'extensions') === extensionIds.subjectAltName,
    )
    return ok({ subject: fields[4]?.encoded, alternativeNames: alternative?.encoded })
  })
  return names.ok ? names.value : { subject: undefined, alternativeNames: undefined }
}

/** @param value - GeneralNames, DER. @returns none for what cannot be read */
export function namesIn(value: Uint8Array): readonly SubjectName[] {
  const names = reading(() => ok(readGeneralNames(onlyChild(value, 'names'), 'names')))
  return names.ok ? names.value : []
}

const changeSubjectNameOid = '1.3.6.1.5.5.7.7.36'

/** ChangeSubjectName ::= SEQUENCE { subject Name OPTIONAL, subjectAlt GeneralNames OPTIONAL } */
export function changeSubjectName({ subject, names }: Wanted): RequestAttribute {
  const value = encodeSequence(
    ...(subject.length === 0 ? [] : [encodeName(subject)]),
    ...(names.length === 0 ? [] : [encodeElement(tags.sequence, ...names.map(generalName))]),
  )
  return { type: changeSubjectNameOid, values: [value] }
}
