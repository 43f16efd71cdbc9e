/**
 * Stands between a client and an HTTP server, ends TLS on both sides, and does to requests and answers what the plan says. It
 * waits for whole requests and whole answers, watches aside: what is half on its way is not carried out.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { finished } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'
import { Agent } from 'undici'
import type { Dispatcher } from 'undici'
import { serveHttp, serveHttps } from '../../test/support/servers.ts'
import type { LocalServer } from '../../test/support/servers.ts'
import { refusal, send, sendForm, sendTorn } from './answers.ts'
import type { Exchange, Reply } from './answers.ts'
import type { Asked } from './asked.ts'
import type { Fault } from './fault.ts'
import { ListRecord } from './lists.ts'
import { Partition } from './partition.ts'
import type { Plan } from './plan.ts'
import { bender, openingOf, StreamEnds } from './watches.ts'

export interface HttpProxyOptions {
  readonly target: {
    /** Without a trailing slash. */
    readonly url: string
    /** PEM of its CA; none for http. */
    readonly ca?: string
    /** For requests that bring no Authorization. */
    readonly headers?: () => Promise<Readonly<Record<string, string>>>
    readonly cert?: string
    readonly key?: string
  }
  /** Serves https with it; http without. */
  readonly tls?: { readonly cert: string; readonly key: string }
  readonly port?: number
  readonly plan: Plan
  readonly read: (method: string, path: string) => Asked
  /** SIGKILL to the client. */
  readonly kill: () => void
}

/** A request that went by. */
export interface Passed extends Asked {
  /** What was answered; undefined as long as nothing was, and where the answer was lost. */
  status: number | undefined
  /** Whether the server got it. */
  forwarded: boolean
}

export interface HttpProxy {
  readonly url: string
  readonly port: number
  readonly passed: readonly Passed[]
  readonly partition: Partition
  /** Ends every watch that runs, as a server does whose time is over. */
  endWatches(): void
  close(): Promise<void>
}

export async function startHttpProxy(options: HttpProxyOptions): Promise<HttpProxy> {
  const { ca, cert, key } = options.target
  const agent = new Agent({ connect: { ca, cert, key }, headersTimeout: 0, bodyTimeout: 0, allowH2: false })
  const proxy = new Proxying(options, agent)
  const listener = (request: IncomingMessage, response: ServerResponse): void =>
    void proxy.serve({ request, response }).catch(() => response.socket?.destroy())
  const port = options.port ?? 0
  const server: LocalServer =
    options.tls === undefined ? await serveHttp(listener, port) : await serveHttps(options.tls, listener, port)
  return {
    url: server.url,
    port: server.port,
    passed: proxy.passed,
    partition: proxy.partition,
    endWatches: () => proxy.endWatches(),
    close: async () => {
      proxy.partition.heal()
      await server.close()
      await agent.destroy()
    },
  }
}

class Proxying {
  readonly passed: Passed[] = []
  readonly partition = new Partition()
  readonly #options: HttpProxyOptions
  readonly #agent: Agent
  readonly #lists = new ListRecord()
  readonly #watches = new Set<ServerResponse>()

  constructor(options: HttpProxyOptions, agent: Agent) {
    this.#options = options
    this.#agent = agent
  }

