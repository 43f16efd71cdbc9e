/** Bodies of EST: base64 of DER, whatever the headers say (RFC 8951 section 3). Pure. */
import { certificatesOnly } from '../../pki/cms/signeddata.ts'
import { readElements, tags } from '../../pki/der.ts'
import type { Der } from '../../std/bytes.ts'
import { asDer } from '../../std/bytes.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'

/** How base64 goes out: RFC 2045 lines of 76 characters, or one line. */
export type Base64Form = 'Wrapped' | 'Unwrapped'

const lineLength = 76

export function encodeBody(bytes: Uint8Array, form: Base64Form): string {
  const text = Buffer.from(bytes).toString('base64')
  if (form === 'Unwrapped') return text
  return `${(text.match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? []).join('\r\n')}\r\n`
}

const markedUp = /^\uFEFF?\s*<(?:!doctype|html|\?xml|head|body|!--)/i

/**
 * Reads a body: base64 with line ends of any kind or none, in PEM armour, or bare DER, which some servers send.
 *
 * @returns the octets inside; or a clause that says what came instead
 */
export function decodeBody(body: Uint8Array): Result<Uint8Array, string> {
  if (body.length === 0) return err('it is empty')
  if (isBareDer(body)) return ok(body)
  const text = Buffer.from(body).toString('latin1')
  if (markedUp.test(text)) return err('it is a web page')
  const bare = withoutArmour(text)
    .replace(/[\s\0]+/g, '')
    .replace(/^\u00ef\u00bb\u00bf/, '')
  if (bare === '') return err('it is empty')
  if (!/^[A-Za-z0-9+/]+={0,3}$/.test(bare)) return err('it is not base64')
  if (bare.replace(/=+$/, '').length % 4 === 1) return err('its base64 has been cut off')
  return ok(Buffer.from(bare, 'base64'))
}

/** A SEQUENCE, definite and whole, or of the indefinite length of BER. Base64 of DER begins with an M. */
const isBareDer = (body: Uint8Array): boolean =>
  body[0] === tags.sequence && (body[1] === 0x80 || readElements(body).ok)

/** The first block alone: the one that a server wraps its answer in. */
function withoutArmour(text: string): string {
  const begun = text.indexOf('-----BEGIN ')
  if (begun < 0) return text
  const start = text.indexOf('-----', begun + 11)
  const end = start < 0 ? -1 : text.indexOf('-----END ', start + 5)
  return end < 0 ? text : text.slice(start + 5, end)
}

/** Certificates of a reply, at most what a chain may have. */
const mostCertificates = 64

/**
 * @param body - a certs-only SignedData (RFC 7030 section 4.1.3), or what servers send in its place: one certificate, or several in PEM
 * @returns the certificates in the order they were sent, at least one
 */
export function readCertificateBody(body: Uint8Array): Result<readonly Der[], string> {
  const bare = pemCertificates(body)
  const found = bare.length > 0 ? ok(bare) : certificatesIn(body)
  if (!found.ok || found.value.length <= mostCertificates) return found
  return err(`it holds ${found.value.length} certificates, and at most ${mostCertificates} are read`)
}

function certificatesIn(body: Uint8Array): Result<readonly Der[], string> {
  const bytes = decodeBody(body)
  if (!bytes.ok) return bytes
  const listed = certificatesOnly(bytes.value)
  return listed.ok || !isCertificate(bytes.value) ? listed : ok([asDer(bytes.value)])
}

const armoured = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]{1,100000})-----END CERTIFICATE-----/g

function pemCertificates(body: Uint8Array): readonly Der[] {
  if (!Buffer.from(body.subarray(0, 4096)).includes('-----BEGIN CERTIFICATE-----')) return []
  const text = Buffer.from(body).toString('latin1')
  return [...text.matchAll(armoured)]
    .map(([, base64 = '']) => Buffer.from(base64, 'base64'))
    .filter(isCertificate)
    .map((bytes) => asDer(bytes))
}

/** Certificate has three members of which the first and second are sequences; ContentInfo begins with an object identifier. */
function isCertificate(bytes: Uint8Array): boolean {
  const outer = readElements(bytes)
  const [only, ...others] = outer.ok ? outer.value : []
  if (only?.tag !== tags.sequence || others.length > 0) return false
  const inner = readElements(only.content)
  if (!inner.ok || inner.value.length !== 3) return false
  return inner.value.map(({ tag }) => tag).join() === [tags.sequence, tags.sequence, tags.bitString].join()
}
