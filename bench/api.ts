/** A bare client for the benchmark: it must not share code with what it measures. */
import { Agent, request } from 'undici'

export interface Api {
  call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<unknown>
  close(): Promise<void>
}

/**
 * @param plane - where the API server is, the admin's token, its CA (PEM)
 * @param connections - how many requests are on their way at once, at most
 */
export function connect(plane: { url: string; token: string; ca: string }, connections = 32): Api {
  const dispatcher = new Agent({ connections, connect: { ca: plane.ca }, allowH2: false })
  return {
    call: async (method, path, body) => {
      const reply = await request(`${plane.url}${path}`, {
        dispatcher,
        method,
        headers: {
          authorization: `Bearer ${plane.token}`,
          'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await reply.body.text()
      if (reply.statusCode >= 400) throw new Error(`${method} ${path}: ${reply.statusCode} ${text.slice(0, 300)}`)
      return JSON.parse(text)
    },
    close: () => dispatcher.close(),
  }
}

/** Runs `work` for 0..count-1, `width` at a time. */
export async function inParallel(count: number, width: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane))
}
