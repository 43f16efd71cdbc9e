/** Keys that a fake CA makes, on their way to whoever asked for them. */
import { createCipheriv, randomBytes } from 'node:crypto'
import { buildEnvelopedData } from '../../../src/pki/cms/envelopeddata.ts'
import { buildSignedData } from '../../../src/pki/cms/signeddata.ts'
import { encodeElement, encodeOid, encodeSequence, encodeSetOf, encodeUnsigned, tags } from '../../../src/pki/der.ts'
import type { PrivateKey } from '../../../src/pki/key.ts'
import type { Der } from '../../../src/std/bytes.ts'

const ids = {
  signedData: '1.2.840.113549.1.7.2',
  envelopedData: '1.2.840.113549.1.7.3',
  keyPackage: '2.16.840.1.101.2.1.2.78.5',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
  aesWraps: new Map([
    [16, { oid: '2.16.840.1.101.3.4.1.5', name: 'id-aes128-wrap' }],
    [32, { oid: '2.16.840.1.101.3.4.1.45', name: 'id-aes256-wrap' }],
  ]),
}

/** SignedData of an AsymmetricKeyPackage (RFC 7030 section 4.4.2). */
export const signedKey = (key: PrivateKey, signer: { key: PrivateKey; certificate: Der }): Promise<Der> =>
  buildSignedData({
    content: encodeSequence(key.toDer('PKCS8')),
    contentType: ids.keyPackage,
    signer,
    hash: 'SHA-256',
    certificates: [signer.certificate],
  })

export const forCertificate = (content: Der, certificate: Der): Promise<Der> =>
  buildEnvelopedData({
    content,
    contentType: ids.signedData,
    recipients: [{ kind: 'certificate', certificate }],
    cipher: 'AES-256-CBC',
  })

/** EnvelopedData with a KEKRecipientInfo (RFC 5652 section 6.2.3). */
export function forSharedKey(content: Der, key: Uint8Array, identifier: Uint8Array): Der {
  const wrap = ids.aesWraps.get(key.length)
  if (wrap === undefined) throw new Error(`no wrap for a key of ${key.length} octets`)
  const [contentKey, iv] = [randomBytes(32), randomBytes(16)]
  const wrapper = createCipheriv(wrap.name, key, Buffer.alloc(8, 0xa6))
  const cipher = createCipheriv('aes-256-cbc', contentKey, iv)
  const recipient = encodeElement(
    0xa2,
    encodeUnsigned(Uint8Array.of(4)),
    encodeSequence(encodeElement(tags.octetString, identifier)),
    encodeSequence(encodeOid(wrap.oid)),
    encodeElement(tags.octetString, Buffer.concat([wrapper.update(contentKey), wrapper.final()])),
  )
  const enveloped = encodeSequence(
    encodeUnsigned(Uint8Array.of(2)),
    encodeSetOf(recipient),
    encodeSequence(
      encodeOid(ids.signedData),
      encodeSequence(encodeOid(ids.aes256Cbc), encodeElement(tags.octetString, iv)),
      encodeElement(0x80, Buffer.concat([cipher.update(content), cipher.final()])),
    ),
  )
  return encodeSequence(encodeOid(ids.envelopedData), encodeElement(0xa0, enveloped))
}
