/** The operations of EST over HTTPS (RFC 7030 section 3.2). Knows no transactions; says what was answered. */
import type { EstSpec } from '../../api/issuer/est.ts'
import type { HttpRequest, HttpResponse, TlsSession } from '../../net/http.ts'
import type { ClientCertificate, Trust } from '../../net/tls.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { between } from '../../std/time.ts'
import type { Ctx } from '../enroller.ts'
import type { CallFailure } from '../outcomes.ts'
import { transportFault } from '../transport.ts'
import { judgeRedirect, operationUrl } from './address.ts'
import type { Operation } from './address.ts'
import { redirectFault, statusFault, wordsOf } from './faults.ts'
import { clip } from '../../std/text.ts'
import type { HttpLogin, Proof } from './login.ts'
import { readMediaType } from './multipart.ts'

export interface ServerFailure extends CallFailure {
  /** Undefined when nothing came back. */
  readonly status?: number | undefined
}

export type Answer<T> = Result<T, ServerFailure>

export interface Call {
  readonly operation: Operation
  /** Text, base64 already. A GET without. */
  readonly body?: string
  /** Instead of {@link Call.body}: made for the TLS session that it travels on. */
  readonly boundBody?: (session: TlsSession) => Promise<Uint8Array>
  readonly clientCertificate?: ClientCertificate | undefined
  /** Whom to trust instead of whom the issuer's settings say. */
  readonly trust?: Trust | 'nobodyKnown' | undefined
  /** Whether the password may be sent when the server asks for it. `never` before it is known who asks. */
  readonly login: 'whenAsked' | 'never'
}

/** Statuses that are an answer: done, accepted for later, and nothing to say. */
const answers: ReadonlySet<number> = new Set([200, 202, 204])
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

export class EstClient {
  readonly #spec: EstSpec
  readonly #login: HttpLogin

  constructor(spec: EstSpec, login: HttpLogin) {
    this.#spec = spec
    this.#login = login
  }

  /** @returns a reply with 200, 202 or 204 */
  async call(call: Call, ctx: Ctx): Promise<Answer<HttpResponse>> {
    let url = operationUrl(this.#spec, call.operation)
    let answered = 0
    for (let followed = 0; ;) {
      const reply = await this.#exchange(call, url, ctx)
      if (!reply.ok) return reply
      const { status, headers, all } = reply.value
      if (answers.has(status)) return reply
      if (redirects.has(status)) {
        const next = judgeRedirect(url, headers.get('location'), followed)
        if (next.kind === 'refuse') return err({ fault: redirectFault(call.operation, next.why), status })
        url = next.url
        followed += 1
        continue
      }
      if (status !== 401 || call.login === 'never') return err(this.#failure(call, reply.value))
      const fault = this.#login.challenged({
        headers: all.get('www-authenticate') ?? [],
        operation: call.operation,
        answered,
      })
      if (fault !== undefined) return err({ fault, status })
      answered += 1
    }
  }

  async #exchange(call: Call, url: string, ctx: Ctx): Promise<Answer<HttpResponse>> {
    const began = ctx.now()
    const request = requestOf(call, url)
    const { pathname, search } = new URL(url)
    const covered = {
      method: request.method,
      target: pathname + search,
      body: call.boundBody === undefined ? Buffer.from(call.body ?? '') : undefined,
    }
    const proof = call.login === 'never' ? undefined : this.#login.prove(covered)
    const headers = { ...request.headers, ...(proof === undefined ? {} : { authorization: proof.header }) }
    const sent = await ctx.http.send({ ...request, headers }, ctx.signal)
    const reply = sent.ok ? wordsForTrace(sent.value) : sent.error.message
    ctx.told({ request: call.operation, reply, algorithms: proofsOf(call, proof), took: between(began, ctx.now()) })
    return sent.ok ? ok(sent.value) : err({ fault: transportFault(sent.error) })
  }

  #failure({ operation }: Call, { status, headers, body, retryAfter }: HttpResponse): ServerFailure {
    const { type } = readMediaType(headers.get('content-type') ?? '')
    return { fault: statusFault(status, operation, this.#login.redact(wordsOf(type, body))), status, retryAfter }
  }
}

const contentTypes = { 'content-type': 'application/pkcs10', 'content-transfer-encoding': 'base64' }

const accepted: Readonly<Record<Operation, string>> = {
  cacerts: 'application/pkcs7-mime',
  csrattrs: 'application/csrattrs',
  simpleenroll: 'application/pkcs7-mime',
  simplereenroll: 'application/pkcs7-mime',
  serverkeygen: 'multipart/mixed',
}

function requestOf(call: Call, url: string): HttpRequest {
  const { operation, body, boundBody, clientCertificate, trust } = call
  const accept = { accept: `${accepted[operation]}, */*;q=0.1` }
  const common = {
    url,
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
    ...(trust === undefined ? {} : { trust }),
  }
  if (boundBody !== undefined) return { ...common, method: 'POST', headers: { ...accept, ...contentTypes }, boundBody }
  if (body !== undefined) return { ...common, method: 'POST', headers: { ...accept, ...contentTypes }, body }
  return { ...common, method: 'GET', headers: accept }
}

function wordsForTrace({ status, headers }: HttpResponse): string {
  const { type, parameters } = readMediaType(headers.get('content-type') ?? '')
  return clip([String(status), parameters.get('smime-type') ?? type].join(' '))
}

function proofsOf({ trust, clientCertificate, boundBody }: Call, proof: Proof | undefined): string {
  const parts = [
    trust === 'nobodyKnown' ? 'TLS of anyone' : trust === undefined ? 'TLS' : 'TLS by the CA itself',
    clientCertificate === undefined ? undefined : 'client certificate',
    proof?.name,
    boundBody === undefined ? undefined : 'bound to the channel',
  ]
  return parts.filter((part) => part !== undefined).join(', ')
}
