/** Dynamic updates (RFC 2136): one value more or one value less at a name, without prerequisites. */
import { encodeName } from '../../../../net/dnsname.ts'
import { encodeRecord, encodeText, opcodes, recordClasses, recordTypes, uint16 } from '../../../../net/dnsmessage.ts'

export interface TextChange {
  readonly kind: 'add' | 'delete'
  readonly name: string
  readonly zone: string
  readonly value: string
  /** Seconds. */
  readonly ttl: number
}

/**
 * @param id - of the message, whole and below 65536
 * @returns undefined when a name is none
 */
export function encodeUpdate({ kind, name, zone, value, ttl }: TextChange, id: number): Uint8Array | undefined {
  const origin = encodeName(zone)
  // RFC 2136 section 2.5.4: class NONE and no lifetime delete this one value, and leave the others.
  const how = kind === 'add' ? { class: recordClasses.IN, ttl } : { class: recordClasses.NONE, ttl: 0 }
  const record = encodeRecord({ name, type: recordTypes.TXT, data: encodeText(value), ...how })
  if (origin === undefined || record === undefined) return undefined
  const header = [id, opcodes.update << 11, 1, 0, 1, 0].map(uint16)
  return Buffer.concat([...header, origin, uint16(recordTypes.SOA), uint16(recordClasses.IN), record])
}
