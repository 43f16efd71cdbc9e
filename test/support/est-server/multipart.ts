/** The many ways in which servers write multipart/mixed. */
import type { EstTroubles } from './troubles.ts'

export interface Part {
  readonly type: string
  readonly body: string
}

export function writeMultipart(
  parts: readonly Part[],
  style: NonNullable<EstTroubles['multipart']>,
): { readonly type: string; readonly body: string } {
  const line = style === 'lf' ? '\n' : '\r\n'
  const boundary = style === 'quoted' ? 'a b(c)=_?' : 'estBoundary0123456789'
  const ordered = style === 'reversed' ? [...parts].reverse() : parts
  const sections = ordered.map(
    ({ type, body }) =>
      `--${boundary}${line}Content-Type: ${type}${line}Content-Transfer-Encoding: base64${line}${line}${body.replace(/\r\n/g, line).trimEnd()}${line}`,
  )
  const before = style === 'preamble' ? `This is a message in several parts.${line}` : ''
  const after = style === 'preamble' ? `${line}That was all.${line}` : line
  const named = style === 'quoted' ? `"${boundary}"` : boundary
  return {
    type: style === 'wholeType' ? 'multipart/mixed' : `multipart/mixed; boundary=${named}`,
    body: `${before}${sections.join('')}--${boundary}--${after}`,
  }
}
