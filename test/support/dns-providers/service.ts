/** A service of DNS in the test's process, over real HTTP: its world checks every request, and breaks on command. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createHttpClient } from '../../../src/net/client.ts'
import type { HttpClient } from '../../../src/net/http.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { silentLogger } from '../../../src/std/log.ts'
import { serveHttp } from '../servers.ts'
import { unwrap } from '../unwrap.ts'

export interface SeenCall {
  readonly method: string
  /** For example `https://api.example.com`. */
  readonly origin: string
  /** As it was sent, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly rawQuery: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** The connection breaks: before the request counts, or after it has. */
export type Break = 'before' | 'after'

/** What stands at the service, with its own semantics. */
export interface World {
  /** Every secret text that must not show up anywhere. */
  readonly secrets: readonly string[]
  /** Those of them that the service itself has seen. All, when not given. */
  readonly seenSecrets?: readonly string[]
  /** What was wrong with requests: empty at the end of a test that did not ask for it. */
  readonly complaints: string[]
  /** As authoritative servers would serve them. */
  values(name: string): readonly string[]
  /** Somebody else's value. */
  put(name: string, value: string): void
  answer(call: SeenCall): Reply
  /** Whether a call looks at what lies at a name, before it is changed. */
  looks(call: SeenCall): boolean
}

export const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

export class Service {
  readonly http: HttpClient
  readonly world: World
  readonly calls: SeenCall[] = []
  readonly #close: () => Promise<void>
  #trouble: (call: SeenCall) => Reply | Break | undefined = () => undefined
  #meeting: { wanted: number; readonly release: (() => void)[] } | undefined

  constructor(world: World, http: HttpClient, close: () => Promise<void>) {
    this.world = world
    this.http = http
    this.#close = close
  }

  static async open(world: World): Promise<Service> {
    const holder: { service?: Service } = {}
    const server = await serveHttp((request, response) => void holder.service?.serve(request, response))
    const client = unwrap(
      createHttpClient({
        trust: { system: true },
        userAgent: 'perennial-test',
        addressPolicy: 'any',
        clock: systemClock,
        log: silentLogger,
      }),
    )
    const http: HttpClient = {
      send: (request, signal) => {
        const { origin, pathname, search } = new URL(request.url)
        const url = server.url + pathname + search
        return client.send({ ...request, url, headers: { ...request.headers, 'x-test-origin': origin } }, signal)
      },
    }
    holder.service = new Service(world, http, async () => {
      await client.close()
      await server.close()
    })
    return holder.service
  }

  close(): Promise<void> {
    return this.#close()
  }

  /** @param trouble - what a call gets instead of its answer; undefined: its answer */
  breakWith(trouble: (call: SeenCall) => Reply | Break | undefined): void {
    this.#trouble = trouble
  }

  heal(): void {
    this.#trouble = () => undefined
  }

  /** Calls that look at a name get their answers only when `wanted` of them have come. */
  letMeet(wanted: number): void {
    this.#meeting = { wanted, release: [] }
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(request)
    this.calls.push(call)
    const trouble = this.#trouble(call)
    if (trouble === 'before') return void request.socket.destroy()
    const reply = typeof trouble === 'object' ? trouble : this.world.answer(call)
    if (trouble === 'after') return void request.socket.destroy()
    if (this.world.looks(call)) await this.#met()
    response.writeHead(reply.status, reply.headers).end(reply.body)
  }

  async #met(): Promise<void> {
    const meeting = this.#meeting
    if (meeting === undefined) return
    const turn = new Promise<void>((resolve) => meeting.release.push(resolve))
    if (meeting.release.length >= meeting.wanted) {
      this.#meeting = undefined
      for (const release of meeting.release) release()
    }
    await turn
  }
}

async function readCall(request: IncomingMessage): Promise<SeenCall> {
  const chunks: Buffer[] = []
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
  const { 'x-test-origin': origin, ...rest } = request.headers
  const [path = '', rawQuery = ''] = (request.url ?? '').split('?', 2)
  const headers = Object.entries(rest).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ])
  return {
    method: request.method ?? '',
    origin: Array.isArray(origin) ? (origin[0] ?? '') : (origin ?? ''),
    path,
    rawQuery,
    query: new URLSearchParams(rawQuery),
    headers: Object.fromEntries(headers) as Readonly<Record<string, string>>,
    body: Buffer.concat(chunks).toString('utf8'),
  }
}
