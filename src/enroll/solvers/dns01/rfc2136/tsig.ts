/** Transaction signatures: messages between a client and a server that share a secret (RFC 8945). */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { encodeName, plainName, readName } from '../../../../net/dnsname.ts'
import { encodeRecord, recordClasses, recordTypes, uint16 } from '../../../../net/dnsmessage.ts'
import type { DnsMessage, ResourceRecord } from '../../../../net/dnsmessage.ts'
import type { Instant } from '../../../../std/time.ts'

/** RFC 8945 section 6, by the names that cert-manager has for them. MD5 is for servers that know nothing else. */
export const tsigAlgorithms = {
  HMACMD5: { name: 'hmac-md5.sig-alg.reg.int', hash: 'md5' },
  HMACSHA1: { name: 'hmac-sha1', hash: 'sha1' },
  HMACSHA224: { name: 'hmac-sha224', hash: 'sha224' },
  HMACSHA256: { name: 'hmac-sha256', hash: 'sha256' },
  HMACSHA384: { name: 'hmac-sha384', hash: 'sha384' },
  HMACSHA512: { name: 'hmac-sha512', hash: 'sha512' },
} as const

export type TsigAlgorithm = keyof typeof tsigAlgorithms

export interface TsigKey {
  readonly name: string
  readonly algorithm: TsigAlgorithm
  readonly secret: Uint8Array
}

/** A message with its signature, which the reply's signature covers too. */
export interface Signed {
  readonly message: Uint8Array
  readonly mac: Uint8Array
}

/** What a reply's signature says. */
export type TsigVerdict =
  | { readonly kind: 'verified' }
  | { readonly kind: 'unsigned' }
  /** The server refuses the signature of the request: see the error codes of RFC 8945 section 3. */
  | { readonly kind: 'refused'; readonly error: number; readonly serverTime: number | undefined }
  | { readonly kind: 'wrong'; readonly why: string }

/** Seconds that clocks may differ (RFC 8945 section 10). */
export const fudge = 300

export const tsigErrors = { BADSIG: 16, BADKEY: 17, BADTIME: 18, BADTRUNC: 22 } as const

const secondsOf = (now: Instant): number => Math.floor(now / 1000)

interface TsigData {
  readonly algorithm: string
  readonly time: number
  readonly fudge: number
  readonly mac: Uint8Array
  readonly originalId: number
  readonly error: number
  readonly other: Uint8Array
}

/** @returns the message with a TSIG record behind its others; undefined when the key's name is none */
export function signMessage(message: Uint8Array, key: TsigKey, now: Instant): Signed | undefined {
  const algorithm = encodeName(tsigAlgorithms[key.algorithm].name)
  if (algorithm === undefined || encodeName(key.name) === undefined) return undefined
  const bare = { time: secondsOf(now), fudge, error: 0, other: new Uint8Array() }
  const mac = macOf([message, variables(key, bare)], key)
  const data = Buffer.concat([
    algorithm,
    uint48(bare.time),
    uint16(fudge),
    uint16(mac.length),
    mac,
    message.subarray(0, 2),
    uint16(0),
    uint16(0),
  ])
  const record = encodeRecord({ name: key.name, type: recordTypes.TSIG, class: recordClasses.ANY, ttl: 0, data })
  if (record === undefined) return undefined
  return { message: withAdditionals(Buffer.concat([message, record]), 1), mac }
}

/**
 * Checks the signature of a reply (RFC 8945 section 5.3). Only a whole MAC counts.
 *
 * @param requestMac - of the request that is answered
 */
export function verifyReply(
  reply: DnsMessage,
  { key, requestMac, now }: { readonly key: TsigKey; readonly requestMac: Uint8Array; readonly now: Instant },
): TsigVerdict {
  const record = reply.additionals.at(-1)
  if (record?.type !== recordTypes.TSIG) return { kind: 'unsigned' }
  const data = readTsig(reply, record)
  // RFC 8945 section 4.2: always of this class, and never kept.
  if (data === undefined || record.class !== recordClasses.ANY || record.ttl !== 0)
    return { kind: 'wrong', why: 'its signature is malformed' }
  if (record.name !== plainName(key.name) || data.algorithm !== tsigAlgorithms[key.algorithm].name)
    return { kind: 'wrong', why: 'it is signed with another key' }
  // These two are never signed: who cannot verify cannot sign either.
  if (data.error === tsigErrors.BADKEY || data.error === tsigErrors.BADSIG)
    return { kind: 'refused', error: data.error, serverTime: undefined }
  const bare = Buffer.concat([uint16(data.originalId), reply.bytes.subarray(2, record.start)])
  const expected = macOf([uint16(requestMac.length), requestMac, withAdditionals(bare, -1), variables(key, data)], key)
  if (data.mac.length !== expected.length || !timingSafeEqual(data.mac, expected))
    return { kind: 'wrong', why: 'its signature does not fit' }
  if (data.error !== 0) return { kind: 'refused', error: data.error, serverTime: serverTime(data) }
  if (Math.abs(data.time - secondsOf(now)) > data.fudge) return { kind: 'wrong', why: 'it was signed at another time' }
  return { kind: 'verified' }
}

/** RFC 8945 section 5.2.3: a server whose clock differs says what it shows. */
const serverTime = ({ other }: TsigData): number | undefined =>
  other.length === 6 ? Buffer.from(other).readUIntBE(0, 6) : undefined

/** RFC 8945 section 4.3.3. */
function variables(
  key: TsigKey,
  { time, fudge: slack, error, other }: Omit<TsigData, 'algorithm' | 'mac' | 'originalId'>,
): Uint8Array {
  return Buffer.concat([
    encodeName(key.name) ?? new Uint8Array(),
    uint16(recordClasses.ANY),
    new Uint8Array(4),
    encodeName(tsigAlgorithms[key.algorithm].name) ?? new Uint8Array(),
    uint48(time),
    uint16(slack),
    uint16(error),
    uint16(other.length),
    other,
  ])
}

function macOf(parts: readonly Uint8Array[], { algorithm, secret }: TsigKey): Uint8Array {
  const hmac = createHmac(tsigAlgorithms[algorithm].hash, secret)
  for (const part of parts) hmac.update(part)
  return hmac.digest()
}

function uint48(value: number): Uint8Array {
  const bytes = Buffer.alloc(6)
  bytes.writeUIntBE(value, 0, 6)
  return bytes
}

/** A copy whose count of additional records is another. */
function withAdditionals(message: Uint8Array, change: number): Uint8Array {
  const copy = Buffer.from(message)
  copy.writeUInt16BE(copy.readUInt16BE(10) + change, 10)
  return copy
}

/** RFC 8945 section 4.2. */
function readTsig({ bytes }: DnsMessage, { data, dataStart }: ResourceRecord): TsigData | undefined {
  const algorithm = readName(bytes, dataStart)
  const rest = Buffer.from(data.subarray((algorithm?.next ?? 0) - dataStart))
  if (algorithm === undefined || rest.length < 16) return undefined
  const macLength = rest.readUInt16BE(8)
  if (rest.length < 16 + macLength) return undefined
  const behind = rest.subarray(10 + macLength)
  if (behind.length !== 6 + behind.readUInt16BE(4)) return undefined
  return {
    algorithm: algorithm.name,
    time: rest.readUIntBE(0, 6),
    fudge: rest.readUInt16BE(6),
    mac: rest.subarray(10, 10 + macLength),
    originalId: behind.readUInt16BE(0),
    error: behind.readUInt16BE(2),
    other: behind.subarray(6),
  }
}
