/**
 * The first step of a transaction: everything is made, and nothing is sent. What was made is kept, so that whatever happens the
 * CA sees one request.
 */
import type { CertificateFacts } from '../../domain/facts.ts'
import { fault } from '../../domain/fault.ts'
import type { DistinguishedName } from '../../domain/wanted.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import { buildCsr } from '../../pki/csr.ts'
import { sha256Hex } from '../../pki/hash.ts'
import { generateKey } from '../../pki/key.ts'
import { randomBytes } from '../../pki/random.ts'
import type { Order, Outcome } from '../enroller.ts'
import { unsent } from '../outcomes.ts'
import { printOf } from './challenge.ts'
import type { Desk } from './desk.ts'
import { encodeKept } from './kept.ts'
import type { Kept, Requester } from './kept.ts'
import { buildMessage } from './message.ts'
import { selfCertificate } from './selfcertificate.ts'
import { subjectBytes, ticketOf } from './ticket.ts'
import type { Transaction, Way } from './ticket.ts'

export interface Beginning {
  readonly order: Order
  /** What is tried, in this order; at least one. */
  readonly ways: readonly Way[]
  /** Who signs where the certificate that is being replaced does. */
  readonly current?: Requester | undefined
}

const nonceLength = 16

/** Makes a request under a new transactionID (RFC 8894 section 3.2.1.1). @returns pending, with the request to be kept */
export async function beginTransaction(desk: Desk, { order, ways, current }: Beginning): Promise<Outcome> {
  const [way, ...otherWays] = ways
  if (way === undefined) return { kind: 'refused', fault: unsuitableKey(order) }
  const now = desk.ctx.now()
  const transaction: Transaction = {
    phase: 'request',
    id: transactionId(order),
    nonce: Buffer.from(randomBytes(nonceLength)).toString('hex'),
    way,
    otherWays,
    keyHash: order.key.publicKeyHash,
    url: desk.spec.url,
    since: now,
    subject: subjectBytes(requestSubject(order, current)),
    ...(current === undefined ? {} : { current: current.certificate }),
  }
  const requester = way === 'Enroll' || current === undefined ? await firstRequester(desk, order) : current
  const kept = await writeRequest(desk, { transaction, order, requester })
  const keepRequest = isInUse(order, current) ? undefined : encodeKept(kept, order.key)
  return unsent(ticketOf(transaction), { now, keepRequest })
}

/** A key that is used again has no Secret of its own to keep a request in. The request is made again from the ticket then. */
const isInUse = ({ key, replaces }: Order, current: Requester | undefined): boolean =>
  replaces?.publicKeyHash === key.publicKeyHash || current?.key.publicKeyHash === key.publicKeyHash

/** Printable, and different for each attempt even with one key: a failed transaction is never taken up again. */
const transactionId = ({ key }: Order): string =>
  sha256Hex(Buffer.concat([key.publicKey, randomBytes(nonceLength)]))
    .slice(0, 40)
    .toUpperCase()

/** The key that is certified, with a certificate of its own making; or one of the transaction, which can decrypt. */
async function firstRequester(desk: Desk, { wanted, key }: Order): Promise<Requester> {
  const isLent = key.shape.algorithm !== 'RSA' && desk.spec.ecKeys === 'TemporaryRSA'
  const signing = isLent ? await generateKey({ algorithm: 'RSA', size: 2048 }) : key
  return { key: signing, certificate: await selfCertificate(wanted, signing, desk.ctx.now()) }
}

/** The requester of a transaction whose kept request is gone; undefined where its key is gone with it. */
export async function requesterAgain(
  desk: Desk,
  transaction: Transaction,
  order: Order,
): Promise<Requester | undefined> {
  const { way, current } = transaction
  if (way === 'Enroll') return firstRequester(desk, order)
  const facts = current === undefined ? undefined : certificateFacts(current)
  if (current === undefined || facts?.ok !== true || facts.value.publicKeyHash !== order.key.publicKeyHash)
    return undefined
  return { key: order.key, certificate: current }
}

/** @returns the request of a transaction; made twice, it differs only in what encryption draws at random */
export async function writeRequest(
  { spec, site, challenge, ctx }: Desk,
  { transaction, order, requester }: { transaction: Transaction; order: Order; requester: Requester },
): Promise<Kept> {
  const { id, nonce, way } = transaction
  const { algorithms, authority } = site
  const vouchedFor = way === 'RenewalReq' || (way === 'PKCSReq' && spec.challengeUse === 'OneTime')
  // Whoever cannot decrypt with the key needs the challenge as a password of the reply (section 3.1).
  const withChallenge = challenge !== undefined && (!vouchedFor || requester.key.shape.algorithm !== 'RSA')
  const signer = transaction.current === undefined ? undefined : { certificate: transaction.current }
  const payload = await buildCsr({
    wanted: { ...order.wanted, subject: requestSubject(order, signer) },
    key: order.key,
    hash: algorithms.hash,
    ...(withChallenge ? { challengePassword: challenge } : {}),
  })
  const message = await buildMessage(
    {
      head: {
        type: way === 'RenewalReq' ? 'RenewalReq' : 'PKCSReq',
        transaction: id,
        senderNonce: Buffer.from(nonce, 'hex'),
      },
      payload,
      requester,
      recipient: authority.encryption.der,
      algorithms,
    },
    ctx.now(),
  )
  return { transaction: id, message, requester, challenge: withChallenge ? printOf(challenge) : undefined }
}

/** A renewal asks for the subject that the CA gave, which may hold more than was asked for the first time (section 3.3.1.2). */
function requestSubject({ wanted }: Order, current?: Pick<Requester, 'certificate'>): DistinguishedName {
  const facts = current === undefined ? undefined : certificateFacts(current.certificate)
  return facts?.ok === true && isWithin(wanted.subject, facts.value.subject) ? facts.value.subject : wanted.subject
}

/** @returns whether a renewal of the certificate would still be for the subject that is wanted */
export const keepsSubject = ({ wanted }: Order, facts: CertificateFacts): boolean =>
  isWithin(wanted.subject, facts.subject)

function isWithin(wanted: DistinguishedName, given: DistinguishedName): boolean {
  const have = given.flat()
  return wanted.flat().every(({ oid, value }) => have.some((one) => one.oid === oid && one.value === value))
}

/** SCEP encrypts what it sends to the key of whoever asked, and only RSA keys decrypt. */
export const unsuitableKey = ({ wanted }: Order): ReturnType<typeof fault> =>
  fault(
    'RequestUnsupported',
    `SCEP needs a key that can decrypt, and ${wanted.key.algorithm} keys cannot: set spec.privateKey.algorithm of the Certificate to RSA, or spec.scep.ecKeys of the issuer to what its CA supports`,
  )
