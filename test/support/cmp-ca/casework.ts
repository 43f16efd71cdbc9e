/** Requests for certificates and what becomes of them: granted, waiting, denied. */
import type { Wanted } from '../../../src/domain/wanted.ts'
import { identifierOf } from '../../../src/pki/cms/identifier.ts'
import type { Recipient } from '../../../src/pki/cms/envelopeddata.ts'
import { encodeElement, encodeSequence, tags } from '../../../src/pki/der.ts'
import { issueCertificate } from '../../../src/pki/issue.ts'
import { generateKey } from '../../../src/pki/key.ts'
import type { PrivateKey } from '../../../src/pki/key.ts'
import { readSigner } from '../../../src/pki/signer.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { SecretText } from '../../../src/std/secret.ts'
import { days, instant, plus } from '../../../src/std/time.ts'
import { unwrap } from '../unwrap.ts'
import { encryptedKey } from './centralkey.ts'
import type { FakeCmpOptions } from './fake.ts'
import { isMac } from './protection.ts'
import { errorBody, statusInfo } from './reply.ts'
import type { Body } from './reply.ts'
import { readCrmf, readPkcs10 } from './request.ts'
import type { Request } from './request.ts'
import type { CmpTroubles } from './troubles.ts'
import { algorithm, generalizedTime, integer, tagged, text } from './wire.ts'
import type { BodyType, Message } from './wire.ts'

export interface Case {
  readonly request: Request
  readonly certReqId: number
  readonly firstNonce: Uint8Array
  readonly reply: BodyType
  readonly recipient: Recipient
  readonly wantsImplicitConfirm: boolean
  certificate?: Der
  key?: PrivateKey
  isDenied?: boolean
}

const implicitConfirm = '1.3.6.1.5.5.7.4.13'
const confirmWait = '1.3.6.1.5.5.7.4.14'

const replies: Readonly<Partial<Record<BodyType, BodyType>>> = { ir: 'ip', cr: 'cp', p10cr: 'cp', kur: 'kup' }

const hexOf = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')

export class Casework {
  readonly #options: FakeCmpOptions & { readonly troubles: CmpTroubles }
  readonly #cases = new Map<string, Case>()
  readonly #certificates: Der[] = []

  constructor(options: FakeCmpOptions & { readonly troubles: CmpTroubles }) {
    this.#options = options
  }

  get issued(): number {
    return this.#certificates.length
  }

  isKnown(certificate: Der): boolean {
    return this.#certificates.some((one) => Buffer.compare(one, certificate) === 0)
  }

  find({ transactionID }: Message): Case | undefined {
    return this.#cases.get(hexOf(transactionID))
  }

  forget(): void {
    this.#cases.clear()
  }

  async decide(decision: 'grant' | 'deny'): Promise<void> {
    for (const one of this.#cases.values()) {
      if (one.certificate !== undefined) continue
      if (decision === 'deny') one.isDenied = true
      else await this.#issue(one)
    }
  }

  async request(message: Message): Promise<Body> {
    const { troubles } = this.#options
    const known = this.find(message)
    if (known !== undefined && troubles.refusesKnownTransactions === true) return refused(21, 'transaction is known')
    if (known !== undefined) return this.#state(known)
    const request = message.type === 'p10cr' ? readPkcs10(message.body) : readCrmf(message.body)
    const trouble = this.#troubleWith(message, request)
    if (trouble !== undefined) return trouble
    const { type, senderNonce, generalInfo } = message
    const id = type === 'p10cr' && troubles.zeroForPkcs10 === true ? 0 : request.certReqId
    const one: Case = {
      request,
      certReqId: troubles.wrongRequestId ?? id,
      firstNonce: senderNonce,
      reply: replies[type] ?? 'ip',
      recipient: this.#recipient(message),
      wantsImplicitConfirm: generalInfo.has(implicitConfirm),
    }
    this.#cases.set(hexOf(message.transactionID), one)
    if (troubles.approval !== 'manual') await this.#issue(one)
    return this.#state(one)
  }

  async poll(message: Message): Promise<Body> {
    const { troubles } = this.#options
    const one = this.find(message)
    if (one === undefined) return refused(2, 'nothing to poll for')
    if (troubles.pollsUntilApproval !== undefined && troubles.pollsUntilApproval-- <= 0) await this.decide('grant')
    if (one.certificate !== undefined || one.isDenied === true) return this.#state(one)
    const { checkAfter = 30, reason = '' } = troubles
    const id = troubles.delaysWholeMessage === true ? -1 : one.certReqId
    const words = reason === '' ? [] : [encodeSequence(text(reason))]
    return { type: 'pollRep', content: encodeSequence(encodeSequence(integer(id), integer(checkAfter), ...words)) }
  }

