/** The four operations of SCEP over HTTP (RFC 8894 section 4.1). Knows no transactions; says what was answered. */
import type { ScepSpec } from '../../api/issuer/scep.ts'
import { fault } from '../../domain/fault.ts'
import type { HttpRequest, HttpResponse } from '../../net/http.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { between } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { Ctx } from '../enroller.ts'
import type { CallFailure } from '../outcomes.ts'
import { transportFault } from '../transport.ts'
import { messageText, operationUrl, redirectTarget } from './address.ts'
import type { Operation } from './address.ts'
import { can, readCapabilities } from './capabilities.ts'
import type { Capabilities } from './capabilities.ts'
import { statusFault } from './faults.ts'

/** A call without a usable answer. */
export interface ServiceFailure extends CallFailure {
  /** Undefined when nothing came back. */
  readonly status?: number | undefined
}

export type Answer<T> = Result<T, ServiceFailure>

/** A reply whose bytes have not been read. */
export interface Reply {
  readonly bytes: Uint8Array
  readonly retryAfter: Instant | undefined
}

/** Statuses with which services say that they have never heard of GetCACaps; then there are no capabilities (section 3.5.1). */
const withoutCapabilities: ReadonlySet<number> = new Set([400, 403, 404, 405, 500, 501])

const postHeaders = { 'content-type': 'application/x-pki-message' }

export class ScepClient {
  readonly #spec: ScepSpec

  constructor(spec: ScepSpec) {
    this.#spec = spec
  }

  /** Asks what the service can do. One that does not know the question can do nothing. */
  async capabilities(ctx: Ctx): Promise<Answer<Capabilities>> {
    const began = ctx.now()
    const answer = await this.#get('GetCACaps', this.#spec.caIdentifier ?? '', ctx)
    if (!answer.ok && !withoutCapabilities.has(answer.error.status ?? 0)) {
      tell(answer, { operation: 'GetCACaps', began, ctx })
      return answer
    }
    const capabilities = answer.ok ? readCapabilities(answer.value.body) : new Set<never>()
    const words = [...capabilities].join(', ') || 'no capabilities'
    const reply = answer.ok ? `${answer.value.status} ${words}` : `${answer.error.status} ${words}`
    ctx.told({ request: 'GetCACaps', reply, took: between(began, ctx.now()) })
    return ok(capabilities)
  }

  /** @returns the certificate or the list of certificates, not yet read */
  async caCertificates(ctx: Ctx): Promise<Answer<Reply>> {
    return this.#fetch('GetCACert', ctx)
  }

  /** @returns a signed list of the certificates that the CA will change to, not yet read */
  async nextCaCertificates(ctx: Ctx): Promise<Answer<Reply>> {
    return this.#fetch('GetNextCACert', ctx)
  }

  /**
   * Sends a pkiMessage. A service that lists POST and then does not take it gets a GET.
   *
   * @returns the reply, not yet read. Its exchange is told by the caller, who can read what it says
   */
  async operate(message: Uint8Array, capabilities: Capabilities, ctx: Ctx): Promise<Answer<Reply>> {
    const { httpMethod = 'Auto' } = this.#spec
    const posts = httpMethod === 'POST' || (httpMethod === 'Auto' && can(capabilities, 'POSTPKIOperation'))
    if (!posts) return bodyOf(await this.#getMessage(message, ctx))
    const url = operationUrl(this.#spec.url, 'PKIOperation')
    const posted = await this.#send({ method: 'POST', url, headers: postHeaders, body: message }, 'PKIOperation', ctx)
    const isRefused = !posted.ok && (posted.error.status === 405 || posted.error.status === 501)
    return bodyOf(isRefused && httpMethod === 'Auto' ? await this.#getMessage(message, ctx) : posted)
  }

  async #fetch(operation: 'GetCACert' | 'GetNextCACert', ctx: Ctx): Promise<Answer<Reply>> {
    const began = ctx.now()
    const answer = await this.#get(operation, this.#spec.caIdentifier ?? '', ctx)
    return bodyOf(tell(answer, { operation, began, ctx }))
  }

  #getMessage(message: Uint8Array, ctx: Ctx): Promise<Answer<HttpResponse>> {
    return this.#get('PKIOperation', messageText(message, this.#spec.getEncoding), ctx)
  }

  #get(operation: Operation, message: string, ctx: Ctx): Promise<Answer<HttpResponse>> {
    return this.#send({ method: 'GET', url: operationUrl(this.#spec.url, operation, message) }, operation, ctx)
  }

  async #send(request: HttpRequest, operation: Operation, ctx: Ctx): Promise<Answer<HttpResponse>> {
    let url = request.url
    for (let followed = 0; ; followed += 1) {
      const sent = await ctx.http.send({ ...request, url }, ctx.signal)
      if (!sent.ok) return err({ fault: transportFault(sent.error) })
      const { status, headers, retryAfter } = sent.value
      if (status >= 200 && status < 300) return ok(sent.value)
      const location = headers.get('location')
      const next = isRedirect(status, request.method) ? redirectTarget(url, location, followed) : undefined
      if (next === undefined) return err({ fault: statusFault(status, operation, location), status, retryAfter })
      url = next
    }
  }
}

/** A POST may become a GET by 301, 302 and 303, which would lose its body (RFC 9110 section 15.4). */
const isRedirect = (status: number, method: string): boolean =>
  status === 307 || status === 308 || (method === 'GET' && [301, 302, 303].includes(status))

function bodyOf(answer: Answer<HttpResponse>): Answer<Reply> {
  if (!answer.ok) return answer
  const { body, headers, retryAfter } = answer.value
  if (body.length > 0 && !looksLikeText(body)) return ok({ bytes: body, retryAfter })
  const what =
    body.length === 0 ? 'an empty reply' : `text (${(headers.get('content-type') ?? 'of no type').slice(0, 60)})`
  return err({
    fault: fault(
      'ReplyMalformed',
      `the SCEP service answered with ${what} where a message belongs; check spec.scep.url`,
    ),
  })
}

/** Nothing that SCEP sends begins like a web page. */
const looksLikeText = (body: Uint8Array): boolean => /^\s*</.test(Buffer.from(body.subarray(0, 64)).toString('latin1'))

function tell(
  answer: Answer<HttpResponse>,
  { operation, began, ctx }: { readonly operation: Operation; readonly began: Instant; readonly ctx: Ctx },
): Answer<HttpResponse> {
  const reply = answer.ok
    ? `${answer.value.status} ${(answer.value.headers.get('content-type') ?? '').slice(0, 60)}`.trim()
    : answer.error.fault.message
  ctx.told({ request: operation, reply, took: between(began, ctx.now()) })
  return answer
}
