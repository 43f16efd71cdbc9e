/** The transactions of a CMP service (RFC 9810 sections 5.3 and 6, RFC 9483 section 4). */
import type { Instant } from '../../../src/std/time.ts'
import { plus, seconds } from '../../../src/std/time.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { generalizedTime, hex, identifier, inside, none, numberOf, oidOf, same } from './asn1.ts'
import { elementOf } from './asn1.ts'
import { Authority } from './authority.ts'
import type { IssuedCertificate } from './authority.ts'
import { certRepMessage, confirmation, errorContent, pollRepContent } from './bodies.ts'
import type { CertResponse } from './bodies.ts'
import { checkConfirmation } from './confirmation.ts'
import { readCertRequests, readPkcs10 } from './crmf.ts'
import type { CertRequest } from './crmf.ts'
import { answerGeneral } from './general.ts'
import type { GeneralAnswers } from './general.ts'
import { failure, objectionTo, revoke } from './judgement.ts'
import type { Incoming } from './judgement.ts'
import type { Material } from './material.ts'
import type { Message } from './message.ts'
import type { Protector } from './protection.ts'
import type { Reply } from './reply.ts'
import type { CmpTroubles } from './troubles.ts'

const infoTypes = { implicitConfirm: '1.3.6.1.5.5.7.4.13', confirmWaitTime: '1.3.6.1.5.5.7.4.14' }

interface Transaction {
  /** The message that began it. */
  readonly first: Uint8Array
  readonly firstNonce: Uint8Array | undefined
  readonly requestType: string
  readonly protector: Protector
  readonly request: CertRequest | undefined
  readonly wantsImplicit: boolean
  /** PollReps still to come. */
  polls: number
  decision: 'waiting' | 'granted' | 'denied'
  issued?: IssuedCertificate
  confirmBy?: Instant
  /** Of the server's last message. */
  nonce?: Uint8Array | undefined
  delayed?: { readonly message: Message; polls: number }
}

const replyTypes: Readonly<Record<string, string>> = { ir: 'ip', cr: 'cp', p10cr: 'cp', kur: 'kup' }

export interface ServiceOptions {
  readonly material: Material
  readonly now: () => Instant
  readonly troubles: CmpTroubles
  readonly general: GeneralAnswers
}

export class CmpService {
  readonly authority: Authority
  readonly #options: ServiceOptions
  readonly #transactions = new Map<string, Transaction>()

  constructor(options: ServiceOptions) {
    this.#options = options
    this.authority = new Authority(options.material, options.now)
  }

