/**
 * A CMP server in memory (RFC 9810, RFC 4211, RFC 9483) with a CA that really issues, for replies that no well-behaved server gives.
 * It counts because an independent client has completed transactions against it (test/integration/cmp-clients.test.ts).
 */
import { createHash } from 'node:crypto'
import { certificateFacts } from '../../../src/pki/certificate.ts'
import { encodeElement, encodeSequence, tags } from '../../../src/pki/der.ts'
import { readOid } from '../../../src/pki/readder.ts'
import type { Der } from '../../../src/std/bytes.ts'
import type { Instant } from '../../../src/std/time.ts'
import { Casework } from './casework.ts'
import { answerQuestion } from './general.ts'
import type { Material } from './material.ts'
import { isMac, macOf, signerOf } from './protection.ts'
import { errorBody, statusInfo, writeReply } from './reply.ts'
import type { Body } from './reply.ts'
import type { CmpTroubles } from './troubles.ts'
import { inside, integer, readMessage, signedIn } from './wire.ts'
import type { BodyType, Message } from './wire.ts'

export interface FakeCmpOptions {
  readonly material: Material
  readonly secret: string
  readonly reference: string
  readonly now: () => Instant
}

export interface FakeRequest {
  readonly path: string
  readonly type: string
  readonly body: Uint8Array
}

export interface FakeReply {
  readonly status: number
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: Uint8Array | string
  /** The connection breaks instead. */
  readonly isLost?: boolean
}

/** What a request was, for tests to look at. */
export interface SeenMessage {
  readonly path: string
  readonly type: BodyType
  readonly pvno: number
  readonly transaction: string
  readonly protection: 'secret' | 'signature' | 'none'
  readonly bytes: Uint8Array
  readonly generalInfo: readonly string[]
}

export class FakeCmp {
  readonly troubles: CmpTroubles = {}
  readonly messages: SeenMessage[] = []
  /** Serial numbers of revoked certificates, upper-case hex. */
  readonly revoked: string[] = []
  /** Certificates that were confirmed, and those that the client declined. */
  readonly confirmed: Der[] = []
  readonly declined: Der[] = []
  readonly #options: FakeCmpOptions
  readonly #casework: Casework
  readonly #waiting = new Map<string, Message>()

  constructor(options: FakeCmpOptions) {
    this.#options = options
    this.#casework = new Casework({ ...options, troubles: this.troubles })
  }

  /** Certificates signed so far. */
  get issued(): number {
    return this.#casework.issued
  }

  /** An administrator decides about everything that waits. */
  approve(decision: 'grant' | 'deny' = 'grant'): Promise<void> {
    return this.#casework.decide(decision)
  }

  /** Transactions are forgotten, as by a restart. */
  forget(): void {
    this.#casework.forget()
  }

  async handle({ path, type, body }: FakeRequest): Promise<FakeReply> {
    const { httpStatus, retryAfter, truncatedAt, trailing, replays, losesReplyOf } = this.troubles
    const headers = retryAfter === undefined ? {} : { headers: { 'retry-after': retryAfter } }
    if (httpStatus !== undefined) return { status: httpStatus, body: 'out of order', ...headers }
    if (type !== 'application/pkixcmp') return { status: 415, body: 'this is no CMP message' }
    const message = readOrUndefined(body)
    if (message === undefined) return { status: 400, body: 'this cannot be read' }
    this.messages.push(seen(path, message, body))
    const answered = replays ?? this.troubles.body ?? (await this.#reply(message))
    const cut = truncatedAt === undefined ? answered : answered.subarray(0, truncatedAt)
    const reply = trailing === undefined ? cut : Buffer.concat([cut, trailing])
    return {
      status: 200,
      type: 'application/pkixcmp',
      body: reply,
      isLost: losesReplyOf === message.type,
      ...headers,
    }
  }

  async #reply(message: Message): Promise<Der> {
    const { material, secret, now } = this.#options
    const body = await this.#judge(message)
    const { bytes } = await writeReply({
      request: message,
      body,
      troubles: this.troubles,
      signer: material.signer,
      chain: material.signer === material.ca ? [] : [material.ca.certificate],
      secret,
      now: now(),
      firstNonce: this.#casework.find(message)?.firstNonce,
    })
    return bytes
  }

  async #judge(message: Message): Promise<Body> {
    const { onlyVersion } = this.troubles
    if (onlyVersion !== undefined && message.pvno !== onlyVersion) return refusal(22, 'not this version')
    const protection = this.#isProtected(message)
    if (protection !== undefined) return protection
    switch (message.type) {
      case 'ir':
      case 'cr':
      case 'kur':
      case 'p10cr':
        return this.#casework.request(message)
      case 'pollReq':
        return this.#confirmationOf(message) ?? this.#casework.poll(message)
      case 'certConf':
        return this.#delayed(message) ?? this.#confirm(message)
      case 'rr':
        return this.#revoke(message)
      case 'genm':
        return answerQuestion(message, this.troubles, this.#options.material)
      default:
        return refusal(2, 'no such request')
    }
  }

