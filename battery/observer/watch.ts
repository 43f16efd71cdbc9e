/**
 * A watch of the API server that shares no code with the operator: lists, watches, and begins again after any trouble. What it
 * missed meanwhile, the next list shows.
 */
import { Agent, request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Server {
  /** Without a trailing slash. */
  readonly url: string
  readonly token: string
  /** PEM. */
  readonly ca: string
}

export interface Seen {
  readonly kind?: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid: string
    readonly resourceVersion: string
    readonly generation?: number
    readonly deletionTimestamp?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly type?: string
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: Readonly<Record<string, unknown>>
  readonly status?: Readonly<Record<string, unknown>>
}

export const keyOf = ({ metadata }: Seen): string => `${metadata.namespace ?? ''}/${metadata.name}`

/** Told of everything that there is and becomes; undefined is what is gone. */
export type Listener = (key: string, now: Seen | undefined, before: Seen | undefined) => void

interface Event {
  readonly type: string
  readonly object: Seen
}

const silence = 90_000

export class Watch {
  readonly objects = new Map<string, Seen>()
  readonly #server: Server
  readonly #path: string
  readonly #listener: Listener
  readonly #agent: Agent
  #isOver = false
  #current: IncomingMessage | undefined

  /** @param path - of the collection, for example `/api/v1/secrets` */
  constructor(server: Server, path: string, listener: Listener) {
    this.#server = server
    this.#path = path
    this.#listener = listener
    this.#agent = new Agent({ ca: server.ca, keepAlive: true })
  }

  /** Resolves when the first list is there, and goes on. */
  start(): Promise<void> {
    return new Promise((resolve) => void this.#follow(resolve))
  }

  stop(): void {
    this.#isOver = true
    this.#current?.destroy()
    this.#agent.destroy()
  }

  async #follow(listed: () => void): Promise<void> {
    let version: string | undefined
    while (!this.#isOver) {
      try {
        version ??= await this.#list()
        listed()
        version = await this.#watch(version)
      } catch {
        version = undefined
        await sleep(200)
      }
    }
  }

  async #list(): Promise<string> {
    const reply = await this.#ask(this.#path)
    const text = await wholeOf(reply)
    if (reply.statusCode !== 200) throw new Error(`${this.#path} answered ${reply.statusCode}`)
    const list = JSON.parse(text) as { readonly items: readonly Seen[]; readonly metadata: { resourceVersion: string } }
    const there = new Set(list.items.map(keyOf))
    for (const key of this.objects.keys()) if (!there.has(key)) this.#take(key, undefined)
    for (const item of list.items) this.#take(keyOf(item), item)
    return list.metadata.resourceVersion
  }

  /** @returns the version to go on from */
  async #watch(from: string): Promise<string | undefined> {
    const reply = await this.#ask(`${this.#path}?watch=true&allowWatchBookmarks=true&resourceVersion=${from}`)
    this.#current = reply
    if (reply.statusCode !== 200) return undefined
    let version = from
    let rest = ''
    for await (const chunk of reply.setEncoding('utf8')) {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const { type, object } = JSON.parse(line) as Event
        if (type === 'ERROR') return undefined
        version = object.metadata.resourceVersion
        if (type !== 'BOOKMARK') this.#take(keyOf(object), type === 'DELETED' ? undefined : object)
      }
    }
    return version
  }

  #take(key: string, now: Seen | undefined): void {
    const before = this.objects.get(key)
    if (now?.metadata.resourceVersion === before?.metadata.resourceVersion) return
    if (now === undefined) this.objects.delete(key)
    else this.objects.set(key, now)
    this.#listener(key, now, before)
  }

  #ask(path: string): Promise<IncomingMessage> {
    const { url, token } = this.#server
    return new Promise((resolve, reject) => {
      const asked = request(
        `${url}${path}`,
        { agent: this.#agent, headers: { authorization: `Bearer ${token}` } },
        resolve,
      )
      asked.setTimeout(silence, () => asked.destroy(new Error('silence')))
      asked.on('error', reject).end()
    })
  }
}

async function wholeOf(reply: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of reply.setEncoding('utf8')) text += String(chunk)
  return text
}
