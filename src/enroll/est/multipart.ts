/** `multipart/mixed` as /serverkeygen answers it (RFC 7030 section 4.4.2, RFC 2046 section 5.1). Pure. */
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'

export interface Part {
  /** Media type in lower case, without parameters; empty when there is none. */
  readonly type: string
  /** Parameters of the media type, names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
  readonly body: Uint8Array
}

const mostParts = 16

/**
 * @param contentType - of the whole; the boundary is taken from the body where it names none
 * @param body - with or without preamble and epilogue, lines ended by CRLF or LF
 * @returns the parts in the order they were sent, at least one
 */
export function readMultipart(contentType: string, body: Uint8Array): Result<readonly Part[], string> {
  const text = Buffer.from(body).toString('latin1')
  const boundary = readMediaType(contentType).parameters.get('boundary') ?? firstDelimiter(text)
  if (boundary === undefined || boundary === '') return err('it names no boundary between its parts')
  const sections = split(text, `--${boundary}`)
  if (sections.length === 0) return err('its boundary does not occur in it')
  if (sections.length > mostParts) return err(`it has more than ${mostParts} parts`)
  return ok(sections.map(readPart))
}

/** A line that looks like the first delimiter of something multipart. */
const firstDelimiter = (text: string): string | undefined =>
  /(?:^|\n)--([^\s-][^\r\n]{0,69}?)[ \t]*\r?\n/.exec(text)?.[1]

/** What lies between delimiter lines, up to the closing one or, where a server forgot it, the end. */
function split(text: string, delimiter: string): readonly string[] {
  const sections: string[] = []
  let at = delimiterAt(text, delimiter, 0)
  while (at >= 0 && sections.length <= mostParts) {
    const after = at + delimiter.length
    if (text.startsWith('--', after)) return sections
    const next = delimiterAt(text, delimiter, after)
    const lineEnd = text.indexOf('\n', after)
    if (lineEnd < 0) return sections
    sections.push(text.slice(lineEnd + 1, next < 0 ? undefined : Math.max(lineEnd + 1, next)))
    at = next
  }
  return sections
}

/** Where a delimiter begins a line; -1 when there is none. */
function delimiterAt(text: string, delimiter: string, from: number): number {
  let at = text.indexOf(delimiter, from)
  while (at > 0 && text[at - 1] !== '\n') at = text.indexOf(delimiter, at + 1)
  return at
}

function readPart(section: string): Part {
  const gap = /\r?\n[ \t]*\r?\n/.exec(section)
  const hasNoHeaders = /^[ \t]*\r?\n/.exec(section)
  const headEnd = hasNoHeaders === null ? (gap?.index ?? section.length) : 0
  const bodyAt = hasNoHeaders === null ? headEnd + (gap?.[0].length ?? 0) : hasNoHeaders[0].length
  const header = unfolded(section.slice(0, headEnd)).find((line) => /^content-type[ \t]*:/i.test(line)) ?? ''
  const body = Buffer.from(section.slice(bodyAt).replace(/\r?\n$/, ''), 'latin1')
  return { ...readMediaType(header.slice(header.indexOf(':') + 1)), body }
}

const unfolded = (head: string): readonly string[] => head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)

/** @param text - the value of a Content-Type header; may be anything */
export function readMediaType(text: string): Pick<Part, 'type' | 'parameters'> {
  const [type = ''] = text.slice(0, 2048).split(';')
  const parameters = new Map<string, string>()
  for (const [, name = '', quoted, plain = ''] of text
    .slice(0, 2048)
    .matchAll(/;\s*([^\s=;]+)\s*=\s*(?:"([^"]*)"|([^\s;"]*))/g)) {
    if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), quoted ?? plain)
  }
  return { type: type.trim().toLowerCase(), parameters }
}
