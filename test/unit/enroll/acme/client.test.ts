import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { AcmeClient } from '../../../../src/enroll/acme/client.ts'
import type { Signer } from '../../../../src/enroll/acme/client.ts'
import { jwsKey } from '../../../../src/enroll/acme/jws.ts'
import type { Ctx, Exchange } from '../../../../src/enroll/enroller.ts'
import type { HttpFailure, HttpRequest, HttpResponse } from '../../../../src/net/http.ts'
import { instant } from '../../../../src/std/time.ts'
import { readJws } from '../../../support/acme-server/message.ts'
import type { SignedRequest } from '../../../support/acme-server/message.ts'
import { lonelyCtx } from '../../../support/lonelyctx.ts'

const now = instant(Date.UTC(2026, 10, 23, 12))
const key = jwsKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
if (key === undefined) throw new Error('P-256 can sign')
const account: Signer = { kind: 'account', key, url: 'https://ca.test/account/1' }
const order = { what: 'newOrder', url: 'https://ca.test/order', signer: account, payload: { identifiers: [] } }

const directory = {
  newNonce: 'https://ca.test/nonce',
  newAccount: 'https://ca.test/account',
  newOrder: 'https://ca.test/order',
}

interface Scripted {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly links?: readonly string[]
  readonly body?: unknown
}

const refusal = (type: string): Scripted => ({ status: 400, body: { type: `urn:ietf:params:acme:error:${type}` } })

/** A server that gives a nonce with every reply, and answers POSTs as told. */
class Server {
  readonly heads: string[] = []
  readonly posts: SignedRequest[] = []
  readonly headersOfPosts: (Readonly<Record<string, string>> | undefined)[] = []
  givesNonces = true
  directory: unknown = directory
  failure: HttpFailure | undefined
  readonly #answer: (request: SignedRequest, count: number) => Scripted
  #nonces = 0

  constructor(answer: (request: SignedRequest, count: number) => Scripted = () => ({})) {
    this.#answer = answer
  }

