import type { Der } from '../std/bytes.ts'
import type { Duration, Instant } from '../std/time.ts'
import type { ClientCertificate, Trust } from './tls.ts'

/** The TLS session that a request is about to travel on. */
export interface TlsSession {
  /** For example `TLSv1.3`. */
  readonly version: string
  /** The first Finished message of a full handshake (RFC 5929 section 3); undefined from TLS 1.3 on. */
  tlsUnique(): Uint8Array | undefined
  /**
   * Keying material of RFC 5705, for example for `tls-exporter` (RFC 9266).
   *
   * @param length - octets
   */
  exporter(label: string, length: number): Uint8Array
  /** The certificate the server showed, DER. */
  readonly serverCertificate: Der
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  /** Most bytes of reply body that will be read; default 1 MiB. */
  readonly maxBytes?: number
  /** Default 30 s. The whole exchange, connect to last byte. */
  readonly timeout?: Duration
  /** Shown when the server asks for a certificate; instead of the client's own, on connections of its own. */
  readonly clientCertificate?: ClientCertificate
  /** Whom to trust instead of whom the client trusts. `nobodyKnown`: anyone, for a reply that is checked by other means. */
  readonly trust?: Trust | 'nobodyKnown'
  /** Makes the body once the session is up, instead of `body`; on a fresh connection, without resumption. https only. */
  readonly boundBody?: (session: TlsSession) => Promise<Uint8Array>
}

export interface HttpResponse {
  readonly status: number
  /** Lower-case names; repeated headers joined with a comma (RFC 9110 section 5.3), but of `set-cookie` only the first. */
  readonly headers: ReadonlyMap<string, string>
  readonly all: ReadonlyMap<string, readonly string[]>
  readonly body: Uint8Array
  /** `Retry-After` (seconds or HTTP-date) as a moment, when present and readable. Not clamped. */
  readonly retryAfter?: Instant
}

/** Expected failures of transport. */
export interface HttpFailure {
  /**
   * `unreachable`: no connection, or one that broke. `malformed`: what answers does not speak HTTP, or compresses although it
   * was asked not to. `forbiddenAddress`: a URL or address that the operator's settings do not let anyone call.
   */
  readonly kind: 'unreachable' | 'timedOut' | 'tls' | 'tooLarge' | 'malformed' | 'forbiddenAddress' | 'aborted'
  /** A sentence naming host and reason, free of secrets. */
  readonly message: string
}

/** One request and its reply over bare TCP, for protocols that have a framing of their own. */
export interface TcpRequest {
  readonly host: string
  readonly port: number
  readonly data: Uint8Array
  /** @returns how many octets the reply has in all, as far as can be told from those that came; undefined until it can */
  readonly lengthOf: (received: Uint8Array) => number | undefined
  /** Most octets of reply that will be read; default 1 MiB. */
  readonly maxBytes?: number
}

export type TcpExchange = (
  request: TcpRequest,
  signal: AbortSignal,
) => Promise<{ readonly ok: true; readonly value: Uint8Array } | { readonly ok: false; readonly error: HttpFailure }>

/**
 * HTTP as protocols see it. Redirects are never followed, bodies are never decompressed beyond the limit, connections are
 * kept alive per TLS identity.
 */
export interface HttpClient {
  send(
    request: HttpRequest,
    signal: AbortSignal,
  ): Promise<{ readonly ok: true; readonly value: HttpResponse } | { readonly ok: false; readonly error: HttpFailure }>
  /** Under the same rules about addresses and time. Absent where a proxy stands in between, which only lets HTTP through. */
  readonly tcp?: TcpExchange
}