  #troubleWith(message: Message, { proof, oldCertId }: Request): Body | undefined {
    const { rejects } = this.#options.troubles
    if (rejects !== undefined) {
      const info = statusInfo('rejection', { bits: rejects.bits ?? [], words: rejects.text ?? '' })
      if (rejects.inError === true) return errorBody(info)
      return { type: replies[message.type] ?? 'ip', content: certRep([response(integer(0), info)]) }
    }
    if (proof === 'broken') return refused(9, 'the proof does not hold')
    if (message.type !== 'kur') return undefined
    const [signer] = message.extraCerts
    if (isMac(message.protectionAlg) || signer === undefined) return refused(12, 'an update is signed')
    const { issuer, serialNumber } = identifierOf(signer)
    const expected = encodeSequence(tagged(4, issuer), serialNumber)
    return oldCertId !== undefined && Buffer.compare(oldCertId, expected) === 0
      ? undefined
      : refused(4, 'another certificate')
  }

  #recipient(message: Message): Recipient {
    const [certificate] = message.extraCerts
    return isMac(message.protectionAlg) || certificate === undefined
      ? { kind: 'password', password: new SecretText(this.#options.secret) }
      : { kind: 'certificate', certificate }
  }

  async #issue(one: Case): Promise<void> {
    const { material, now, troubles } = this.#options
    const { request } = one
    if (request.publicKey === undefined) one.key = await generateKey({ algorithm: 'ECDSA', size: 256 })
    const own = request.publicKey ?? one.key?.publicKey ?? material.ca.key.publicKey
    const wanted: Wanted = {
      subject: request.subject,
      names: troubles.leavesOutNames === true ? [] : request.names,
      key: { algorithm: 'ECDSA', size: 256 },
      lifetime: days(90),
      usages: ['digital signature', 'key encipherment', 'key agreement', 'server auth', 'client auth'],
      encodeUsagesInRequest: true,
      isCA: false,
    }
    one.certificate = await issueCertificate({
      wanted,
      publicKey: troubles.certifiesAnotherKey === true ? material.ca.key.publicKey : own,
      signer: unwrap(readSigner(material.ca)),
      notBefore: now(),
      notAfter: instant(Math.min(request.notAfter ?? Infinity, plus(now(), days(90)))),
    })
    this.#certificates.push(one.certificate)
  }

  async #state(one: Case): Promise<Body> {
    const { troubles, material } = this.#options
    if (one.isDenied === true)
      return {
        type: one.reply,
        content: certRep([response(integer(one.certReqId), statusInfo('rejection', { bits: [23] }))]),
      }
    if (one.certificate === undefined) {
      if (troubles.delaysWholeMessage === true) return errorBody(statusInfo('waiting', { words: 'later' }))
      return { type: one.reply, content: certRep([response(integer(one.certReqId), statusInfo('waiting'))]) }
    }
    const { status = 'accepted', words = '', grantsImplicitConfirm } = troubles
    const pair = troubles.lacksCertificate === true ? undefined : await this.#keyPair(one, one.certificate)
    const answer = response(integer(one.certReqId), statusInfo(status, { words }), pair)
    const isImplicit = grantsImplicitConfirm === true && one.wantsImplicitConfirm
    return {
      type: one.reply,
      content: certRep(troubles.severalResponses === true ? [answer, answer] : [answer], [
        material.root.certificate,
        ...(material.ca === material.root ? [] : [material.ca.certificate]),
      ]),
      generalInfo: [
        ...(isImplicit ? [algorithm(implicitConfirm, encodeElement(tags.null))] : []),
        ...(troubles.confirmWaitTime === undefined
          ? []
          : [algorithm(confirmWait, generalizedTime(troubles.confirmWaitTime))]),
      ],
    }
  }

  async #keyPair({ key, recipient }: Case, certificate: Der): Promise<Der> {
    const held = tagged(0, certificate)
    if (key === undefined) return encodeSequence(held)
    const { troubles, material } = this.#options
    const sent = troubles.sendsAnotherKey === true ? await generateKey(key.shape) : key
    return encodeSequence(held, tagged(0, await encryptedKey(sent, troubles.keyMaker ?? material.ca, recipient)))
  }
}

const refused = (bit: number, words: string): Body => errorBody(statusInfo('rejection', { bits: [bit], words }))

const response = (id: Der, status: Der, pair?: Der): Der =>
  encodeSequence(id, status, ...(pair === undefined ? [] : [pair]))

const certRep = (responses: readonly Der[], caPubs: readonly Der[] = []): Der =>
  encodeSequence(...(caPubs.length === 0 ? [] : [tagged(1, encodeSequence(...caPubs))]), encodeSequence(...responses))