  get #troubles(): CmpTroubles {
    return this.#options.troubles
  }

  decide(decision: 'granted' | 'denied'): void {
    for (const one of this.#transactions.values()) if (one.decision === 'waiting') one.decision = decision
  }

  forget(): void {
    this.#transactions.clear()
  }

  /** @param nonce - of a reply, which the next message of the transaction must echo */
  said(transactionId: string, nonce: Uint8Array | undefined): void {
    const one = this.#transactions.get(transactionId)
    if (one !== undefined) one.nonce = nonce
  }

  async answer(incoming: Incoming): Promise<Reply> {
    const { header, type, bytes } = incoming.message
    if (header.pvno !== 2 && header.pvno !== 3) return failure('unsupportedVersion')
    if (header.transactionId === undefined) return failure('badRequest', 'no transactionID')
    if ((header.senderNonce?.length ?? 0) < 16) return failure('badSenderNonce')
    const one = this.#transactions.get(hex(header.transactionId))
    if (type === 'pollReq' || type === 'certConf') {
      if (one === undefined) return failure('badRequest', 'unknown transaction')
      if (one.nonce !== undefined && !same(header.recipNonce, one.nonce)) return failure('badRecipientNonce')
      return type === 'pollReq' ? this.#poll(one, incoming) : this.#later(one, incoming)
    }
    if (one === undefined) return this.#begin(incoming)
    const isRepeat = same(one.first, bytes) && this.#troubles.refusesRepeats !== true
    return isRepeat ? this.#later(one, incoming) : failure('transactionIdInUse')
  }

  #begin(incoming: Incoming): Promise<Reply> {
    const { message, protector } = incoming
    const { header, type, bytes, body } = message
    const request = type === 'p10cr' ? readPkcs10(body) : type in replyTypes ? readCertRequests(body)[0] : undefined
    const one: Transaction = {
      first: bytes,
      firstNonce: header.senderNonce,
      requestType: type,
      protector,
      request,
      wantsImplicit: header.generalInfo.some((info) => oidOf(inside(elementOf(info))[0]) === infoTypes.implicitConfirm),
      polls: this.#troubles.waitingPolls ?? 0,
      decision: this.#troubles.approval === 'manual' ? 'waiting' : 'granted',
    }
    this.#transactions.set(hex(header.transactionId ?? new Uint8Array()), one)
    return this.#later(one, incoming)
  }

  /** The answer, or word that it will be delivered later. */
  async #later(one: Transaction, { message, protector }: Incoming): Promise<Reply> {
    const { delay } = this.#troubles
    if (delay === undefined || delay.of?.includes(message.type) === false) return this.#done(one, message, protector)
    one.delayed = { message, polls: delay.polls }
    return { type: 'error', content: errorContent({ status: 'waiting' }) }
  }

  async #done(one: Transaction, message: Message, protector: Protector): Promise<Reply> {
    switch (message.type) {
      case 'ir':
      case 'cr':
      case 'kur':
      case 'p10cr':
        return this.#certify(one)
      case 'certConf':
        return this.#confirm(one, message)
      case 'rr':
        return revoke({ message, protector }, { authority: this.authority, troubles: this.#troubles })
      case 'genm':
        return { type: 'genp', content: answerGeneral(message.body, this.#options.general) }
      default:
        return failure('badRequest', `${message.type} is not for a server`)
    }
  }

  async #certify(one: Transaction): Promise<Reply> {
    const { rejection } = this.#troubles
    if (rejection !== undefined) return this.#refusal(one, rejection)
    const wrong =
      one.issued === undefined ? objectionTo(one, { authority: this.authority, troubles: this.#troubles }) : undefined
    if (wrong !== undefined) return this.#refusal(one, { status: 'rejection', failInfo: [wrong] })
    if (one.decision === 'denied') return this.#refusal(one, { status: 'rejection', failInfo: ['notAuthorized'] })
    if (one.issued === undefined && (one.decision === 'waiting' || one.polls > 0))
      return this.#certReply(one, { status: { status: 'waiting', text: this.#troubles.pollReason } })
    return this.#grant(one)
  }

  #refusal(one: Transaction, rejection: NonNullable<CmpTroubles['rejection']>): Reply {
    const { by = 'reply', code, details, ...status } = rejection
    if (by === 'error') return { type: 'error', content: errorContent(status, { code, details }) }
    return this.#certReply(one, { status })
  }

  async #grant(one: Transaction): Promise<Reply> {
    const { confirmWaitTime, implicitConfirm = 'asked', granted = { status: 'accepted' } } = this.#troubles
    const transactionId = [...this.#transactions].find(([, value]) => value === one)?.[0] ?? ''
    if (one.request === undefined) return failure('systemFailure')
    const { request, requestType, protector } = one
    const issued =
      one.issued ?? (await this.authority.issue({ request, requestType, protector, transactionId }, this.#troubles))
    one.issued = issued
    const isImplicit = implicitConfirm === 'always' || (implicitConfirm === 'asked' && one.wantsImplicit)
    if (isImplicit) issued.isConfirmed = true
    if (confirmWaitTime !== undefined) one.confirmBy ??= plus(this.#options.now(), seconds(confirmWaitTime))
    const infos: readonly Der[] = [
      ...(isImplicit ? [identifier(infoTypes.implicitConfirm, none)] : []),
      ...(one.confirmBy === undefined ? [] : [identifier(infoTypes.confirmWaitTime, generalizedTime(one.confirmBy))]),
    ]
    const { certificate, privateKey } = issued
    const shown = this.#liesIn(one)?.withoutCertificate === true ? {} : { certificate, privateKey }
    const reply = this.#certReply(one, { status: granted, ...shown })
    return { ...reply, generalInfo: infos, ...(privateKey === undefined ? {} : { pvno: 3 }) }
  }

  #liesIn({ requestType }: Transaction): CmpTroubles | undefined {
    const { only } = this.#troubles
    return only === undefined || only.includes(replyTypes[requestType] ?? '') ? this.#troubles : undefined
  }

  #certReply(one: Transaction, response: Omit<CertResponse, 'id'>): Reply {
    const type = replyTypes[one.requestType] ?? 'cp'
    const lies = this.#liesIn(one)
    const id = lies?.certReqId ?? one.request?.id ?? 0
    const responses = Array.from({ length: lies?.responses ?? 1 }, () => ({ id, ...response }))
    const hasCertificate = response.certificate !== undefined
    const caPubs = this.#troubles.caPubs ?? (type === 'ip' ? [this.#options.material.ca.certificate] : [])
    return { type, content: certRepMessage(responses, hasCertificate ? caPubs : []) }
  }

  async #poll(one: Transaction, { message, protector }: Incoming): Promise<Reply> {
    const id = numberOf(inside(inside(message.body)[0])[0])
    const { checkAfter = 1, pollReason, finalEcho = 'poll' } = this.#troubles
    const pollRep: Reply = { type: 'pollRep', content: pollRepContent(id, checkAfter, pollReason) }
    const echo = finalEcho === 'request' ? one.firstNonce : undefined
    const { delayed } = one
    if (delayed !== undefined) {
      if (delayed.polls > 0) {
        delayed.polls -= 1
        return pollRep
      }
      delete one.delayed
      return { ...(await this.#done(one, delayed.message, protector)), echo }
    }
    if (one.request === undefined || id !== one.request.id) return failure('badRequest', 'nothing to poll for')
    if (one.issued === undefined && (one.polls > 0 || one.decision === 'waiting')) {
      one.polls -= 1
      return pollRep
    }
    return { ...(await this.#certify(one)), echo }
  }

  #confirm(one: Transaction, message: Message): Reply {
    const { confirmation: lie } = this.#troubles
    if (lie !== undefined && lie !== 'nothing') return { type: 'error', content: errorContent(lie) }
    const { issued, confirmBy } = one
    if (issued === undefined) return failure('badRequest', 'nothing to confirm')
    if (confirmBy !== undefined && this.#options.now() > confirmBy) return failure('certRevoked', 'too late')
    const verdict = checkConfirmation(message, issued, one.request?.id ?? 0)
    if (verdict !== 'confirmed' && verdict !== 'refused') return failure(verdict)
    if (verdict === 'confirmed') issued.isConfirmed = true
    else issued.isRevoked = true
    return { type: 'pkiconf', content: confirmation }
  }
}
