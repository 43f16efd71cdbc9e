/** Asking DNS servers of one's choice, which the system's resolver does not offer. */
import type { Result } from '../std/result.ts'
import type { DnsMessage, Question } from './dnsmessage.ts'

export interface DnsServer {
  /** An IP address, or a name that the system resolves. */
  readonly host: string
  readonly port: number
}

export interface DnsFailure {
  readonly kind: 'unreachable' | 'timedOut' | 'aborted' | 'malformed' | 'forbiddenAddress'
  /** A sentence: which server, and what happened. */
  readonly message: string
}

export interface DnsRequest {
  readonly server: DnsServer
  /** A complete message. The reply has the same identifier, operation and question. */
  readonly message: Uint8Array
  /** `auto`: over UDP, and over TCP when that is too small or silent. */
  readonly over: 'auto' | 'tcp'
}

export interface DnsClient {
  /** Where names are looked up: servers that the operator was given, not guarded. Never empty. */
  readonly recursive: readonly DnsServer[]
  /** Whether authoritative servers may be asked, as `--dns01-recursive-nameservers-only` says. */
  readonly asksAuthoritative: boolean
  /** Port of authoritative servers: 53, but in tests. */
  readonly authoritativePort: number
  /** Asks the recursive servers, one after the other until one has an answer. Never rejects. */
  lookUp(question: Question, signal: AbortSignal): Promise<Result<DnsMessage, DnsFailure>>
  /** Asks one guarded server for what it holds itself. Never rejects. */
  ask(question: Question, server: DnsServer, signal: AbortSignal): Promise<Result<DnsMessage, DnsFailure>>
  /** Sends any message to a guarded server. Never rejects. */
  exchange(request: DnsRequest, signal: AbortSignal): Promise<Result<DnsMessage, DnsFailure>>
}
