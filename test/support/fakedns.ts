/** DNS in memory: zones with their servers, records, and servers that lag behind or are silent. Messages are real ones. */
import type { DnsClient, DnsFailure, DnsServer } from '../../src/net/dns.ts'
import {
  encodeRecord,
  encodeText,
  rcodes,
  readMessage,
  recordClasses,
  recordTypes,
  uint16,
} from '../../src/net/dnsmessage.ts'
import type { DnsMessage, Question, RecordType } from '../../src/net/dnsmessage.ts'
import { encodeName, isWithin } from '../../src/net/dnsname.ts'
import { err, ok } from '../../src/std/result.ts'
import type { Result } from '../../src/std/result.ts'

interface Row {
  readonly name: string
  readonly type: RecordType
  readonly data: Uint8Array
}

const nameBytes = (name: string): Uint8Array => encodeName(name) ?? new Uint8Array()
const soaData = Buffer.concat([nameBytes('ns.test'), nameBytes('admin.test'), Buffer.alloc(20)])

export class FakeDns implements DnsClient {
  readonly recursive = [{ host: '192.0.2.1', port: 53 }]
  asksAuthoritative = true
  readonly authoritativePort = 5353
  /** Names of servers by zone. */
  readonly zones = new Map<string, readonly string[]>()
  readonly aliases = new Map<string, string>()
  readonly texts = new Map<string, readonly string[]>()
  /** Servers that do not serve any text yet. */
  readonly lagging = new Set<string>()
  readonly silent = new Set<string>()
  /** Answered by the resolver instead of anything else. */
  rcode: number = rcodes.NOERROR
  /** Whether SOA records are left out of negative answers. */
  bare = false
  readonly asked: string[] = []

  lookUp({ name, type }: Question): Promise<Result<DnsMessage, DnsFailure>> {
    this.asked.push(`${type} ${name}`)
    if (this.rcode !== rcodes.NOERROR) return Promise.resolve(ok(message({ name, type }, { rcode: this.rcode })))
    const answers = this.#answers(name, type)
    const zone = this.#zoneOf(name)
    const authorities = answers.length > 0 || zone === undefined || this.bare ? [] : [soaOf(zone)]
    return Promise.resolve(ok(message({ name, type }, { answers, authorities })))
  }

  ask({ name, type }: Question, { host, port }: DnsServer): Promise<Result<DnsMessage, DnsFailure>> {
    this.asked.push(`${type} ${name} @${host}:${port}`)
    if (this.silent.has(host)) return Promise.resolve(err({ kind: 'timedOut', message: `${host} did not answer.` }))
    const answers = this.lagging.has(host) ? [] : this.#answers(name, type)
    return Promise.resolve(ok(message({ name, type }, { answers })))
  }

  exchange(): Promise<Result<DnsMessage, DnsFailure>> {
    return Promise.reject(new Error('no message of its own is sent here'))
  }

  #answers(name: string, type: RecordType): readonly Row[] {
    const alias = this.aliases.get(name)
    if (alias !== undefined)
      return [{ name, type: 'CNAME', data: nameBytes(alias) }, ...(type === 'CNAME' ? [] : this.#answers(alias, type))]
    if (type === 'SOA') return this.zones.has(name) ? [soaOf(name)] : []
    if (type === 'NS') return (this.zones.get(name) ?? []).map((host) => ({ name, type, data: nameBytes(host) }))
    return type === 'TXT' ? (this.texts.get(name) ?? []).map((text) => ({ name, type, data: encodeText(text) })) : []
  }

  #zoneOf(name: string): string | undefined {
    const holding = [...this.zones.keys()].filter((zone) => isWithin(name, zone))
    return holding.toSorted((one, other) => other.length - one.length)[0]
  }
}

const soaOf = (name: string): Row => ({ name, type: 'SOA', data: soaData })

interface Content {
  readonly rcode?: number
  readonly answers?: readonly Row[]
  readonly authorities?: readonly Row[]
}

function message({ name, type }: Question, { rcode = 0, answers = [], authorities = [] }: Content): DnsMessage {
  const rows = [...answers, ...authorities].map((row) =>
    encodeRecord({ ...row, type: recordTypes[row.type], class: recordClasses.IN, ttl: 60 }),
  )
  const header = [7, 0x8400 | rcode, 1, answers.length, authorities.length, 0].map(uint16)
  const question = [nameBytes(name), uint16(recordTypes[type]), uint16(recordClasses.IN)]
  const bytes = Buffer.concat([...header, ...question, ...rows.map((row) => row ?? new Uint8Array())])
  const read = readMessage(bytes)
  if (read === undefined) throw new Error('the fake made a message that cannot be read')
  return read
}
