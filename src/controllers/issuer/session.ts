/**
 * Makes the session of an issuer: its enroller, its connections, its gate. The one place where the Issuer's spec meets the
 * table of protocols.
 */
import { parseGoDuration } from '../../std/duration.ts'
import type { IssuerSpec } from '../../api/issuer.ts'
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import type { CredentialNeed, Credentials, VouchedRoot } from '../../enroll/enroller.ts'
import { protocols, selectProtocol } from '../../enroll/table.ts'
import type { SelectedProtocol } from '../../enroll/table.ts'
import type { OwnedHttpClient } from '../../net/client.ts'
import { Gate } from '../../runtime/gate.ts'
import type { GateLimits } from '../../runtime/gate.ts'
import type { Clock } from '../../std/clock.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import type { Duration } from '../../std/time.ts'
import type { IssuerScope, IssuerSession } from './live.ts'

export interface SessionInput {
  readonly identity: string
  readonly uid: string
  readonly generation: number
  /** Where its Secrets lie. */
  readonly namespace: string
  readonly scope: IssuerScope
  readonly credentials: Credentials
  readonly vouched?: () => readonly VouchedRoot[]
}

/** Opens the connections of one issuer. */
export type HttpMaker = (spec: IssuerSpec, credentials: Credentials) => Result<OwnedHttpClient, string>

export interface SessionMakerParts {
  readonly clock: Clock
  readonly http: HttpMaker
  /** Calls at the same time where the issuer does not say. */
  readonly concurrency: number
  readonly share?: GateLimits['share']
}

export class SessionMaker {
  readonly #parts: SessionMakerParts

  constructor(parts: SessionMakerParts) {
    this.#parts = parts
  }

  /** The Secrets to read before {@link SessionMaker.make}. */
  needs(spec: IssuerSpec): Result<readonly CredentialNeed[], Fault> {
    const selected = select(spec)
    return selected.ok ? ok([...connectionNeeds(spec), ...selected.value.needs()]) : selected
  }

  /** @returns the session, or a fault that says which setting or credential cannot work */
  make(spec: IssuerSpec, input: SessionInput): Result<IssuerSession, Fault> {
    const selected = select(spec)
    if (!selected.ok) return selected
    const enroller = selected.value.create(input.credentials)
    if (!('protocol' in enroller)) return err(enroller)
    const http = this.#parts.http(spec, input.credentials)
    if (!http.ok) return err(fault('Misconfigured', http.error))
    return ok({
      identity: input.identity,
      uid: input.uid,
      generation: input.generation,
      enroller,
      http: http.value,
      gate: this.#gate(spec),
      secretNamespace: input.namespace,
      scope: input.scope,
      ...(input.vouched === undefined ? {} : { vouched: input.vouched }),
    })
  }

  /** How often the issuer wants to be probed, where its spec says. */
  probeInterval(spec: IssuerSpec): Duration | undefined {
    const parsed = spec.probeInterval === undefined ? undefined : parseGoDuration(spec.probeInterval)
    return parsed?.ok === true ? parsed.value : undefined
  }

  #gate(spec: IssuerSpec): Gate {
    const { concurrency, requestsPerSecond, burst } = spec.limits ?? {}
    return new Gate({
      clock: this.#parts.clock,
      concurrency: concurrency ?? this.#parts.concurrency,
      share: this.#parts.share,
      ...(requestsPerSecond === undefined ? {} : { rate: { perSecond: requestsPerSecond, burst: burst ?? 1 } }),
    })
  }
}

/** Fields of the common part of a spec that point at Secrets; the maker of connections finds them under these names. */
export const connectionFields = {
  caBundle: 'spec.tls.caBundleSecretRef',
  proxyCredentials: 'spec.proxy.credentialsSecretRef',
} as const

function connectionNeeds({ tls, proxy }: IssuerSpec): readonly CredentialNeed[] {
  const bundle = tls?.caBundleSecretRef
  const login = proxy?.credentialsSecretRef
  return [
    ...(bundle === undefined
      ? []
      : [{ field: connectionFields.caBundle, secretName: bundle.name, keys: [bundle.key] }]),
    ...(login === undefined
      ? []
      : [{ field: connectionFields.proxyCredentials, secretName: login.name, keys: ['username', 'password'] }]),
  ]
}

function select(spec: IssuerSpec): Result<SelectedProtocol, Fault> {
  const selected = selectProtocol(spec)
  if (selected !== undefined) return ok(selected)
  return err(
    fault('Misconfigured', `spec must have exactly one of ${protocols.join(', ')}; add the one your CA speaks`),
  )
}
