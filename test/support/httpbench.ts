/** HTTP clients and servers for one test, closed after it. */
import { createHttpClient } from '../../src/net/client.ts'
import type { HttpClientOptions, OwnedHttpClient } from '../../src/net/client.ts'
import type { HttpFailure, HttpRequest, HttpResponse } from '../../src/net/http.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { silentLogger } from '../../src/std/log.ts'
import type { LocalServer } from './servers.ts'

/** A signal that nobody aborts. */
export const patient = new AbortController().signal

export interface HttpBench {
  /** Closes the server with the bench. */
  readonly kept: (server: Promise<LocalServer>) => Promise<LocalServer>
  readonly client: (change?: Partial<HttpClientOptions>) => OwnedHttpClient
  /** One GET: the reply, or what went wrong. */
  readonly get: (url: string, more?: Partial<HttpRequest>) => Promise<HttpResponse | HttpFailure>
  /** To be called after each test. */
  close(): Promise<void>
}

export function httpBench(): HttpBench {
  const closers: (() => Promise<void>)[] = []
  const client = (change: Partial<HttpClientOptions> = {}): OwnedHttpClient => {
    const options = {
      userAgent: 'perennial/test',
      addressPolicy: 'any',
      clock: systemClock,
      log: silentLogger,
      ...change,
    } as const
    const made = createHttpClient(options)
    if (!made.ok) throw new Error(made.error)
    closers.push(() => made.value.close())
    return made.value
  }
  return {
    client,
    kept: async (server) => {
      const started = await server
      closers.push(started.close)
      return started
    },
    get: async (url, more = {}) => {
      const sent = await client().send({ method: 'GET', url, ...more }, patient)
      return sent.ok ? sent.value : sent.error
    },
    close: async () => {
      for (const close of closers.splice(0).reverse()) await close()
    },
  }
}
