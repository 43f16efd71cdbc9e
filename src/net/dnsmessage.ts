/** DNS messages (RFC 1035 section 4), as far as they are needed to ask questions and to read the answers. */
import { encodeName, readName } from './dnsname.ts'

export const recordTypes = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  TXT: 16,
  AAAA: 28,
  OPT: 41,
  TSIG: 250,
  CAA: 257,
} as const

export type RecordType = keyof typeof recordTypes

/** RFC 2136 section 2.4 gives ANY and NONE their meaning in updates. */
export const recordClasses = { IN: 1, NONE: 254, ANY: 255 } as const

export const opcodes = { query: 0, update: 5 } as const

/** Response codes that are acted upon (RFC 6895 section 2.3). */
export const rcodes = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const

/** UDP payload size that passes without fragments nearly everywhere (RFC 9715 section 3.1). */
const udpPayload = 1232

export interface Question {
  /** Plain: see {@link plainName}. */
  readonly name: string
  readonly type: RecordType
}

export interface ResourceRecord {
  readonly name: string
  readonly type: number
  readonly class: number
  readonly ttl: number
  readonly data: Uint8Array
  /** Where the data begins in the message: names in it may be compressed. */
  readonly dataStart: number
  /** Where the record begins. */
  readonly start: number
}

export interface DnsMessage {
  readonly bytes: Uint8Array
  readonly id: number
  readonly isReply: boolean
  readonly opcode: number
  readonly isTruncated: boolean
  readonly isAuthoritative: boolean
  /** With the upper bits that EDNS adds (RFC 6891 section 6.1.3). */
  readonly rcode: number
  readonly questions: readonly { readonly name: string; readonly type: number; readonly class: number }[]
  readonly answers: readonly ResourceRecord[]
  readonly authorities: readonly ResourceRecord[]
  readonly additionals: readonly ResourceRecord[]
}

/** A record of a message to be sent. */
export interface WrittenRecord {
  readonly name: string
  readonly type: number
  readonly class: number
  readonly ttl: number
  readonly data: Uint8Array
}

/** @returns 2 octets, network order */
export const uint16 = (value: number): Uint8Array => Uint8Array.of((value >> 8) & 0xff, value & 0xff)

/** @returns undefined when the name is none */
export function encodeRecord({ name, type, class: kind, ttl, data }: WrittenRecord): Uint8Array | undefined {
  const owner = encodeName(name)
  if (owner === undefined) return undefined
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(type, 0)
  fixed.writeUInt16BE(kind, 2)
  fixed.writeUInt32BE(ttl, 4)
  fixed.writeUInt16BE(data.length, 8)
  return Buffer.concat([owner, fixed, data])
}

/** @returns a question with the pseudo-record of EDNS; undefined when the name is none */
export function encodeQuery(
  { name, type }: Question,
  { id, recursion }: { readonly id: number; readonly recursion: 'wanted' | 'none' },
): Uint8Array | undefined {
  const owner = encodeName(name)
  const opt = encodeRecord({ name: '', type: recordTypes.OPT, class: udpPayload, ttl: 0, data: new Uint8Array() })
  if (owner === undefined || opt === undefined) return undefined
  const flags = recursion === 'wanted' ? 0x0100 : 0
  const header = [id, flags, 1, 0, 0, 1].map(uint16)
  return Buffer.concat([...header, owner, uint16(recordTypes[type]), uint16(recordClasses.IN), opt])
}

/** The text of a TXT record as character strings of at most 255 octets. */
export function encodeText(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'utf8')
  const parts: Uint8Array[] = []
  for (let at = 0; at === 0 || at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255)
    parts.push(Buffer.from([part.length, ...part]))
  }
  return Buffer.concat(parts)
}

/** @returns the character strings of a TXT record joined; undefined when they do not fit the data */
export function readText(data: Uint8Array): string | undefined {
  const parts: Uint8Array[] = []
  for (let at = 0; at < data.length;) {
    const length = data[at] ?? 0
    if (at + 1 + length > data.length) return undefined
    parts.push(data.subarray(at + 1, at + 1 + length))
    at += 1 + length
  }
  return Buffer.concat(parts).toString('utf8')
}

/** @returns the one name that is the data of NS and CNAME; undefined when it is malformed */
export function readTarget({ bytes }: DnsMessage, { dataStart, data }: ResourceRecord): string | undefined {
  const read = readName(bytes, dataStart)
  return read?.next === dataStart + data.length ? read.name : undefined
}

/** @returns undefined for what is no complete DNS message */
export function readMessage(bytes: Uint8Array): DnsMessage | undefined {
  if (bytes.length < 12) return undefined
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const flags = view.readUInt16BE(2)
  const [asked = 0, ...counts] = [4, 6, 8, 10].map((at) => view.readUInt16BE(at))
  const questions = readQuestions(view, asked)
  if (questions === undefined) return undefined
  const sections: (readonly ResourceRecord[])[] = []
  let at = questions.next
  for (const count of counts) {
    const section = readSection(view, at, count)
    if (section === undefined) return undefined
    sections.push(section.records)
    at = section.next
  }
  const [answers = [], authorities = [], additionals = []] = sections
  const opt = additionals.find(({ type }) => type === recordTypes.OPT)
  return {
    bytes,
    id: view.readUInt16BE(0),
    isReply: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    isAuthoritative: (flags & 0x0400) !== 0,
    isTruncated: (flags & 0x0200) !== 0,
    rcode: (flags & 15) | (((opt?.ttl ?? 0) >>> 24) << 4),
    questions: questions.questions,
    answers,
    authorities,
    additionals,
  }
}

function readQuestions(
  view: Buffer,
  count: number,
): { readonly questions: DnsMessage['questions']; readonly next: number } | undefined {
  const questions: DnsMessage['questions'][number][] = []
  let at = 12
  for (let i = 0; i < count; i += 1) {
    const name = readName(view, at)
    if (name === undefined || name.next + 4 > view.length) return undefined
    const [type, kind] = [view.readUInt16BE(name.next), view.readUInt16BE(name.next + 2)]
    questions.push({ name: name.name, type, class: kind })
    at = name.next + 4
  }
  return { questions, next: at }
}

function readSection(
  view: Buffer,
  start: number,
  count: number,
): { readonly records: readonly ResourceRecord[]; readonly next: number } | undefined {
  const records: ResourceRecord[] = []
  let at = start
  for (let i = 0; i < count; i += 1) {
    const record = readRecord(view, at)
    if (record === undefined) return undefined
    records.push(record)
    at = record.dataStart + record.data.length
  }
  return { records, next: at }
}

function readRecord(view: Buffer, start: number): ResourceRecord | undefined {
  const name = readName(view, start)
  if (name === undefined || name.next + 10 > view.length) return undefined
  const at = name.next
  const dataStart = at + 10
  const length = view.readUInt16BE(at + 8)
  if (dataStart + length > view.length) return undefined
  return {
    name: name.name,
    type: view.readUInt16BE(at),
    class: view.readUInt16BE(at + 2),
    ttl: view.readUInt32BE(at + 4),
    data: view.subarray(dataStart, dataStart + length),
    dataStart,
    start,
  }
}
