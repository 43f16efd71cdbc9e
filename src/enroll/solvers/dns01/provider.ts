/**
 * The contract between DNS-01 and a provider of DNS. One folder per provider beside this file; `table.ts` lists them.
 *
 * A provider writes and removes one value of a TXT record set, and nothing else. Which name (after CNAMEs), which zone, and
 * whether the authoritative servers serve it yet is found out by who calls it. Outcomes are values; a call never sleeps.
 */
import type { Fault } from '../../../domain/fault.ts'
import type { DnsClient } from '../../../net/dns.ts'
import type { HttpClient } from '../../../net/http.ts'
import type { Logger } from '../../../std/log.ts'
import type { Duration, Instant } from '../../../std/time.ts'
import type { CredentialNeed, Credentials } from '../../enroller.ts'
import type { Surroundings } from '../../surroundings.ts'

/** One value of a TXT record set. Other values at the same name belong to other challenges and must survive. */
export interface TxtValue {
  /** Where the value goes: fully qualified, lower case, without the final dot, CNAMEs followed. */
  readonly name: string
  /** The zone that holds it, found by its SOA: fully qualified, lower case, without the final dot. */
  readonly zone: string
  /** As the CA looks for it, without quotes. */
  readonly value: string
  /** How long resolvers may remember it. */
  readonly ttl: Duration
  /** The name under proof, without `*.`: some webhooks and logs want it. */
  readonly identifier: string
}

/** What became of a change. */
export type DnsChange =
  | { readonly kind: 'done' }
  /** Taken, but not in force yet: call again with the same value, which must then be recognised. */
  | { readonly kind: 'later'; readonly wakeAt: Instant; readonly note: string }
  /** Our luck: try again. */
  | { readonly kind: 'deferred'; readonly fault: Fault; readonly wakeAt?: Instant }
  /** Will not work until a person changes something. */
  | { readonly kind: 'failed'; readonly fault: Fault }

/** Calls to the API server of the cluster that the operator runs in, for solvers that are served by it. */
export type ClusterApi = Surroundings['cluster']

/** What the process itself was given by where it runs: names of files with tokens, roles, regions. */
export type Ambient = Surroundings['ambient']

/** The outside world of one call of a provider. */
export interface ProviderCtx {
  now(): Instant
  /** Trusts the system's roots, guarded against addresses that nobody may be lured to; never the CA's own client. */
  readonly http: HttpClient
  /** Guarded in the same way. */
  readonly dns: DnsClient
  readonly cluster: ClusterApi
  readonly ambient: Ambient
  readonly signal: AbortSignal
  readonly log: Logger
}

export interface DnsProvider {
  /** Idempotent: a value that is there already is `done`. */
  present(txt: TxtValue, ctx: ProviderCtx): Promise<DnsChange>
  /** Idempotent: a value that is gone already is `done`. Leaves every other value at the name alone. */
  remove(txt: TxtValue, ctx: ProviderCtx): Promise<DnsChange>
}

/** One provider, as `table.ts` lists it. `S` is its member of a solver's `dns01`. */
export interface ProviderFactory<S> {
  /** The member of `dns01` that selects it. */
  readonly provider: string
  /**
   * Which Secrets must be read first. Pure.
   *
   * @param field - path of this `dns01` in the Issuer's spec, for example `spec.acme.solvers[0].dns01`
   */
  needs(spec: S, field: string): readonly CredentialNeed[]
  /** @returns the provider, or a fault when credentials or spec cannot work (said on the Issuer) */
  create(spec: S, field: string, credentials: Credentials): DnsProvider | Fault
}
