/** What an ip, cp, kup or error says of our request. Throws Malformed for what cannot be read. */
import type { CmpSpec } from '../../api/issuer/cmp.ts'
import type { CertificateFacts } from '../../domain/facts.ts'
import type { Wanted } from '../../domain/wanted.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import { assembleChain } from '../../pki/chain.ts'
import type { DerElement } from '../../pki/der.ts'
import type { PrivateKey } from '../../pki/key.ts'
import { readTime } from '../../pki/readder.ts'
import type { Der } from '../../std/bytes.ts'
import { hours, plus } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import { readCertRep } from './certrep.ts'
import type { CertRep, CertResponse } from './certrep.ts'
import { openCentralKey } from './centralkey.ts'
import { wholeMessage } from './crmf.ts'
import type { Checked, Conversation } from './exchange.ts'
import type { ReplyDefect } from './faults.ts'
import { infoTypes } from './header.ts'
import type { BodyName } from './message.ts'
import { readError, statusWords } from './status.ts'
import type { StatusInfo } from './status.ts'
import type { Asking, Transaction } from './ticket.ts'
import { issuersOf } from './trust.ts'

export type Answered =
  | {
      readonly kind: 'granted'
      /** The certificate first. */
      readonly chain: readonly Der[]
      readonly roots: readonly Der[]
      readonly certReqId: number
      /** The CA waits for no confirmation. */
      readonly isConfirmed: boolean
      readonly key?: PrivateKey | undefined
      readonly warning?: string | undefined
      /** Until when the CA waits for a confirmation. */
      readonly confirmBy: Instant
    }
  | { readonly kind: 'waiting'; readonly certReqId: number; readonly text: string }
  | { readonly kind: 'refused'; readonly status: StatusInfo }
  /** The CA issued something that is not what was asked for, and should hear of it. */
  | {
      readonly kind: 'unfit'
      readonly certificate: Der
      readonly certReqId: number
      readonly defect: ReplyDefect
      readonly why: string
    }
  | { readonly kind: 'defective'; readonly defect: ReplyDefect; readonly why: string }

interface Asked {
  readonly transaction: Transaction
  readonly order: { readonly key: PrivateKey; readonly wanted: Pick<Wanted, 'names'> }
  readonly conversation: Conversation
}

/** By the request. A PKCS #10 request is answered as a certification is. */
const replies: Readonly<Record<Asking, BodyName>> = { ir: 'ip', cr: 'cp', p10cr: 'cp', kur: 'kup' }

/** The one request of a message; the answer to a PKCS #10 request should say -1, and some say 0 (RFC 9810 section 5.3.4). */
const ids: ReadonlySet<number> = new Set([0, -1])

export function readAnswer(asked: Asked, reply: Checked): Answered {
  const { name, content } = reply.message
  const { asking } = asked.transaction
  if (name === 'error') {
    const status = readError(content)
    return status.status === 'waiting'
      ? { kind: 'waiting', certReqId: wholeMessage, text: status.text }
      : { kind: 'refused', status }
  }
  if (name !== replies[asking])
    return {
      kind: 'defective',
      defect: 'body',
      why: `the CA answered the ${asking} with ${name}, which is no answer to it`,
    }
  const rep = readCertRep(content)
  const [response, ...more] = rep.responses
  if (response === undefined || more.length > 0)
    return { kind: 'defective', defect: 'body', why: `the reply holds ${rep.responses.length} answers to one request` }
  if (!ids.has(response.certReqId))
    return {
      kind: 'defective',
      defect: 'request',
      why: `the reply is to request ${response.certReqId}, which was never made`,
    }
  return readResponse(asked, reply, { rep, response })
}

interface Told {
  readonly rep: CertRep
  readonly response: CertResponse
}

