/**
 * The first step of a transaction: everything is made, and nothing is sent. What was made is kept, so that whatever happens the
 * CA sees one request.
 */
import { certificateFacts } from '../../pki/certificate.ts'
import { identifierOf } from '../../pki/cms/identifier.ts'
import { buildCsr } from '../../pki/csr.ts'
import { encodeElement, encodeSequence, tags } from '../../pki/der.ts'
import { randomBytes } from '../../pki/random.ts'
import type { DistinguishedName } from '../../domain/wanted.ts'
import type { Der } from '../../std/bytes.ts'
import { plus } from '../../std/time.ts'
import type { Identity, Order, Outcome } from '../enroller.ts'
import { unsent } from '../outcomes.ts'
import { buildRequest } from './crmf.ts'
import { conversationOf, versions } from './desk.ts'
import type { Desk } from './desk.ts'
import { write } from './exchange.ts'
import { infoTypes } from './header.ts'
import type { Info } from './header.ts'
import { encodeKept } from './kept.ts'
import type { Body } from './message.ts'
import { signerOf } from './protection.ts'
import type { Protector } from './protection.ts'
import { ticketOf } from './ticket.ts'
import type { Asking, Transaction } from './ticket.ts'

export interface Beginning {
  readonly order: Order
  readonly asking: Asking
  /** What a renewal replaces, and is signed with. */
  readonly current?: Identity | undefined
  readonly pvno?: number | undefined
}

/** A ticket lies in a status. */
const mostInTicket = 4

/** RFC 9810 section 5.1.1: 128 bits, for transactionID and nonces. */
export const freshNonce = (): Uint8Array => randomBytes(16)

/** Makes a request under a new transactionID. @returns pending, with the request to be kept */
export async function beginTransaction(desk: Desk, beginning: Beginning): Promise<Outcome> {
  const { order, asking, current } = beginning
  const { ctx, spec } = desk
  const transaction: Transaction = {
    phase: 'request',
    id: freshNonce(),
    nonce: freshNonce(),
    asking,
    pvno: beginning.pvno ?? (isCentral(desk) ? versions.cmp2021 : versions.cmp2000),
    keyHash: order.key.publicKeyHash,
    url: spec.url,
    since: ctx.now(),
    current: current?.chain.slice(0, mostInTicket),
  }
  const protector = protectorOf(desk, current)
  const message = await writeRequest(desk, { transaction, order, protector })
  ctx.signal.throwIfAborted()
  const keepRequest = isInUse(order, current) ? undefined : encodeKept({ message, current }, transaction.id)
  return unsent(ticketOf(transaction), { now: ctx.now(), keepRequest })
}

const isCentral = ({ spec }: Desk): boolean => spec.keyGeneration === 'Central'

/** @returns who protects: the identity that is being replaced, otherwise what the issuer has */
export function protectorOf({ means }: Desk, current: Identity | undefined): Protector {
  const signer = current === undefined ? undefined : signerOf(current)
  return signer === undefined ? means.protector : { kind: 'signature', signer }
}

/** A key that is used again has no Secret of its own to keep a request in. The request is made again from the ticket then. */
const isInUse = ({ key, replaces }: Order, current: Identity | undefined): boolean =>
  replaces?.publicKeyHash === key.publicKeyHash || current?.key.publicKeyHash === key.publicKeyHash

interface Writing {
  readonly transaction: Transaction
  readonly order: Order
  readonly protector: Protector
}

/** @returns the request of a transaction; made twice, it differs only in what protection and proof draw at random */
export async function writeRequest(desk: Desk, { transaction, order, protector }: Writing): Promise<Der> {
  const { id, nonce, asking, pvno } = transaction
  const conversation = conversationOf(desk, { opening: asking, transactionID: id, protector, pvno })
  const body = { name: asking, content: await contentOf(desk, transaction, order) } as const satisfies Body
  return write(conversation, { body, senderNonce: nonce, generalInfo: wishesOf(desk) })
}

async function contentOf(desk: Desk, transaction: Transaction, order: Order): Promise<Der> {
  const { spec } = desk
  const { asking, since } = transaction
  const [current] = transaction.current ?? []
  const subject = subjectOf(order, current)
  if (asking === 'p10cr') return buildCsr({ wanted: order.wanted, key: order.key, ...(subject && { subject }) })
  const { wanted } = order
  return buildRequest({
    wanted,
    subject,
    key: isCentral(desk) ? undefined : order.key,
    validity: spec.validity === 'Omit' ? undefined : { notBefore: since, notAfter: plus(since, wanted.lifetime) },
    replaces: asking === 'kur' && current !== undefined ? identifierOf(current) : undefined,
    registrationToken: current === undefined ? desk.means.registrationToken : undefined,
    authenticator: desk.means.authenticator,
    proof: spec.proofOfPossession ?? 'Signature',
  })
}

/** A key update keeps the subject that the CA gave, which may hold more than was asked for (RFC 9483 section 4.1.3). */
function subjectOf({ wanted }: Order, current: Der | undefined): Der | undefined {
  const facts = current === undefined ? undefined : certificateFacts(current)
  if (current === undefined || facts?.ok !== true || !isWithin(wanted.subject, facts.value.subject)) return undefined
  return identifierOf(current).subject
}

function isWithin(wanted: DistinguishedName, given: DistinguishedName): boolean {
  const have = given.flat()
  return wanted.flat().every(({ oid, value }) => have.some((one) => one.oid === oid && one.value === value))
}

function wishesOf({ spec }: Desk): readonly Info[] {
  const { certProfile, implicitConfirm } = spec
  return [
    ...(implicitConfirm === 'Request' ? [{ type: infoTypes.implicitConfirm, value: encodeElement(tags.null) }] : []),
    ...(certProfile === undefined
      ? []
      : [
          {
            type: infoTypes.certProfile,
            value: encodeSequence(encodeElement(tags.utf8String, Buffer.from(certProfile))),
          },
        ]),
  ]
}
