/** What becomes of the events of a watch on their way. */
import type { Fault } from './fault.ts'

/** The end of the stream, in the middle of a line or after it. */
export class StreamEnds extends Error {
  readonly rest: string

  constructor(rest = '') {
    super('the stream ends here')
    this.rest = rest
  }
}

/**
 * @param fault - of the watch
 * @returns what takes a line as the server sent it, without its end, and gives the lines to send on
 * @throws StreamEnds, from what is returned, where the stream ends
 */
export function bender(fault: Fault | undefined): (line: string) => readonly string[] {
  let count = 0
  let kept: string | undefined
  return (line) => {
    if (isBookmark(line)) return fault?.kind === 'bare' ? [] : [line]
    count += 1
    switch (fault?.kind) {
      case 'skip':
        return count % fault.every === 0 ? [] : [line]
      case 'tear':
        if (count < fault.nth) return [line]
        throw new StreamEnds(line.slice(0, Math.ceil(line.length / 2)))
      case 'swap': {
        const before = kept
        kept = before === undefined ? line : undefined
        return before === undefined ? [] : [line, before]
      }
      default:
        return [line]
    }
  }
}

const isBookmark = (line: string): boolean => line.startsWith('{"type":"BOOKMARK"')

/** What a watch begins with. */
export function openingOf(fault: Fault | undefined): readonly string[] {
  if (fault?.kind === 'gone') return [JSON.stringify({ type: 'ERROR', object: expired })]
  if (fault?.kind !== 'bulk') return []
  const metadata = { resourceVersion: '1', annotations: { bulk: 'x'.repeat(fault.bytes) } }
  return [JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Bookmark', apiVersion: 'v1', metadata } })]
}

const expired = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'too old resource version: a fault',
  reason: 'Expired',
  code: 410,
}
