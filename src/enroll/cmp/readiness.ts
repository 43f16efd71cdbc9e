/** What the status of an issuer shows of its CMP server: asked by general message (RFC 9483 section 4.3). */
import { formatDistinguishedName } from '../../domain/name.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import { identifierOf } from '../../pki/cms/identifier.ts'
import type { DerElement } from '../../pki/der.ts'
import type { Der } from '../../std/bytes.ts'
import { reading } from '../../pki/readder.ts'
import { ok } from '../../std/result.ts'
import { toRfc3339 } from '../../std/time.ts'
import type { Fault } from '../../domain/fault.ts'
import type { IssuerDetails, Readiness, TrackedCredential } from '../enroller.ts'
import { clampedWait } from '../outcomes.ts'
import { outOfTimeSigner } from './credentials.ts'
import { authoritiesOf, isRoot, nextRootDetails, noRootUpdate } from './authorities.ts'
import type { RootUpdate } from './authorities.ts'
import { conversationOf, versions } from './desk.ts'
import type { Desk } from './desk.ts'
import { exchange, write } from './exchange.ts'
import type { Checked, Exchanged } from './exchange.ts'
import { rejectionFault, replyFault } from './faults.ts'
import {
  answerOf,
  countCrls,
  crlQuestion,
  encodeQuestion,
  readCaCerts,
  readRootUpdate,
  readTemplate,
} from './general.ts'
import { infoTypes } from './header.ts'
import { freshNonce } from './request.ts'
import { readError } from './status.ts'

export async function prepare(desk: Desk): Promise<Readiness> {
  const { protector } = desk.means
  const trouble = protector.kind === 'signature' ? outOfTimeSigner(protector.signer, desk.ctx.now()) : undefined
  if (trouble !== undefined) return { kind: 'notReady', fault: trouble }
  const exchanged = await ask(desk, encodeQuestion(infoTypes.caCerts))
  const credentials = credentialsOf(desk)
  if (exchanged.kind === 'unanswered') {
    const { fault, retryAfter } = exchanged.failure
    const wakeAt = retryAfter === undefined ? {} : { wakeAt: clampedWait(retryAfter, desk.ctx.now()) }
    return { kind: 'notReady', fault, ...wakeAt }
  }
  if (exchanged.kind === 'rejected')
    return onlyReached(desk, replyFault(exchanged.defective.defect, exchanged.defective.why))
  const { reply } = exchanged
  const refusal = refusalOf(reply)
  if (refusal !== undefined && refusal.code !== 'RequestRejected') return onlyReached(desk, refusal)
  const caCerts = refusal === undefined ? caCertsOf(reply) : []
  const more = refusal === undefined ? await moreDetails(desk, caCerts) : {}
  const update = refusal === undefined ? await askRootUpdate(desk, caCerts) : noRootUpdate
  const details = { ...detailsOf(reply, caCerts), ...more, ...nextRootDetails(update, described) }
  const name = nameOf(reply, caCerts)
  const silence = refusal === undefined ? '' : '; it answers no general messages'
  return {
    kind: 'ready',
    message: `The CA${name === undefined ? '' : ` "${name}"`} answers over CMP${silence}${pinAdvice(desk, reply)}`,
    details,
    credentials: [...credentials, ...expiring([...caCerts, ...signersOf(reply, caCerts)])],
    ...authoritiesOf({ caCerts, protection: reply.protection, update, anchors: desk.means.anchors }),
  }
}

async function ask(desk: Desk, content: Uint8Array): Promise<Exchanged> {
  const { protector } = desk.means
  const talk = { opening: 'genm', transactionID: freshNonce(), protector, pvno: versions.cmp2000 } as const
  const conversation = conversationOf(desk, talk)
  const senderNonce = freshNonce()
  const message = await write(conversation, { body: { name: 'genm', content }, senderNonce })
  return exchange(conversation, { message, name: 'genm', nonces: [senderNonce] })
}

/** An answer of any kind is one where the spec asks for no more. */
function onlyReached({ spec }: Desk, fault: Fault): Readiness {
  if (spec.probe !== 'Reachability') return { kind: 'notReady', fault }
  return { kind: 'ready', message: `The CMP server answers; whether it would issue is not known: ${fault.message}` }
}

/** @returns why the CA does not answer the question; undefined when it does */
function refusalOf({ message }: Checked): Fault | undefined {
  if (message.name === 'genp') return undefined
  const error = message.name === 'error' ? reading(() => ok(readError(message.content))) : undefined
  if (error?.ok === true) return rejectionFault('genm', error.value)
  return replyFault('body', `the CA answered the genm with ${message.name}, which is no answer to it`)
}

function caCertsOf({ message }: Checked): readonly Der[] {
  const value = answerOf(message.content, infoTypes.caCerts)
  return value.ok ? readCaCerts(value.value) : []
}

