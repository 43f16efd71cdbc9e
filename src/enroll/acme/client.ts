/**
 * Calls of RFC 8555: nonces, signatures, replies. Knows no orders and no policy; says what was answered.
 *
 * Every reply feeds the pool of nonces (section 6.5), so that a HEAD to newNonce is needed only when it is empty. A request
 * that is repeated is signed again: a nonce counts once, whatever became of its request.
 */
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import type { HttpFailure, HttpRequest, HttpResponse } from '../../net/http.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import type { Instant } from '../../std/time.ts'
import type { Ctx } from '../enroller.ts'
import { signJws } from './jws.ts'
import type { JwsKey } from './jws.ts'
import { problemFault, readProblem } from './problem.ts'
import type { Problem } from './problem.ts'
import { readDirectory } from './wire.ts'
import type { Directory } from './wire.ts'

/** Who signs: an account that the CA knows by URL, or a key that speaks for itself. */
export type Signer =
  | { readonly kind: 'account'; readonly key: JwsKey; readonly url: string }
  | { readonly kind: 'key'; readonly key: JwsKey }

export interface AcmeReply {
  readonly status: number
  readonly location: string | undefined
  readonly retryAfter: Instant | undefined
  /** `Link` headers by relation. */
  readonly links: ReadonlyMap<string, readonly string[]>
  readonly body: Uint8Array
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown
}

export interface AcmeFailure {
  readonly fault: Fault
  readonly retryAfter: Instant | undefined
  /** Absent when no answer came, or none that can be read. */
  readonly problem: Problem | undefined
}

export type Answer<T = AcmeReply> = Result<T, AcmeFailure>

export interface Post {
  readonly url: string
  readonly signer: Signer
  /** Undefined: POST-as-GET (RFC 8555 section 6.3). */
  readonly payload?: unknown
  readonly accept?: string
}

/** Servers that reject most nonces exist (Pebble can be told to); each rejection brings the nonce for the next try. */
const mostNonceTries = 100
const mostPooledNonces = 64
const nonceShape = /^[A-Za-z0-9_-]{1,512}$/

export class AcmeClient {
  readonly #directoryUrl: string
  readonly #nonces: string[] = []
  #directory: Directory | undefined

  constructor(directoryUrl: string) {
    this.#directoryUrl = directoryUrl
  }

  /** The directory, fetched once; `refetchDirectory` replaces it. */
  async directory(ctx: Ctx): Promise<Answer<Directory>> {
    return this.#directory === undefined ? this.refetchDirectory(ctx) : ok(this.#directory)
  }

  /** Asks for the directory (RFC 8555 section 7.1.1): the cheapest question that an ACME server answers. */
  async refetchDirectory(ctx: Ctx): Promise<Answer<Directory>> {
    const answer = await this.get(this.#directoryUrl, ctx)
    if (!answer.ok) return answer
    const directory = readDirectory(answer.value.json)
    if (directory === undefined)
      return err(malformed(`${this.#directoryUrl} does not answer with an ACME directory; check spec.acme.server`))
    this.#directory = directory
    return ok(directory)
  }

  /** An unsigned GET, for the directory and for renewal information. */
  async get(url: string, ctx: Ctx): Promise<Answer> {
    return this.#exchange({ method: 'GET', url, headers: { accept: 'application/json' } }, ctx)
  }

  /** A signed request, repeated with a fresh signature while the server wants another nonce. */
  async post(post: Post, ctx: Ctx): Promise<Answer> {
    let failure: AcmeFailure | undefined
    for (let tries = 0; tries < mostNonceTries; tries++) {
      const nonce = await this.#takeNonce(ctx)
      if (!nonce.ok) return nonce
      const answer = await this.#exchange(this.#signed(post, nonce.value), ctx)
      if (answer.ok || answer.error.problem?.type !== 'badNonce') return answer
      failure = answer.error
    }
    return err(failure ?? malformed('the CA never accepted a nonce'))
  }

  #signed({ url, signer, payload, accept }: Post, nonce: string): HttpRequest {
    const who = signer.kind === 'account' ? { kid: signer.url } : { jwk: signer.key.jwk }
    return {
      method: 'POST',
      url,
      headers: { 'content-type': 'application/jose+json', accept: accept ?? 'application/json' },
      body: JSON.stringify(signJws(signer.key, { nonce, url, ...who }, payload)),
    }
  }