  endWatches(): void {
    for (const response of this.#watches) response.end()
  }

  async serve(exchange: Exchange): Promise<void> {
    const { request, response } = exchange
    const body = await bodyOf(request)
    const asked = this.#options.read(request.method ?? '', request.url ?? '')
    const passed: Passed = { ...asked, status: undefined, forwarded: false }
    this.passed.push(passed)
    const { delay, fault } = this.#options.plan.meet(asked)
    await sleep(delay)
    await this.partition.requests()
    if (this.#endsHere(fault, passed, response)) return
    passed.forwarded = true
    const reply = await this.#forward(request, body)
    passed.status = reply.statusCode
    if (asked.verb === 'watch' && reply.statusCode === 200) return this.#watch(reply, response, fault)
    const whole = await wholeReply(reply)
    if (asked.verb === 'list') this.#lists.note(asked.path, whole)
    await this.#answer(whole, fault, exchange)
  }

  /** @returns whether nobody but the proxy sees it */
  #endsHere(fault: Fault | undefined, passed: Passed, response: ServerResponse): boolean {
    const old =
      fault?.kind === 'stale' && passed.verb === 'list' ? this.#lists.asOf(passed.path, fault.length) : undefined
    if (old !== undefined) send(response, old)
    else if (fault?.kind === 'drop') return true
    else if (fault?.kind === 'reset') reset(response)
    else if (fault?.kind === 'answer') send(response, refusal(fault.status, fault.retryAfter))
    else if (fault?.kind === 'kill' && fault.when === 'before') this.#kill(response)
    else return false
    return true
  }

  async #forward(request: IncomingMessage, body: Buffer): Promise<Dispatcher.ResponseData> {
    const { target } = this.#options
    const { connection: _connection, 'transfer-encoding': _coding, ...kept } = request.headers
    const added = kept.authorization === undefined ? ((await target.headers?.()) ?? {}) : {}
    return this.#agent.request({
      origin: target.url,
      path: request.url ?? '/',
      method: request.method ?? 'GET',
      headers: { ...kept, ...added },
      ...(body.length === 0 ? {} : { body }),
    })
  }

  async #answer(reply: Reply, fault: Fault | undefined, exchange: Exchange): Promise<void> {
    const { response } = exchange
    await this.partition.answers()
    switch (fault?.kind) {
      case 'mute':
        return
      case 'lost':
        return reset(response)
      case 'kill':
        return this.#kill(response)
      case 'body':
        return sendForm(fault.form, reply, exchange)
      case 'truncate':
        return sendTorn(response, reply, fault.bytes)
      default:
        return send(response, reply)
    }
  }

  #kill(response: ServerResponse): void {
    this.#options.kill()
    reset(response)
  }

  async #watch(reply: Dispatcher.ResponseData, response: ServerResponse, fault: Fault | undefined): Promise<void> {
    this.#watches.add(response)
    response.on('close', () => {
      this.#watches.delete(response)
      reply.body.destroy()
    })
    response.writeHead(200, { 'content-type': String(reply.headers['content-type'] ?? 'application/json') })
    // What waits for its first event must know that the watch stands.
    response.flushHeaders()
    const end = fault?.kind === 'cut' ? setTimeout(() => response.end(), fault.length) : undefined
    const late = fault?.kind === 'stale' ? fault.length : 0
    const bend = bender(fault)
    const write = (line: string): void => void (response.writableEnded || response.write(`${line}\n`))
    try {
      for (const line of openingOf(fault)) write(line)
      if (fault?.kind === 'gone') throw new StreamEnds()
      for await (const { line, at } of stamped(reply.body)) {
        await sleep(Math.max(0, at + late - performance.now()))
        await this.partition.answers()
        for (const bent of bend(line)) write(bent)
      }
      response.end()
    } catch (error) {
      if (!(error instanceof StreamEnds)) return void response.socket?.destroy()
      response.end(error.rest)
    } finally {
      clearTimeout(end)
      reply.body.destroy()
    }
  }
}

/** Lines with the moment at which each came, however late they are taken. */
async function* stamped(body: Dispatcher.ResponseData['body']): AsyncGenerator<{ line: string; at: number }> {
  const decoder = new TextDecoder()
  const came: { line: string; at: number }[] = []
  let rest = ''
  let wake = (): void => undefined
  body.on('data', (chunk: Uint8Array) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    came.push(...lines.map((line) => ({ line, at: performance.now() })))
    wake()
  })
  const state = { isOver: false }
  const over = finished(body)
    .catch(() => undefined)
    .then(() => (state.isOver = true))
    .then(() => wake())
  while (!state.isOver || came.length > 0) {
    const next = came.shift()
    if (next !== undefined) yield next
    else await new Promise<void>((resolve) => (wake = resolve))
  }
  await over
}

/** Under TLS there is no way to it but an end. */
function reset({ socket }: ServerResponse): void {
  if (socket instanceof TLSSocket) socket.destroy()
  else socket?.resetAndDestroy()
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of request) parts.push(part as Uint8Array)
  return Buffer.concat(parts)
}

async function wholeReply({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Reply> {
  return { status: statusCode, headers, body: Buffer.from(await body.arrayBuffer()) }
}
