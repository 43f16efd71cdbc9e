import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { formatDistinguishedName, parseDistinguishedName } from '../../../src/domain/name.ts'
import type { DistinguishedName } from '../../../src/domain/wanted.ts'
import { encodeName } from '../../../src/pki/names.ts'
import { readName } from '../../../src/pki/readnames.ts'
import { firstElement, samePlain, textOf } from '../support.ts'

/** The attributes of one level are a set. */
const ordered = (name: DistinguishedName): readonly (readonly string[])[] =>
  name.map((level) => level.map(({ oid, value }) => `${oid}=${value}`).sort())

export const target: FuzzTarget = {
  about: 'literalSubject: distinguished names as text (RFC 4514)',
  form: 'text',
  longest: 16_384,
  words: ['CN=', 'OU=', 'C=', '2.5.4.3=', '#0c0161', '\\2C', '\\,', '+', '=""'],
  run: (input) => {
    const name = parseDistinguishedName(textOf(input))
    if (!name.ok) return promise(name.error !== '', 'a refusal has words')
    const again = parseDistinguishedName(formatDistinguishedName(name.value))
    promise(again.ok, 'a distinguished name that was written can be read')
    if (again.ok) samePlain(ordered(again.value), ordered(name.value), 'a distinguished name')
    samePlain(ordered(readName(firstElement(encodeName(name.value)), 'name')), ordered(name.value), 'an encoded name')
  },
}
