/** Replies of DNS servers for tests, made from what stands at a name. */
import type { DnsMessage } from '../../src/net/dnsmessage.ts'

export function answerWith(name: string, type: number, values: readonly Uint8Array[]): DnsMessage {
  const answers = values.map((data) => ({ name, type, class: 1, ttl: 1, data, dataStart: 0, start: 0 }))
  const head = { bytes: new Uint8Array(), id: 0, isReply: true, opcode: 0, isTruncated: false, isAuthoritative: true }
  return { ...head, rcode: 0, questions: [{ name, type, class: 1 }], answers, authorities: [], additionals: [] }
}