function nameOf({ message }: Checked, caCerts: readonly Der[]): string | undefined {
  const [first] = caCerts.length > 0 ? caCerts : message.extraCerts
  const facts = first === undefined ? undefined : certificateFacts(first)
  return facts?.ok === true ? formatDistinguishedName(facts.value.subject).slice(0, 100) : undefined
}

function detailsOf({ message, protection }: Checked, caCerts: readonly Der[]): IssuerDetails {
  return {
    version: message.header.pvno,
    replies:
      protection === 'secret' ? 'protected by the shared secret' : protection === 'none' ? 'not protected' : 'signed',
    caCertificates: described(caCerts),
    signerCertificates: described(message.extraCerts.slice(0, 5)),
  }
}

const described = (ders: readonly Der[]): readonly IssuerDetails[] =>
  ders.slice(0, 10).flatMap((der) => {
    const facts = certificateFacts(der)
    if (!facts.ok) return []
    const { subject, fingerprint, notAfter } = facts.value
    return [{ subject: formatDistinguishedName(subject).slice(0, 200), fingerprint, notAfter: toRfc3339(notAfter) }]
  })

/** What the spec wants to know besides; a CA that does not answer one question is none the worse. */
async function moreDetails(desk: Desk, caCerts: readonly Der[]): Promise<IssuerDetails> {
  const wanted = new Set(desk.spec.generalMessages ?? [])
  const template = wanted.has('RequestTemplate') ? await valueOf(desk, infoTypes.certReqTemplate) : undefined
  const [issuer] = caCerts
  const crls =
    wanted.has('CRLs') && issuer !== undefined
      ? await valueOf(desk, infoTypes.crlStatusList, {
          value: crlQuestion(identifierOf(issuer).subject),
          answer: infoTypes.crls,
        })
      : undefined
  return { ...readTemplate(template), ...(crls === undefined ? {} : { revocationLists: countCrls(crls) }) }
}

interface Question {
  readonly value?: Uint8Array
  /** Where the answer is of another type than the question. */
  readonly answer?: string
}

async function valueOf(
  desk: Desk,
  type: string,
  { value, answer = type }: Question = {},
): Promise<DerElement | undefined> {
  const exchanged = await ask(desk, encodeQuestion(type, value))
  if (exchanged.kind !== 'answered' || exchanged.reply.message.name !== 'genp') return undefined
  const found = answerOf(exchanged.reply.message.content, answer)
  return found.ok ? found.value : undefined
}

/** @returns the root that comes next, of the first root among those that the CA issues with and the spec's */
async function askRootUpdate(desk: Desk, caCerts: readonly Der[]): Promise<RootUpdate> {
  if (!(desk.spec.generalMessages ?? []).includes('RootUpdate')) return noRootUpdate
  const root = [...desk.means.anchors, ...caCerts].find(isRoot)
  if (root === undefined) return noRootUpdate
  const answer = await ask(desk, encodeQuestion(infoTypes.rootCaCert, root))
  if (answer.kind !== 'answered' || answer.reply.message.name !== 'genp') return { next: undefined }
  const value = answerOf(answer.reply.message.content, infoTypes.rootCaKeyUpdate)
  if (!value.ok) return { next: undefined }
  const next = readRootUpdate(value.value, root)
  if (!next.ok) return { next: undefined, refused: next.error }
  return { next: next.value === undefined ? [] : [next.value] }
}

function credentialsOf({ means }: Desk): readonly TrackedCredential[] {
  const { protector } = means
  if (protector.kind === 'secret') return []
  const { facts } = protector.signer
  return [
    { name: `client certificate "${formatDistinguishedName(facts.subject).slice(0, 100)}"`, notAfter: facts.notAfter },
  ]
}

/** Who signs in front of the CA, where somebody does. */
const signersOf = ({ message, protection }: Checked, caCerts: readonly Der[]): readonly Der[] =>
  protection === 'signature'
    ? message.extraCerts.filter((der) => caCerts.every((ca) => Buffer.compare(ca, der) !== 0))
    : []

/** Those whose end ends the service. */
const expiring = (certificates: readonly Der[]): readonly TrackedCredential[] =>
  certificates.slice(0, 5).flatMap((der) => {
    const facts = certificateFacts(der)
    if (!facts.ok) return []
    const { subject, isCA, notAfter } = facts.value
    return [{ name: `${isCA ? 'CA' : 'RA'} certificate "${formatDistinguishedName(subject).slice(0, 100)}"`, notAfter }]
  })

/** A secret vouches for the CA once; what signs the replies to renewals can be known by then. */
function pinAdvice({ spec }: Desk, { message, protection }: Checked): string {
  const [signer] = message.extraCerts
  const facts = signer === undefined ? undefined : certificateFacts(signer)
  if (protection !== 'signature' || facts?.ok !== true || spec.signerFingerprint !== undefined) return ''
  return `; to pin who signs its replies, set spec.cmp.signerFingerprint to ${facts.value.fingerprint}`
}
