import { describe, expect, it } from '@jest/globals'
import { accept } from '../../../src/pki/accept.ts'
import { encodeElement, encodeSequence, readElements, tags } from '../../../src/pki/der.ts'
import type { DerElement } from '../../../src/pki/der.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { days, plus } from '../../../src/std/time.ts'
import { unwrap } from '../../support/unwrap.ts'
import { begins, by, certify, makeFamily, wish } from './family.ts'

const inside = (element: DerElement | undefined): readonly DerElement[] =>
  unwrap(readElements(element?.content ?? new Uint8Array()))

/** The certificate with one field more than X.509 has, behind its last. */
function withMore(certificate: Der): Der {
  const [body, ...rest] = inside(unwrap(readElements(certificate))[0])
  const fields = [...inside(body).map(({ encoded }) => encoded), encodeElement(tags.null)]
  return encodeSequence(encodeSequence(...fields), ...rest.map(({ encoded }) => encoded))
}

describe('a certificate that a CA sent', () => {
  it('is not stored when OpenSSL cannot read it, for then nobody could serve it', async () => {
    const { keys, one } = await makeFamily()
    const subject = { name: 'leaf', key: keys.leaf }
    const leaf = await certify(subject, by(one, keys.one))
    const now = plus(begins, days(1))
    const taken = (der: Der): ReturnType<typeof accept> => accept({ chain: [der], key: keys.leaf }, wish(subject), now)
    expect(taken(withMore(leaf))).toEqual({
      ok: false,
      error: expect.objectContaining({
        code: 'ReplyMalformed',
        message: 'the issued certificate is none that OpenSSL can read; it was not stored',
      }),
    })
    expect(taken(leaf)).not.toMatchObject({ error: { code: 'ReplyMalformed' } })
  })
})
