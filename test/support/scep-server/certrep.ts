/** What the fake answers: a CertRep (RFC 8894 section 3.3.2), true or with one thing wrong. */
import { X509Certificate } from 'node:crypto'
import { buildEnvelopedData } from '../../../src/pki/cms/envelopeddata.ts'
import { encodeElement, tags } from '../../../src/pki/der.ts'
import { asDer } from '../../../src/std/bytes.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { SecretText } from '../../../src/std/secret.ts'
import { toBer } from './ber.ts'
import { certificateList, encryptTo, signMessage } from './cms.ts'
import type { Attribute, ReadMessage } from './cms.ts'
import type { Material } from './material.ts'
import type { ScepTroubles } from './troubles.ts'

/** A request as the fake has read it. */
export interface Operation {
  readonly message: ReadMessage
  readonly type: string
  readonly transaction: string
  readonly nonce: Uint8Array
  readonly payload: Uint8Array
}

/** What became of it. */
export interface Judged {
  readonly status: '0' | '2' | '3'
  readonly failInfo?: string | undefined
  readonly certificate?: Der
}

export interface Answering {
  readonly operation: Operation
  readonly judged: Judged
  readonly troubles: ScepTroubles
  readonly material: Material
  /** Of the request: the password of a reply to a key that cannot decrypt. */
  readonly challenge: string | undefined
}

export const scepOid = (last: number): string => `2.16.840.1.113733.1.9.${last}`
const printable = (text: string): Der => encodeElement(tags.printableString, Buffer.from(text, 'latin1'))
const octets = (bytes: Uint8Array): Der => encodeElement(tags.octetString, bytes)

export async function certRep(answering: Answering): Promise<Der> {
  const { troubles, material, judged } = answering
  const signer = troubles.wrongSigner ?? material.signer
  const leads = judged.certificate === undefined ? [] : [judged.certificate]
  const signerFirst = troubles.firstCertificate === 'signer'
  const reply = await signMessage({
    content: await contentOf(answering),
    attributes: attributesOf(answering),
    signer,
    hash: troubles.replyHash ?? 'SHA-256',
    certificates: signerFirst ? [signer.certificate, ...leads] : [...leads, signer.certificate],
  })
  if (troubles.sendsBer === true) return asDer(toBer(reply))
  if (troubles.spoiledSignature === true) reply[reply.length - 1] = (reply.at(-1) ?? 0) ^ 1
  return reply
}

async function contentOf(answering: Answering): Promise<Uint8Array | undefined> {
  const { operation, judged, troubles, material, challenge = '' } = answering
  const { failure, replyCipher = 'AES-128-CBC', encryptsTo, emptySuccess, firstCertificate } = troubles
  const { status, certificate } = judged
  if (status !== '0' || certificate === undefined || emptySuccess === true) {
    if (failure?.content === 'something') return Buffer.from('no reason')
    return failure?.content === 'absent' ? undefined : new Uint8Array()
  }
  const ca = material.ca.certificate
  const list = certificateList(firstCertificate === 'ca' ? [ca, certificate] : [certificate, ca])
  const inSpelling = (der: Der): Uint8Array => (troubles.sendsBer === true ? toBer(der) : der)
  const recipient = encryptsTo?.certificate ?? operation.message.certificate
  if (new X509Certificate(recipient).publicKey.asymmetricKeyType === 'rsa')
    return inSpelling(encryptTo(recipient, list, replyCipher))
  // A key that cannot decrypt: the challenge is the password (section 3.1).
  const password = new SecretText(challenge)
  return buildEnvelopedData({ content: list, recipients: [{ kind: 'password', password }], cipher: 'AES-128-CBC' })
}

function attributesOf({ operation, judged, troubles }: Answering): readonly Attribute[] {
  const { transaction, nonce } = operation
  const { status, failInfo } = judged
  const text = troubles.failure?.text
  return [
    { type: scepOid(2), value: printable(troubles.wrongMessageType === true ? '19' : '3') },
    { type: scepOid(7), value: printable(troubles.wrongTransaction === true ? `${transaction}0` : transaction) },
    { type: scepOid(3), value: printable(troubles.wrongStatus ?? status) },
    { type: scepOid(6), value: octets(troubles.wrongNonce === true ? Buffer.alloc(16) : nonce) },
    { type: scepOid(5), value: octets(Buffer.alloc(16, 7)) },
    ...(failInfo === undefined ? [] : [{ type: scepOid(4), value: printable(failInfo) }]),
    ...(text === undefined
      ? []
      : [{ type: '1.3.6.1.5.5.7.24.1', value: encodeElement(tags.utf8String, Buffer.from(text)) }]),
  ]
}