  ctx(): Ctx {
    return { ...lonelyCtx(now), http: { send: (request) => this.#send(request) } }
  }

  async #send(request: HttpRequest): Promise<{ ok: true; value: HttpResponse } | { ok: false; error: HttpFailure }> {
    await Promise.resolve()
    if (this.failure !== undefined) return { ok: false, error: this.failure }
    return { ok: true, value: this.#respond(request) }
  }

  #respond({ method, url, headers, body }: HttpRequest): HttpResponse {
    // RFC 8555 section 7.1.1: the directory brings no nonce.
    if (method === 'GET') return reply({ body: this.directory })
    const nonce = this.givesNonces ? { 'replay-nonce': `nonce-${++this.#nonces}` } : {}
    if (method === 'HEAD') {
      this.heads.push(url)
      return reply({ headers: nonce })
    }
    const request = readJws(JSON.parse(String(body)))
    this.posts.push(request)
    this.headersOfPosts.push(headers)
    const scripted = this.#answer(request, this.posts.length)
    return reply({ ...scripted, headers: { ...nonce, ...scripted.headers } })
  }
}

function reply({ status = 200, headers = {}, links = [], body }: Scripted): HttpResponse {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
  return { status, headers: new Map(Object.entries(headers)), all: new Map([['link', links]]), body: Buffer.from(text) }
}

const client = (): AcmeClient => new AcmeClient('https://ca.test/directory')

describe('nonces', () => {
  it('come with every reply, so that three requests ask for one', async () => {
    const server = new Server()
    const one = client()
    for (let i = 0; i < 3; i++) await one.post(order, server.ctx())
    expect(server.heads).toHaveLength(1)
    expect(server.posts.map(({ nonce }) => nonce)).toEqual(['nonce-1', 'nonce-2', 'nonce-3'])
  })

  it('are never used twice, whatever became of a request', async () => {
    const server = new Server((_request, count) => (count % 2 === 0 ? refusal('serverInternal') : {}))
    const one = client()
    for (let i = 0; i < 6; i++) await one.post(order, server.ctx())
    expect(new Set(server.posts.map(({ nonce }) => nonce)).size).toBe(6)
  })

  it('are never shared by requests made at the same time', async () => {
    const server = new Server()
    const one = client()
    const answers = await Promise.all(Array.from({ length: 40 }, () => one.post(order, server.ctx())))
    expect(answers.every(({ ok }) => ok)).toBe(true)
    expect(new Set(server.posts.map(({ nonce }) => nonce)).size).toBe(40)
  })

  it('that are refused are replaced by the one in the refusal, in a request that is signed anew', async () => {
    const server = new Server((_request, count) => (count <= 3 ? refusal('badNonce') : {}))
    expect(await client().post(order, server.ctx())).toMatchObject({ ok: true })
    expect(server.heads).toHaveLength(1)
    expect(server.posts.map(({ nonce }) => nonce)).toEqual(['nonce-1', 'nonce-2', 'nonce-3', 'nonce-4'])
    expect(new Set(server.posts.map(({ signature }) => signature.toString('hex'))).size).toBe(4)
  })

  it('that are always refused end in a fault, not in a loop', async () => {
    const server = new Server(() => refusal('badNonce'))
    expect(await client().post(order, server.ctx())).toMatchObject({ error: { fault: { code: 'ServerFailed' } } })
    expect(server.posts.length).toBeGreaterThan(50)
    expect(server.posts.length).toBeLessThanOrEqual(100)
  })

  it.each(['', 'with space', 'ünicode', 'x'.repeat(600)])('that are none (%j) are not used', async (nonce) => {
    const server = new Server(() => ({ headers: { 'replay-nonce': nonce } }))
    const one = client()
    await one.post(order, server.ctx())
    await one.post(order, server.ctx())
    expect(server.heads).toHaveLength(2)
  })

  it('that the CA does not give are missed in a sentence', async () => {
    const server = new Server()
    server.givesNonces = false
    const answer = await client().post(order, server.ctx())
    expect(answer).toMatchObject({
      error: { fault: { code: 'ReplyMalformed', message: expect.stringContaining('nonce') as unknown } },
    })
    expect(server.posts).toEqual([])
  })
})

describe('a request', () => {
  it('names the account or brings the key, never both', async () => {
    const server = new Server()
    const one = client()
    await one.post(order, server.ctx())
    await one.post({ ...order, signer: { kind: 'key', key } }, server.ctx())
    expect(server.posts.map(({ kid, jwk }) => [kid, jwk])).toEqual([
      ['https://ca.test/account/1', undefined],
      [undefined, key.jwk],
    ])
    expect(server.posts.map(({ url }) => url)).toEqual([order.url, order.url])
  })

  it('without a payload is POST-as-GET', async () => {
    const server = new Server()
    const one = client()
    await one.post({ what: 'order', url: order.url, signer: account }, server.ctx())
    await one.post({ what: 'order', url: order.url, signer: account, payload: {} }, server.ctx())
    expect(server.posts.map(({ payload }) => payload)).toEqual([undefined, {}])
    expect(server.headersOfPosts[0]).toMatchObject({ 'content-type': 'application/jose+json', 'accept-language': 'en' })
  })
})

describe('a reply', () => {
  it.each([
    ['https://ca.test/order/7', 'https://ca.test/order/7'],
    ['/order/7', 'https://ca.test/order/7'],
    ['http://ca.test/order/7', undefined],
    ['https://', undefined],
  ])('with the Location %s leads to %s', async (location, expected) => {
    const server = new Server(() => ({ status: 201, headers: { location } }))
    const answer = await client().post(order, server.ctx())
    expect(answer.ok && answer.value.location).toBe(expected)
  })

  it('may have several links, in one header or in many, quoted or not', async () => {
    const links = [
      '<https://ca.test/c/1>;rel="alternate", <https://ca.test/c/2> ; title="b,c"; rel=alternate',
      '</directory>;rel="index"',
      '<http://ca.test/c/3>;rel="alternate"',
      'nonsense',
    ]
    const answer = await client().post(order, new Server(() => ({ links })).ctx())
    expect(answer.ok && Object.fromEntries(answer.value.links)).toEqual({
      alternate: ['https://ca.test/c/1', 'https://ca.test/c/2'],
      index: ['https://ca.test/directory'],
    })
  })

  it.each([
    ['unreachable', 'Unreachable'],
    ['aborted', 'Unreachable'],
    ['timedOut', 'TimedOut'],
    ['tls', 'TlsFailed'],
    ['tooLarge', 'ReplyMalformed'],
    ['malformed', 'ReplyMalformed'],
    ['forbiddenAddress', 'Misconfigured'],
  ] as const)('that never comes (%s) is %s', async (kind, code) => {
    const server = new Server()
    server.failure = { kind, message: 'The CA cannot be reached.' }
    const answer = await client().post(order, server.ctx())
    expect(answer).toEqual({
      ok: false,
      error: { fault: { code, message: 'The CA cannot be reached.' }, retryAfter: undefined, problem: undefined },
    })
  })
})

describe('a directory', () => {
  it('is fetched once, and again after it could not be read', async () => {
    const server = new Server()
    server.directory = '<html>welcome</html>'
    const one = client()
    const answer = await one.directory(server.ctx())
    expect(answer).toMatchObject({
      error: {
        fault: { code: 'ReplyMalformed', message: expect.stringContaining('check spec.acme.server') as unknown },
      },
    })
    server.directory = directory
    const first = await one.directory(server.ctx())
    server.directory = { ...directory, newOrder: 'https://ca.test/other' }
    expect(await one.directory(server.ctx())).toEqual(first)
    expect(await one.refetchDirectory(server.ctx())).toMatchObject({ value: { newOrder: 'https://ca.test/other' } })
  })
})

describe('an exchange', () => {
  it('is told in the words of the RFC, with the word of the CA for what is wrong and nothing of the messages', async () => {
    const server = new Server((_request, count) => (count === 1 ? refusal('badNonce') : {}))
    const told: Exchange[] = []
    await client().post(order, { ...server.ctx(), told: (exchange) => void told.push(exchange) })
    expect(told.map((one) => [one.request, one.reply, one.algorithms])).toEqual([
      ['directory', '200', undefined],
      ['newNonce', '200', undefined],
      ['newOrder', '400 badNonce', 'ES256'],
      ['newOrder', '200', 'ES256'],
    ])
  })
})
