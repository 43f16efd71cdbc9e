/** Replies, well protected or not, as {@link CmpTroubles} has them. */
import { randomBytes } from 'node:crypto'
import { identifierOf } from '../../../src/pki/cms/identifier.ts'
import { encodeElement, encodeSequence, tags } from '../../../src/pki/der.ts'
import { certificateFacts } from '../../../src/pki/certificate.ts'
import type { Der } from '../../../src/std/bytes.ts'
import type { Instant } from '../../../src/std/time.ts'
import { isMac, macOf, pbm, sealBySignature } from './protection.ts'
import type { Holder, Seal } from './protection.ts'
import type { CmpTroubles } from './troubles.ts'
import { assemble, elementOf, encodeBody, encodeHeader, integer, text } from './wire.ts'
import type { BodyType, Message } from './wire.ts'

export const states = { accepted: 0, grantedWithMods: 1, rejection: 2, waiting: 3 } as const

/** @param bits - of PKIFailureInfo */
export function statusInfo(
  status: keyof typeof states,
  { bits = [], words = '' }: { readonly bits?: readonly number[]; readonly words?: string } = {},
): Der {
  return encodeSequence(
    integer(states[status]),
    ...(words === '' ? [] : [encodeSequence(text(words))]),
    ...(bits.length === 0 ? [] : [bitString(bits)]),
  )
}

function bitString(bits: readonly number[]): Der {
  const octets = Buffer.alloc(4)
  for (const bit of bits) octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7))
  const length = (Math.max(...bits) >> 3) + 1
  const unused = 7 - (Math.max(...bits) & 7)
  return encodeElement(tags.bitString, Uint8Array.of(unused), octets.subarray(0, length))
}

export const errorBody = (info: Uint8Array): Body => ({ type: 'error', content: encodeSequence(info) })

export interface Body {
  readonly type: BodyType
  readonly content: Uint8Array
  /** InfoTypeAndValues, DER. */
  readonly generalInfo?: readonly Uint8Array[]
}

export interface Replying {
  readonly request: Message
  readonly body: Body
  readonly troubles: CmpTroubles
  readonly signer: Holder
  /** That come along with a signature. */
  readonly chain: readonly Der[]
  readonly secret: string
  readonly now: Instant
  /** The nonce of the first message of the transaction. */
  readonly firstNonce: Uint8Array | undefined
}

export async function writeReply(replying: Replying): Promise<{ readonly bytes: Der; readonly nonce: Uint8Array }> {
  const { request, body, troubles, now } = replying
  const nonce = randomBytes(16)
  const seal = sealFor(replying)
  const byMac = seal === undefined ? false : isMac(elementOf(seal.identifier))
  const signer = troubles.wrongSigner ?? replying.signer
  const messageTime = troubles.messageTime === 'none' ? undefined : (troubles.messageTime ?? now)
  const header = encodeHeader({
    pvno: request.pvno,
    sender: subjectOf(troubles.wrongSender === true ? undefined : signer),
    messageTime,
    protectionAlg: seal?.identifier,
    senderKID: byMac ? request.senderKID : keyId(signer),
    transactionID: troubles.wrongTransaction === true ? randomBytes(16) : request.transactionID,
    senderNonce: nonce,
    recipNonce: echo(replying),
    generalInfo: body.generalInfo ?? [],
  })
  const content = encodeBody(troubles.wrongBody ?? body.type, body.content)
  const protection = await seal?.seal(encodeSequence(header, content))
  const isBare = troubles.leavesOutSigner === true || (body.type === 'pkiconf' && troubles.barePkiConf === true)
  const extraCerts = byMac || seal === undefined || isBare ? [] : [signer.certificate, ...replying.chain]
  return { bytes: assemble({ header, body: content, protection: spoiled(protection, troubles), extraCerts }), nonce }
}

function echo({ request, troubles, body, firstNonce }: Replying): Uint8Array | undefined {
  if (troubles.lacksNonce === true) return undefined
  if (troubles.wrongNonce === true) return randomBytes(16)
  const isFinal = request.type === 'pollReq' && body.type !== 'pollRep'
  return troubles.echoesFirstNonce === true && isFinal ? firstNonce : request.senderNonce
}

function spoiled(protection: Uint8Array | undefined, { spoiled: spoils }: CmpTroubles): Uint8Array | undefined {
  if (protection === undefined || spoils !== true) return protection
  const copy = Uint8Array.from(protection)
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1
  return copy
}

function sealFor({ request, troubles, signer, secret }: Replying): Seal | undefined {
  if (troubles.unprotected === true) return undefined
  if (!isMac(request.protectionAlg) || troubles.signsAlways === true)
    return sealBySignature(troubles.wrongSigner ?? signer)
  const identifier = pbm(randomBytes(16), troubles.iterations ?? 500)
  // Computing so many rounds would be the server's own trouble.
  const computed = troubles.iterations === undefined ? identifier : pbm(randomBytes(16), 1)
  return {
    identifier,
    seal: (data) =>
      Promise.resolve(macOf(elementOf(computed), troubles.wrongSecret ?? secret, data) ?? new Uint8Array()),
  }
}

function subjectOf(holder: Holder | undefined): Der {
  if (holder !== undefined) return identifierOf(holder.certificate).subject
  const stranger = encodeSequence(encodeElement(tags.oid, Uint8Array.of(0x55, 4, 3)), text('Somebody Else'))
  return encodeSequence(encodeElement(tags.set, stranger))
}

function keyId({ certificate }: Holder): Uint8Array | undefined {
  const facts = certificateFacts(certificate)
  const id = facts.ok ? facts.value.subjectKeyId : undefined
  return id === undefined ? undefined : Buffer.from(id, 'hex')
}
