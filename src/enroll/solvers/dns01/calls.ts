/**
 * One call of a provider's API: a deadline, a limit on what is read, and its refusals told by the provider's own table. What a
 * service says is repeated only on one line, clipped, and without what is secret.
 */
import { fault, faultTable } from '../../../domain/fault.ts'
import type { Fault, FaultCode } from '../../../domain/fault.ts'
import type { HttpRequest, HttpResponse } from '../../../net/http.ts'
import { readJsonObject } from '../../../std/json.ts'
import type { JsonObject } from '../../../std/json.ts'
import { err, ok } from '../../../std/result.ts'
import type { Result } from '../../../std/result.ts'
import { clip } from '../../../std/text.ts'
import { plus, seconds } from '../../../std/time.ts'
import type { Instant } from '../../../std/time.ts'
import { clampedWait } from '../../outcomes.ts'
import { transportFault } from '../../transport.ts'
import type { DnsChange, ProviderCtx } from './provider.ts'

/** How one refusal is told. `{field}` in the cure stands for the provider's member of the spec. */
export interface FaultRow {
  readonly code: FaultCode
  readonly cure: string
}

/** What a service says in a refusal, as far as it can be read. */
export interface Said {
  /** The service's own code. */
  readonly code?: string | undefined
  /** From a member that the service's protocol has for them: these are shown. */
  readonly words?: string | undefined
  /** From a body that may be anything, as that of a server that is no such service: these are for the log alone. */
  readonly unshown?: string | undefined
}

/** How a service refuses: its own codes say more than HTTP statuses do. */
export interface Dialect {
  /** As people call the service; may hold `{field}`. */
  readonly service: string
  readonly statuses: Readonly<Record<number, FaultRow>>
  readonly codes: Readonly<Record<string, FaultRow>>
  read(reply: HttpResponse): Said
}

export interface Refusal {
  readonly fault: Fault
  /** HTTP status; undefined when there was no reply. */
  readonly status?: number
  /** The service's own code. */
  readonly code?: string | undefined
  /** Raw, as the service said it: to be judged, never to be shown. */
  readonly words?: string
  readonly wakeAt?: Instant | undefined
}

export type Called<T> = Result<T, Refusal>

export interface Call {
  readonly request: HttpRequest
  /** What the call is for, after "to": for example `list zones`. */
  readonly purpose: string
  /** Texts that a hostile reply may repeat. */
  readonly secrets: readonly string[]
}

/** Who calls: the same for all calls of one provider. */
export interface Caller {
  readonly dialect: Dialect
  /** Path of the provider's member in the spec, for example `spec.acme.solvers[0].dns01.cloudflare`. */
  readonly field: string
}

const deadline = seconds(20)

/** What HTTP itself says, where the provider's table says nothing. */
const usual: Readonly<Record<number, FaultRow>> = {
  401: { code: 'CredentialsRejected', cure: 'check the credentials that {field} names' },
  403: { code: 'CredentialsRejected', cure: 'check what the credentials that {field} names are allowed to do' },
  408: { code: 'ServerFailed', cure: 'it is tried again' },
  429: { code: 'RateLimited', cure: 'it is tried again later' },
}

const nameOf = ({ dialect, field }: Caller): string => dialect.service.replaceAll('{field}', field)

/** @returns a 2xx reply, or why there is none */
export async function call(
  caller: Caller,
  { request, purpose, secrets }: Call,
  ctx: ProviderCtx,
): Promise<Called<HttpResponse>> {
  const sent = await ctx.http.send({ timeout: deadline, ...request }, ctx.signal)
  const service = nameOf(caller)
  if (!sent.ok) {
    const cause = transportFault(sent.error)
    return err({ fault: { ...cause, message: `${service} could not be asked to ${purpose}: ${cause.message}` } })
  }
  const reply = sent.value
  if (reply.status >= 200 && reply.status < 300) return ok(reply)
  return err(refusalOf(caller, { reply, purpose, secrets, now: ctx.now() }))
}

/** A call whose reply is a JSON object. */
export async function callJson(caller: Caller, made: Call, ctx: ProviderCtx): Promise<Called<JsonObject>> {
  const reply = await call(caller, made, ctx)
  if (!reply.ok) return reply
  const body = readJsonObject(reply.value.body)
  return body === undefined ? err(unreadable(caller, made.purpose)) : ok(body)
}

/** A reply that cannot be what the service sends: somebody stands in between, or the service has changed. */
export const unreadable = (caller: Caller, purpose: string): Refusal => ({
  fault: fault(
    'ReplyMalformed',
    `${nameOf(caller)} was asked to ${purpose} and sent something that cannot be understood; look at what stands between it and this cluster`,
  ),
})

interface Refused {
  readonly reply: HttpResponse
  readonly purpose: string
  readonly secrets: readonly string[]
  readonly now: Instant
}

function refusalOf(caller: Caller, { reply, purpose, secrets, now }: Refused): Refusal {
  const { dialect, field } = caller
  const { code, words = '', unshown = '' } = dialect.read(reply)
  const row = (code === undefined ? undefined : entry(dialect.codes, code)) ?? rowOf(dialect, reply.status)
  const clean = (text: string): string =>
    clip(secrets.flatMap(spellings).reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text))
  const shown = clean(words)
  const said = shown === '' ? '' : `, saying "${shown}"`
  const cure = row.cure.replaceAll('{field}', field)
  const message = `${nameOf(caller)} answered HTTP ${reply.status} when asked to ${purpose}${said}; ${cure}`
  return {
    fault: unshown === '' ? fault(row.code, message) : fault(row.code, message, clean(unshown)),
    status: reply.status,
    code,
    words,
    wakeAt: reply.retryAfter === undefined ? undefined : clampedWait(reply.retryAfter, now),
  }
}

/** As it is, as forms and URLs write it, and as HTTP Basic does. */
const spellings = (secret: string): readonly string[] => [
  secret,
  encodeURIComponent(secret),
  encodeURIComponent(secret).replaceAll('%20', '+'),
  Buffer.from(secret).toString('base64'),
]

const entry = (table: Readonly<Record<string, FaultRow>>, key: string): FaultRow | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined

function rowOf({ statuses }: Dialect, status: number): FaultRow {
  const row = statuses[status] ?? usual[status]
  if (row !== undefined) return row
  if (status >= 500) return { code: 'ServerFailed', cure: 'it is tried again' }
  if (status >= 400) return { code: 'RequestRejected', cure: 'its documentation says what that means' }
  return { code: 'ReplyMalformed', cure: 'look at what stands between it and this cluster' }
}

const luck: ReadonlySet<string> = new Set(['rate', 'network', 'server', 'protocol', 'operator'])

/** What a refusal means for the change: who can mend it decides. */
export function refused({ fault: cause, wakeAt }: Refusal): DnsChange {
  if (!luck.has(faultTable[cause.code].about)) return { kind: 'failed', fault: cause }
  return wakeAt === undefined ? { kind: 'deferred', fault: cause } : { kind: 'deferred', fault: cause, wakeAt }
}

/** A change that a service has taken, but not yet put into force everywhere. */
export const notYet = (now: Instant, note: string): DnsChange => ({
  kind: 'later',
  wakeAt: plus(now, seconds(4)),
  note,
})

export const failed = (code: FaultCode, message: string): Refusal => ({ fault: fault(code, message) })
