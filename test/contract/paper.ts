/**
 * The smallest protocol with a network: an order is posted, the CA thinks about it, the certificate is fetched. It exists so
 * that the network chapters of the suite are tried by something simple, and as the first thing to read before writing a harness.
 *
 *   POST /orders/<id> {names, key}  ──► 202    repeating it is harmless: the id is the CA's idempotency key
 *   GET  /orders/<id>               ──► 202 | 200 certificate | 403 with a reason
 *   POST /revoke/<serial>           ──► 200
 *   GET  /health                    ──► 200 "paper"
 */
import { fault } from '../../src/domain/fault.ts'
import type { Fault } from '../../src/domain/fault.ts'
import { formatDistinguishedName } from '../../src/domain/name.ts'
import type { SubjectName } from '../../src/domain/wanted.ts'
import type { InferredAuthority } from '../../src/enroll/authorities.ts'
import type {
  Credentials,
  Ctx,
  Enroller,
  Order,
  Outcome,
  ProtocolFactory,
  Revocable,
} from '../../src/enroll/enroller.ts'
import type { HttpResponse } from '../../src/net/http.ts'
import { certificateFacts } from '../../src/pki/certificate.ts'
import { asDer } from '../../src/std/bytes.ts'
import type { Der } from '../../src/std/bytes.ts'
import { err, ok } from '../../src/std/result.ts'
import type { Result } from '../../src/std/result.ts'
import { plus, seconds } from '../../src/std/time.ts'
import type { Instant } from '../../src/std/time.ts'

export interface PaperSpec {
  readonly url: string
  readonly tokenSecret: string
}

/** What is posted for an order. */
export interface PaperOrder {
  readonly names: readonly SubjectName[]
  /** Base64 of the SubjectPublicKeyInfo. */
  readonly publicKey: string
}

const field = 'spec.paper.tokenSecret'
const pause = seconds(10)

export const paper: ProtocolFactory<PaperSpec> = {
  protocol: 'paper',
  needs: (spec) => [{ field, secretName: spec.tokenSecret, keys: ['token'] }],
  create: (spec, credentials) => {
    const token = readToken(credentials)
    if (token === undefined)
      return fault('CredentialsMissing', `Secret "${spec.tokenSecret}" has no usable token; put the CA's token there`)
    return paperEnroller({ url: spec.url, token })
  },
}

function readToken(credentials: Credentials): string | undefined {
  const token = Buffer.from(credentials.get(field)?.['token'] ?? []).toString('latin1')
  return /^[!-~]+$/.test(token) ? token : undefined
}

interface Account {
  readonly url: string
  readonly token: string
}

function paperEnroller(account: Account): Enroller {
  const enroll = (order: Order, ctx: Ctx): Promise<Outcome> => place(account, order, ctx)
  let authority: InferredAuthority | undefined
  return {
    protocol: 'paper',
    traits: { inProcess: false, renewsWithCurrent: false, revokes: true, serverKeys: false, lifetime: 'ignored' },
    prepare: async (ctx) => {
      const reply = await call(account, { path: 'health' }, ctx)
      if (!reply.ok) return { kind: 'notReady', fault: reply.error.fault }
      if (Buffer.from(reply.value.body).toString() !== 'paper') return { kind: 'notReady', fault: strange }
      const authorities = authority === undefined ? {} : { authorities: authority }
      return { kind: 'ready', message: `The CA at ${account.url} answers`, ...authorities }
    },
    enroll,
    renew: (order, _current, ctx) => enroll(order, ctx),
    poll: async (ticket, order, ctx) => {
      const { id } = ticket.state
      if (ticket.version !== 1 || typeof id !== 'string') return enroll(order, ctx)
      const outcome = await fetchOrder(account, { id, order }, ctx)
      if (outcome.kind === 'issued') authority = issuerIn(outcome.chain)
      return outcome
    },
    revoke: async (current, _reason, ctx) => {
      const reply = await call(account, { path: `revoke/${serialOf(current)}`, body: '' }, ctx)
      return reply.ok ? { kind: 'revoked' } : { kind: 'deferred', ...reply.error }
    },
  }
}

const strange = fault('ReplyMalformed', 'the CA answered something that is not the paper protocol; check the URL')

/** Only the wish and the key make the id, so that a process that died finds its order again. */
async function place(account: Account, order: Order, ctx: Ctx): Promise<Outcome> {
  const id = order.key.publicKeyHash
  const body: PaperOrder = {
    names: order.wanted.names,
    publicKey: Buffer.from(order.key.publicKey).toString('base64'),
  }
  const reply = await call(account, { path: `orders/${id}`, body: JSON.stringify(body) }, ctx)
  if (!reply.ok) return { kind: 'deferred', ...reply.error }
  return waiting(id, ctx)
}

const waiting = (id: string, ctx: Ctx): Outcome => ({
  kind: 'pending',
  ticket: { version: 1, phase: 'deciding', state: { id } },
  wakeAt: plus(ctx.now(), pause),
  note: 'The CA is deciding',
})

async function fetchOrder(
  account: Account,
  { id, order }: { readonly id: string; readonly order: Order },
  ctx: Ctx,
): Promise<Outcome> {
  const ticket = { version: 1, phase: 'deciding', state: { id } }
  const reply = await call(account, { path: `orders/${encodeURIComponent(id)}` }, ctx)
  if (!reply.ok) return { kind: 'deferred', ...reply.error, ticket }
  const { status, body } = reply.value
  if (status === 403)
    return { kind: 'refused', fault: fault('PolicyDenied', 'the CA refused the order; ask its operator why') }
  if (status === 202) return waiting(id, ctx)
  const facts = certificateFacts(asDer(body))
  if (!facts.ok || facts.value.publicKeyHash !== order.key.publicKeyHash)
    return { kind: 'deferred', fault: strange, ticket }
  return { kind: 'issued', chain: [asDer(body)] }
}

/** Nothing shows the CA; its name stands on what it issued. */
function issuerIn(chain: readonly Der[]): InferredAuthority | undefined {
  const top = chain.map(certificateFacts).at(-1)
  if (top?.ok !== true) return undefined
  return {
    kind: 'inferred',
    subject: formatDistinguishedName(top.value.issuer),
    keyId: top.value.authorityKeyId,
  }
}

function serialOf({ chain, key }: Revocable): string {
  const all = chain.map(certificateFacts).filter((facts) => facts.ok)
  return all.find(({ value }) => value.publicKeyHash === key?.publicKeyHash)?.value.serialNumber ?? ''
}

interface Trouble {
  readonly fault: Fault
  readonly wakeAt?: Instant
}

/** @returns a reply of the protocol (200, 202, 403), or what to say of everything else */
async function call(
  { url, token }: Account,
  { path, body }: { readonly path: string; readonly body?: string },
  ctx: Ctx,
): Promise<Result<HttpResponse, Trouble>> {
  const method = body === undefined ? 'GET' : 'POST'
  const headers = { authorization: `Bearer ${token}` }
  const request = { method, url: `${url}/${path}`, headers, ...(body === undefined ? {} : { body }) } as const
  const sent = await ctx.http.send(request, ctx.signal)
  if (!sent.ok) return err({ fault: fault('Unreachable', `the CA cannot be reached: ${sent.error.message}`) })
  const { status, retryAfter } = sent.value
  if ([200, 202, 403].includes(status)) return ok(sent.value)
  const failure = fault('ServerFailed', `the CA answered with status ${status}; try again later`)
  return err({ fault: failure, ...(retryAfter === undefined ? {} : { wakeAt: retryAfter }) })
}
