/** Keys that the CA makes: EnvelopedData around SignedData around an AsymmetricKeyPackage (RFC 9483 section 4.1.6). */
import { buildEnvelopedData } from '../../../src/pki/cms/envelopeddata.ts'
import type { Recipient } from '../../../src/pki/cms/envelopeddata.ts'
import { buildSignedData } from '../../../src/pki/cms/signeddata.ts'
import { encodeElement, encodeSequence } from '../../../src/pki/der.ts'
import type { PrivateKey } from '../../../src/pki/key.ts'
import type { Der } from '../../../src/std/bytes.ts'
import type { Holder } from './protection.ts'
import { elementOf, inside } from './wire.ts'

const oids = { keyPackage: '2.16.840.1.101.2.1.2.78.5', signedData: '1.2.840.113549.1.7.2' }

/** @returns EncryptedKey, DER: the EnvelopedData in its implicit tag */
export async function encryptedKey(key: PrivateKey, maker: Holder, recipient: Recipient): Promise<Der> {
  const signed = await buildSignedData({
    content: encodeSequence(key.toDer('PKCS8')),
    contentType: oids.keyPackage,
    signer: maker,
    hash: 'SHA-256',
    signedAttributes: [],
    certificates: [maker.certificate],
  })
  const envelope = await buildEnvelopedData({
    content: bare(signed),
    contentType: oids.signedData,
    recipients: [recipient],
    cipher: 'AES-256-CBC',
  })
  const [, wrapped] = inside(elementOf(envelope))
  const [data] = inside(wrapped)
  return encodeElement(0xa0, data?.content ?? new Uint8Array())
}

/** What is in a ContentInfo: RFC 9483 wants the SignedData without one, because the envelope names its type. */
function bare(contentInfo: Der): Uint8Array {
  const [, wrapped] = inside(elementOf(contentInfo))
  return inside(wrapped)[0]?.encoded ?? new Uint8Array()
}