  /** The newest nonce first: old ones may have run out. */
  async #takeNonce(ctx: Ctx): Promise<Answer<string>> {
    const pooled = this.#nonces.pop()
    if (pooled !== undefined) return ok(pooled)
    const directory = await this.directory(ctx)
    if (!directory.ok) return directory
    const answer = await this.#exchange({ method: 'HEAD', url: directory.value.newNonce }, ctx)
    if (!answer.ok) return answer
    const fetched = this.#nonces.pop()
    return fetched === undefined ? err(malformed('the CA gave no nonce')) : ok(fetched)
  }

  async #exchange(request: HttpRequest, ctx: Ctx): Promise<Answer> {
    const headers = { 'accept-language': 'en', ...request.headers }
    const sent = await ctx.http.send({ ...request, headers }, ctx.signal)
    if (!sent.ok) return err({ fault: transportFault(sent.error), retryAfter: undefined, problem: undefined })
    const response = sent.value
    this.#keepNonce(response)
    if (response.status >= 200 && response.status < 300) return ok(replyOf(response))
    const problem = readProblem(response.status, response.body)
    return err({ fault: problemFault(problem), retryAfter: response.retryAfter, problem })
  }

  #keepNonce(response: HttpResponse): void {
    const nonce = response.headers.get('replay-nonce')
    if (nonce === undefined || !nonceShape.test(nonce)) return
    this.#nonces.push(nonce)
    if (this.#nonces.length > mostPooledNonces) this.#nonces.shift()
  }
}

/** A reply that cannot be understood. */
export function malformed(message: string): AcmeFailure {
  return { fault: fault('ReplyMalformed', message), retryAfter: undefined, problem: undefined }
}

function transportFault(failure: HttpFailure): Fault {
  switch (failure.kind) {
    case 'unreachable':
    case 'aborted':
      return fault('Unreachable', failure.message)
    case 'timedOut':
      return fault('TimedOut', failure.message)
    case 'tls':
      return fault('TlsFailed', failure.message)
    case 'tooLarge':
    case 'malformed':
      return fault('ReplyMalformed', failure.message)
    case 'forbiddenAddress':
      return fault('Misconfigured', failure.message)
  }
}

function replyOf(response: HttpResponse): AcmeReply {
  const location = response.headers.get('location')
  return {
    status: response.status,
    location: location !== undefined && URL.canParse(location) ? location : undefined,
    retryAfter: response.retryAfter,
    links: readLinks(response.all.get('link') ?? []),
    body: response.body,
    json: parseJson(response),
  }
}

function parseJson({ body, headers }: HttpResponse): unknown {
  if (body.length === 0 || headers.get('content-type')?.includes('pem') === true) return undefined
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    return undefined
  }
}

/** RFC 8288, as far as ACME uses it: `<url>;rel="relation"`. */
function readLinks(values: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const links = new Map<string, string[]>()
  for (const value of values.flatMap((line) => line.split(/,(?=\s*<)/)).slice(0, 50)) {
    const match = /^\s*<([^>]{1,2048})>\s*;.{0,200}?\brel="?([a-z-]{1,40})"?/i.exec(value)
    const [, target, relation] = match ?? []
    if (target === undefined || relation === undefined || !target.startsWith('https://')) continue
    links.set(relation.toLowerCase(), [...(links.get(relation.toLowerCase()) ?? []), target])
  }
  return links
}
