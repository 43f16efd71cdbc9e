import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { readDigest } from '../../../src/enroll/est/digest.ts'
import { readChallenges } from '../../../src/enroll/est/challenge.ts'
import { readMediaType, readMultipart } from '../../../src/enroll/est/multipart.ts'
import { readServerKey } from '../../../src/enroll/est/serverkey.ts'
import { decodeBody, encodeBody, readCertificateBody } from '../../../src/enroll/est/wire.ts'
import { sameOctets, shownTo } from '../support.ts'

export const target: FuzzTarget = {
  about: 'EST: bodies in base64, multipart replies with keys, challenges to log in',
  form: 'text',
  longest: 32_768,
  words: [
    'multipart/mixed; boundary=',
    'Content-Type: application/pkcs8',
    'Content-Transfer-Encoding: base64',
    '\r\n--x--\r\n',
  ],
  run: (input) => {
    const text = Buffer.from(input).toString('latin1')
    const [first = '', ...rest] = text.split('\n')
    const body = Buffer.from(rest.join('\n'), 'latin1')
    readMediaType(first)
    for (const challenge of readChallenges([text])) readDigest(challenge)
    const parts = readMultipart(first, body)
    if (parts.ok) promise(parts.value.length > 0, 'what was split has parts')
    const key = readServerKey({ contentType: first, body }, { kind: 'tls' })
    if (!key.ok) shownTo(key.error.why)
    const certificates = readCertificateBody(input)
    if (!certificates.ok) shownTo(certificates.error)
    const decoded = decodeBody(input)
    if (!decoded.ok || decoded.value.length === 0) return
    for (const form of ['Wrapped', 'Unwrapped'] as const) {
      const again = decodeBody(Buffer.from(encodeBody(decoded.value, form), 'latin1'))
      promise(again.ok && sameOctets(again.value, decoded.value), 'a body reads as it was written')
    }
  },
}
