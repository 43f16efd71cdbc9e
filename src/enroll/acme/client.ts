/**
 * Calls of RFC 8555: nonces, signatures, replies. Knows no orders and no policy; says what was answered.
 *
 * Every reply feeds the pool of nonces (section 6.5), so that a HEAD to newNonce is needed only when it is empty. A request
 * that is repeated is signed again: a nonce counts once, whatever became of its request.
 */
import type { HttpRequest, HttpResponse } from '../../net/http.ts'
import { err, ok } from '../../std/result.ts'
import { between } from '../../std/time.ts'
import type { Ctx } from '../enroller.ts'
import { signJws } from './jws.ts'
import type { JwsKey } from './jws.ts'
import { NoncePool, nonceIn } from './nonce.ts'
import { readProblem } from './problem.ts'
import { isSuccess, malformed, readReply, refusal, unanswered } from './reply.ts'
import type { AcmeFailure, Answer } from './reply.ts'
import { readDirectory } from './wire.ts'
import type { Directory } from './wire.ts'

/** Who signs: an account that the CA knows by URL, or a key that speaks for itself. */
export type Signer =
  | { readonly kind: 'account'; readonly key: JwsKey; readonly url: string }
  | { readonly kind: 'key'; readonly key: JwsKey }

/** One request, and what it is in the words of RFC 8555 section 7.1 (`newOrder`, `finalize`). */
interface Asked {
  readonly what: string
  readonly url: string
}

export interface Post extends Asked {
  readonly signer: Signer
  /** Undefined: POST-as-GET (RFC 8555 section 6.3). */
  readonly payload?: unknown
  readonly accept?: string
}

/** Servers that reject most nonces exist (Pebble can be told to); each rejection brings the nonce for the next try. */
const mostNonceTries = 100

export class AcmeClient {
  readonly #directoryUrl: string
  readonly #nonces = new NoncePool()
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
    const answer = await this.get({ what: 'directory', url: this.#directoryUrl }, ctx)
    if (!answer.ok) return answer
    const directory = readDirectory(answer.value.json)
    if (directory === undefined)
      return err(malformed(`${this.#directoryUrl} does not answer with an ACME directory; check spec.acme.server`))
    this.#directory = directory
    return ok(directory)
  }

  /** An unsigned GET, for the directory and for renewal information. */
  async get({ what, url }: Asked, ctx: Ctx): Promise<Answer> {
    return this.#exchange({ what, request: { method: 'GET', url, headers: { accept: 'application/json' } } }, ctx)
  }

  /** A signed request, repeated with a fresh signature while the server wants another nonce. */
  async post(post: Post, ctx: Ctx): Promise<Answer> {
    let failure: AcmeFailure | undefined
    for (let tries = 0; tries < mostNonceTries; tries++) {
      const nonce = await this.#takeNonce(ctx)
      if (!nonce.ok) return nonce
      const answer = await this.#exchange(
        { what: post.what, algorithm: post.signer.key.algorithm, request: signed(post, nonce.value) },
        ctx,
      )
      if (answer.ok || answer.error.problem?.type !== 'badNonce') return answer
      failure = answer.error
    }
    return err(failure ?? malformed('the CA never accepted a nonce'))
  }

  async #takeNonce(ctx: Ctx): Promise<Answer<string>> {
    const pooled = this.#nonces.take()
    if (pooled !== undefined) return ok(pooled)
    const directory = await this.directory(ctx)
    if (!directory.ok) return directory
    const sent = await send({ what: 'newNonce', request: { method: 'HEAD', url: directory.value.newNonce } }, ctx)
    if (!sent.ok) return sent
    // Not by way of the pool: another request could take it from there.
    const fetched = nonceIn(sent.value)
    if (fetched !== undefined) return ok(fetched)
    return err(isSuccess(sent.value) ? malformed('the CA gave no nonce when asked for one') : refusal(sent.value))
  }

  async #exchange(call: Call, ctx: Ctx): Promise<Answer> {
    const sent = await send(call, ctx)
    if (!sent.ok) return sent
    this.#nonces.add(nonceIn(sent.value))
    return isSuccess(sent.value)
      ? ok(readReply(call.request.url, sent.value))
      : err(refusal(sent.value, call.request.url))
  }
}

interface Call {
  readonly what: string
  /** Of the signature, where there is one. */
  readonly algorithm?: string
  readonly request: HttpRequest
}

async function send({ what, algorithm, request }: Call, ctx: Ctx): Promise<Answer<HttpResponse>> {
  const headers = { 'accept-language': 'en', ...request.headers }
  const began = ctx.now()
  const sent = await ctx.http.send({ ...request, headers }, ctx.signal)
  const took = between(began, ctx.now())
  ctx.told({
    request: what,
    reply: replyText(sent),
    took,
    ...(algorithm === undefined ? {} : { algorithms: algorithm }),
  })
  return sent.ok ? ok(sent.value) : err(unanswered(sent.error))
}

/** The status, with the CA's word for what is wrong (RFC 8555 section 6.7). */
function replyText(sent: Awaited<ReturnType<Ctx['http']['send']>>): string {
  if (!sent.ok) return sent.error.message
  const { status, body } = sent.value
  return isSuccess(sent.value) ? String(status) : `${status} ${readProblem(status, body).type}`
}

function signed({ url, signer, payload, accept }: Post, nonce: string): HttpRequest {
  const who = signer.kind === 'account' ? { kid: signer.url } : { jwk: signer.key.jwk }
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/jose+json', accept: accept ?? 'application/json' },
    body: JSON.stringify(signJws(signer.key, { nonce, url, ...who }, payload)),
  }
}
