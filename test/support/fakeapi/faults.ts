/** How a fake API server misbehaves, one request at a time. */
import type { ServerResponse } from 'node:http'

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'patch' | 'delete'

export interface SeenRequest {
  readonly verb: Verb
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: unknown
}

export type Fault =
  /** The socket is torn down without an answer. */
  | { readonly kind: 'drop' }
  /** The socket is torn down in the middle of the answer. */
  | { readonly kind: 'cut' }
  /** No answer ever comes, and the socket stays open. */
  | { readonly kind: 'stall' }
  /** It is done, but the answer is lost. */
  | { readonly kind: 'doneThenDrop' }
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly body: string
      readonly headers?: Readonly<Record<string, string>>
    }

export const statusBody = (code: number, reason: string, message: string): string =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code })

export const failure = (code: number, reason: string, message = `${reason} for a test`): Fault => ({
  kind: 'answer',
  status: code,
  body: statusBody(code, reason, message),
  headers: { 'content-type': 'application/json' },
})

export const busy = (retryAfter: number): Fault => ({
  kind: 'answer',
  status: 429,
  body: statusBody(429, 'TooManyRequests', 'too many requests, please try again later'),
  headers: { 'content-type': 'application/json', 'retry-after': String(retryAfter) },
})

export const proxyPage = (status: number): Fault => ({
  kind: 'answer',
  status,
  body: '<html><body>Please log in</body></html>',
  headers: { 'content-type': 'text/html' },
})

/** Everything but `doneThenDrop`, which needs the work done first. */
export function misbehave(response: ServerResponse, fault: Exclude<Fault, { kind: 'doneThenDrop' }>): void {
  switch (fault.kind) {
    case 'drop':
      response.socket?.destroy()
      return
    case 'cut':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' })
      response.write('{"kind":"List","items":[{"metadata":', () => response.socket?.destroy())
      return
    case 'stall':
      return
    case 'answer':
      response.writeHead(fault.status, fault.headers).end(fault.body)
  }
}
