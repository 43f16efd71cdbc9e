/** A bare client for the benchmark: it must not share code with what it measures. */
import { Agent, request } from 'undici'

export interface Api {
  call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<unknown>
  /** What stands at a path that answers no JSON. */
  text(path: string): Promise<string>
  /** What a collection holds and becomes, object by object, until the stream is left. */
  watch(path: string): AsyncGenerator
  close(): Promise<void>
}

/**
 * @param plane - where the API server is, the admin's token, its CA (PEM)
 * @param connections - how many requests are on their way at once, at most
 */
export function connect(plane: { url: string; token: string; ca: string }, connections = 32): Api {
  const dispatcher = new Agent({ connections, connect: { ca: plane.ca }, allowH2: false })
  const authorization = `Bearer ${plane.token}`
  return {
    call: async (method, path, body) => {
      const reply = await request(`${plane.url}${path}`, {
        dispatcher,
        method,
        headers: {
          authorization,
          'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await reply.body.text()
      if (reply.statusCode >= 400) throw new Error(`${method} ${path}: ${reply.statusCode} ${text.slice(0, 300)}`)
      return JSON.parse(text) as unknown
    },
    text: async (path) =>
      (await request(`${plane.url}${path}`, { dispatcher, headers: { authorization } })).body.text(),
    watch: async function* (path) {
      const { statusCode, body } = await request(`${plane.url}${path}?watch=true`, {
        dispatcher,
        headers: { authorization },
      })
      if (statusCode >= 400) throw new Error(`watch ${path}: ${statusCode}`)
      const decoder = new TextDecoder()
      let rest = ''
      // Leaving this loop ends the stream, which a reader of lines between it and us would not.
      for await (const chunk of body) {
        const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) yield (JSON.parse(line) as { object: unknown }).object
      }
    },
    close: () => dispatcher.close(),
  }
}

/** A watch without an end: a server ends those of slow readers, and all that stands there then comes once more. */
export async function* follow(api: Api, path: string): AsyncGenerator {
  for (;;) yield* api.watch(path)
}

/** Runs `work` for 0..count-1, `width` at a time. */
export async function inParallel(count: number, width: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane))
}
