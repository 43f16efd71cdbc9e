/**
 * PEM (RFC 7468). Text that comes from a Secret or a CA is measured before it is looked at, and read in one pass, so that
 * hostile text costs no more than its length.
 */
import { asDer, asPem } from '../std/bytes.ts'
import type { Der, Pem } from '../std/bytes.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { readElements, tags } from './der.ts'

/**
 * How many bytes of PEM are read: one certificate, one private key, a leaf with its intermediates, a bundle of trust anchors.
 * cert-manager's numbers (GHSA-r4pg-vg54-wxx4): generous for RSA 8192 keys and a thousand names.
 */
export const pemLimits = { leaf: 36_500, key: 13_000, chain: 95_000, bundle: 330_000 } as const

/** One block, its base64 decoded. */
export interface PemBlock {
  readonly label: string
  /** A SEQUENCE, whole and alone; what is in it has not been looked at. */
  readonly der: Der
}

export interface PemReading {
  /** The labels to decode. Text between blocks and blocks with other labels are passed over (section 2). */
  readonly labels: ReadonlySet<string>
  /** How many bytes the text may have. */
  readonly limit: number
}

const begin = '-----BEGIN '
const dashes = '-----'
const longestLabel = 64

/**
 * @param text - any text
 * @param reading - what to look for
 * @returns the blocks in order, possibly none; or a clause that says what is wrong
 */
export function readPemBlocks(text: string, reading: PemReading): Result<readonly PemBlock[], string> {
  const size = Buffer.byteLength(text)
  if (size > reading.limit) return err(`it is ${size} bytes long, and at most ${reading.limit} are read`)
  const blocks: PemBlock[] = []
  let at = text.indexOf(begin)
  while (at >= 0) {
    const frame = readFrame(text, at)
    // giving up at the first unfinished block is what keeps this linear
    if (frame === undefined) return err('a PEM block has no matching END line; it may have been cut off')
    if (reading.labels.has(frame.label)) {
      const der = decodeBody(frame.body)
      if (der === undefined) return err(`PEM block ${blocks.length + 1} ("${frame.label}") is not base64 of DER`)
      blocks.push({ label: frame.label, der })
    }
    at = text.indexOf(begin, frame.end)
  }
  return ok(blocks)
}

interface Frame {
  readonly label: string
  readonly body: string
  readonly end: number
}

function readFrame(text: string, at: number): Frame | undefined {
  const labelAt = at + begin.length
  const head = text.slice(labelAt, labelAt + longestLabel + dashes.length)
  const length = head.indexOf(dashes)
  if (length < 0) return undefined
  const label = head.slice(0, length)
  const bodyAt = labelAt + length + dashes.length
  const finish = `${dashes}END ${label}${dashes}`
  const bodyEnd = text.indexOf(finish, bodyAt)
  return bodyEnd < 0 ? undefined : { label, body: text.slice(bodyAt, bodyEnd), end: bodyEnd + finish.length }
}

function decodeBody(body: string): Der | undefined {
  const base64 = body.replace(/\s+/g, '')
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined
  const bytes = Buffer.from(base64, 'base64')
  return isSequence(bytes) ? asDer(bytes) : undefined
}

/** @returns whether the bytes are one SEQUENCE with nothing after it */
function isSequence(bytes: Uint8Array): boolean {
  const elements = readElements(bytes)
  return elements.ok && elements.value.length === 1 && elements.value[0]?.tag === tags.sequence
}

const certificateLabels: ReadonlySet<string> = new Set(['CERTIFICATE', 'X509 CERTIFICATE'])

/**
 * @param text - PEM with at least one certificate
 * @param limit - how many bytes may be read, one of {@link pemLimits}
 * @returns the certificates in the order of the text, not yet parsed; or a clause that says what is wrong
 */
export function readCertificates(text: string, limit: number = pemLimits.chain): Result<readonly Der[], string> {
  const blocks = readPemBlocks(text, { labels: certificateLabels, limit })
  if (!blocks.ok) return blocks
  if (blocks.value.length === 0) return err('it has no PEM block "CERTIFICATE"')
  const large = blocks.value.findIndex(({ der }) => pemLength(der) > pemLimits.leaf)
  if (large >= 0) return err(`certificate ${large + 1} is larger than ${pemLimits.leaf} bytes of PEM`)
  return ok(blocks.value.map(({ der }) => der))
}

/** @param certificates - in the order in which they shall stand */
export const certificatesPem = (certificates: readonly Der[]): Pem =>
  asPem(certificates.map((der) => encodePem('CERTIFICATE', der)).join(''))

/** @returns one block with lines of 64 characters, ending in a newline */
function encodePem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `${begin}${label}${dashes}\n${lines.join('\n')}\n${dashes}END ${label}${dashes}\n`
}

const certificateFrame = encodePem('CERTIFICATE', new Uint8Array()).length

/** @returns how many bytes {@link certificatesPem} makes of one certificate */
export function pemLength(certificate: Der): number {
  const base64 = Math.ceil(certificate.length / 3) * 4
  return certificateFrame + base64 + Math.max(0, Math.ceil(base64 / 64) - 1)
}