function readResponse(asked: Asked, reply: Checked, { rep, response }: Told): Answered {
  const { status, certReqId, certificate, isEncrypted } = response
  if (status.status === 'waiting') return { kind: 'waiting', certReqId, text: status.text }
  if (status.status === 'rejection') return { kind: 'refused', status }
  if (isEncrypted)
    return { kind: 'defective', defect: 'certificate', why: 'the certificate came encrypted, which nobody asked for' }
  const facts = certificate === undefined ? undefined : certificateFacts(certificate)
  if (certificate === undefined || facts?.ok !== true)
    return {
      kind: 'defective',
      defect: 'certificate',
      why: `the CA says ${status.status} and sends no certificate that can be read`,
    }
  const unfit = (defect: ReplyDefect, why: string): Answered => ({ kind: 'unfit', certificate, certReqId, defect, why })
  const { spec, protector } = asked.conversation
  const key = keyOf(spec, response, { facts: facts.value, asked })
  if (!key.ok) return unfit(key.defect, key.why)
  const missing = status.status === 'accepted' ? missingName(asked.order.wanted, facts.value) : undefined
  if (missing !== undefined) return unfit('names', `the CA left out the name "${missing}" and does not say so`)
  const { extraCerts, header } = reply.message
  const chain = unique([certificate, ...rep.caPubs, ...extraCerts]).slice(0, mostCertificates)
  const bySecret = reply.protection === 'secret'
  return {
    kind: 'granted',
    chain,
    roots: rootsOf(asked.conversation, { chain, caPubs: bySecret ? rep.caPubs : [], facts: facts.value }),
    certReqId,
    isConfirmed: header.generalInfo.has(infoTypes.implicitConfirm) && spec.implicitConfirm === 'Request',
    key: key.key,
    warning: warningOf(status, protector.kind === 'secret' && !bySecret),
    confirmBy: confirmationEnd(asked.conversation, header.generalInfo.get(infoTypes.confirmWaitTime)),
  }
}

/** Some write names in capitals, which mean the same. */
function missingName({ names }: Pick<Wanted, 'names'>, facts: CertificateFacts): string | undefined {
  const held = new Set(facts.names.map(({ type, value }) => `${type} ${value.toLowerCase()}`))
  return names.find(({ type, value }) => !held.has(`${type} ${value.toLowerCase()}`))?.value
}

const usualConfirmWait = hours(1)

/** confirmWaitTime (RFC 9810 section 5.1.1.2), or an hour where the CA does not say. */
const confirmationEnd = ({ ctx }: Conversation, time: DerElement | undefined): Instant =>
  time === undefined ? plus(ctx.now(), usualConfirmWait) : readTime(time, 'confirmWaitTime')

/** They lie in the status until they are confirmed. */
const mostCertificates = 12

type KeyFound =
  | { readonly ok: true; readonly key: PrivateKey | undefined }
  | { readonly ok: false; readonly defect: ReplyDefect; readonly why: string }

function keyOf(
  { keyGeneration }: CmpSpec,
  { privateKey }: CertResponse,
  { facts, asked }: { readonly facts: CertificateFacts; readonly asked: Asked },
): KeyFound {
  if (keyGeneration !== 'Central')
    return facts.publicKeyHash === asked.order.key.publicKeyHash
      ? { ok: true, key: undefined }
      : {
          ok: false,
          defect: 'anotherKey',
          why: 'the CA sent a certificate for another key than the one of the request',
        }
  if (privateKey === undefined)
    return { ok: false, defect: 'keyUnreadable', why: 'the CA was asked to make the key, and sent none' }
  const opened = openCentralKey(asked.conversation, privateKey)
  if (!opened.ok) return { ok: false, ...opened.error }
  return opened.value.publicKeyHash === facts.publicKeyHash
    ? { ok: true, key: opened.value }
    : { ok: false, defect: 'anotherKey', why: 'the key that the CA made is not that of the certificate it sent' }
}

interface Path {
  readonly chain: readonly Der[]
  /** Only what came under a shared secret (RFC 9810 section 5.3.2). */
  readonly caPubs: readonly Der[]
  readonly facts: CertificateFacts
}

/** Roots that may be trusted: named under the secret, by the spec, or above a CA that vouched for us before. */
function rootsOf({ anchors, protector }: Conversation, { chain, caPubs, facts }: Path): readonly Der[] {
  const before = protector.kind === 'signature' ? issuersOf(protector.signer.identity.chain, chain) : []
  const known = anchors.length > 0 ? anchors : unique([...caPubs, ...before])
  if (known.length === 0) return []
  const path = assembleChain({ certificates: chain, publicKeyHash: facts.publicKeyHash, roots: known })
  const root = path.ok ? path.value.root : undefined
  return root === undefined ? [] : [root]
}

function unique(ders: readonly Der[]): readonly Der[] {
  const byBytes = new Map(ders.map((der) => [Buffer.from(der).toString('latin1'), der]))
  return [...byBytes.values()]
}

function warningOf(status: StatusInfo, isSigned: boolean): string | undefined {
  const parts = [
    status.status === 'accepted'
      ? undefined
      : `the CA answered ${statusWords(status)}; compare the certificate with the request`,
    isSigned ? 'the CA signed its reply to a request under a shared secret' : undefined,
  ].filter((part) => part !== undefined)
  return parts.length === 0 ? undefined : parts.join('; ')
}