  /** @returns a refusal where the protection does not hold */
  #isProtected(message: Message): Body | undefined {
    const { secret, reference, material } = this.#options
    const { protectionAlg, protection, protectedPart, senderKID } = message
    if (protectionAlg === undefined || protection === undefined) return refusal(12, 'no protection')
    if (isMac(protectionAlg)) {
      const isKnown = Buffer.from(senderKID).toString() === reference
      const mac = isKnown ? macOf(protectionAlg, secret, protectedPart) : undefined
      return mac !== undefined && Buffer.compare(mac, protection) === 0 ? undefined : refusal(1, 'wrong secret')
    }
    const signer = signerOf(message)
    if (signer === undefined) return refusal(1, 'wrong signature')
    return this.#casework.isKnown(signer) || isIssuedBy(signer, material) ? undefined : refusal(20, 'who are you?')
  }

  #delayed(message: Message): Body | undefined {
    if ((this.troubles.delaysConfirmation ?? 0) <= 0) return undefined
    this.#waiting.set(Buffer.from(message.transactionID).toString('hex'), message)
    return errorBody(statusInfo('waiting', { words: 'later' }))
  }

  /** The answer to a certConf that had to wait, or that it has to wait on. */
  #confirmationOf({ transactionID }: Message): Body | undefined {
    const certConf = this.#waiting.get(Buffer.from(transactionID).toString('hex'))
    if (certConf === undefined) return undefined
    const left = (this.troubles.delaysConfirmation ?? 0) - 1
    this.troubles.delaysConfirmation = left
    if (left <= 0) return this.#confirm(certConf)
    return { type: 'pollRep', content: encodeSequence(encodeSequence(integer(-1), integer(5))) }
  }

  #confirm(message: Message): Body {
    const one = this.#casework.find(message)
    const [status] = inside(message.body)
    const [hash, id, ...more] = inside(status)
    if (one?.certificate === undefined || hash === undefined) return refusal(2, 'nothing to confirm')
    const { rejectsConfirmation } = this.troubles
    if (rejectsConfirmation !== undefined) return refusal(rejectsConfirmation, 'not this one')
    const algorithm = inside(more.find(({ tag }) => tag === 0xa0))[0]
    const digest = createHash(hashName(algorithm && readOid(inside(algorithm)[0], 'hash')))
      .update(one.certificate)
      .digest()
    if (Buffer.compare(digest, hash.content) !== 0 || signedIn(id) !== one.certReqId)
      return refusal(4, 'another certificate')
    const info = more.find(({ tag }) => tag === tags.sequence)
    const isRejected = info !== undefined && signedIn(inside(info)[0]) === 2
    ;(isRejected ? this.declined : this.confirmed).push(one.certificate)
    return { type: 'pkiconf', content: encodeElement(tags.null) }
  }

  #revoke(message: Message): Body {
    const [details] = inside(message.body)
    const [template] = inside(details)
    const serial = inside(template).find(({ tag }) => tag === 0x81)
    const { rejects } = this.troubles
    const answer = (info: Der): Body => ({ type: 'rp', content: encodeSequence(encodeSequence(info)) })
    if (rejects !== undefined)
      return answer(statusInfo('rejection', { bits: rejects.bits ?? [], words: rejects.text ?? '' }))
    this.revoked.push(
      Buffer.from(serial?.content ?? [])
        .toString('hex')
        .replace(/^00/, '')
        .toUpperCase(),
    )
    return answer(statusInfo('accepted'))
  }
}

const hashName = (oid: string | undefined): string => (oid === '2.16.840.1.101.3.4.2.3' ? 'sha512' : 'sha256')

const refusal = (bit: number, words: string): Body => errorBody(statusInfo('rejection', { bits: [bit], words }))

function isIssuedBy(certificate: Der, { ca }: Material): boolean {
  const [facts, above] = [certificateFacts(certificate), certificateFacts(ca.certificate)]
  return facts.ok && above.ok && facts.value.authorityKeyId === above.value.subjectKeyId
}

function readOrUndefined(bytes: Uint8Array): Message | undefined {
  try {
    return readMessage(bytes)
  } catch {
    return undefined
  }
}

const seen = (path: string, message: Message, bytes: Uint8Array): SeenMessage => ({
  path,
  type: message.type,
  pvno: message.pvno,
  transaction: Buffer.from(message.transactionID).toString('hex'),
  protection: message.protection === undefined ? 'none' : isMac(message.protectionAlg) ? 'secret' : 'signature',
  bytes,
  generalInfo: [...message.generalInfo.keys()],
})
