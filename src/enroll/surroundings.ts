/** What ways to prove control of names reach beside the CA. */
import type { DnsClient } from '../net/dns.ts'
import type { HttpClient } from '../net/http.ts'
import type { Json } from '../std/json.ts'
import type { Duration } from '../std/time.ts'

/** Calls to the API server of the cluster that the operator runs in, for solvers that are served by it. */
export interface ClusterApi {
  /** Where the Secrets that the issuer names lie, for solvers that read some themselves. */
  readonly resourceNamespace: string
  /**
   * @param path - absolute, for example `/apis/acme.example.com/v1alpha1/solver`
   * @returns status and parsed body; `undefined` body when it was no JSON. Never rejects but for an abort
   */
  create(
    path: string,
    body: Json,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly body: Json | undefined }>
}

/** What the process itself was given by where it runs: names of files with tokens, roles, regions. */
export interface Ambient {
  /** Whether the issuer may use what belongs to the process. Without it there is no variable. */
  readonly allowed: boolean
  /** Undefined: not set, or the issuer may not use what belongs to the process. */
  variable(name: string): string | undefined
  /** @returns the text of a small file that a variable named, or undefined when it cannot be read */
  file(path: string): Promise<string | undefined>
}

export interface Surroundings {
  readonly dns: DnsClient
  /** Trusts the system's roots, guarded against addresses that nobody may be lured to; never the CA's own client. */
  readonly http: HttpClient
  readonly cluster: ClusterApi
  readonly ambient: Ambient
  /** How long an answer is waited for at the authoritative servers before the CA is asked to look all the same. */
  readonly propagationTimeout: Duration
}
