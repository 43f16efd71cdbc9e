/** Makes the HTTP clients that speak with CAs. Part of the composition root: the one place that knows settings and specs. */
import type { IssuerSpec } from './api/issuer.ts'
import type { Config } from './config.ts'
import type { HttpMaker } from './controllers/issuer/session.ts'
import type { AddressPolicy } from './net/address.ts'
import { createHttpClient } from './net/client.ts'
import type { OwnedHttpClient } from './net/client.ts'
import type { Clock } from './std/clock.ts'
import type { Logger } from './std/log.ts'
import { asPem } from './std/bytes.ts'
import type { Result } from './std/result.ts'
import { version } from './version.ts'

export const userAgent = `perennial/${version}`

interface Outside {
  readonly config: Config
  readonly clock: Clock
  readonly log: Logger
}

/** Which addresses issuers may name. */
export function addressPolicy(config: Config): AddressPolicy {
  return config.addressGuard ? { kind: 'public', allow: config.allowAddresses, deny: config.denyAddresses } : 'any'
}

/** Connections with the trust and proxy that an issuer's spec asks for. */
export function issuerHttp({ config, clock, log }: Outside): HttpMaker {
  return (spec) => {
    const caBundle = trustedBundle(spec)
    return createHttpClient({
      userAgent,
      addressPolicy: addressPolicy(config),
      timeouts: { total: config.httpTimeout },
      clock,
      log,
      // A bundle of one's own replaces the public roots: who names a private CA does not want every public one as well.
      trust: caBundle === undefined ? { system: true } : { caBundle: asPem(caBundle), system: false },
      ...(spec.proxy?.url === undefined ? {} : { proxy: { url: spec.proxy.url } }),
    })
  }
}

/** A client for looking at our own answers the way a CA would: no trust needed, public addresses only. */
export function checkerHttp({ config, clock, log }: Outside): Result<OwnedHttpClient, string> {
  return createHttpClient({ userAgent, addressPolicy: addressPolicy(config), clock, log })
}

function trustedBundle(spec: IssuerSpec): string | undefined {
  const encoded = spec.tls?.caBundle
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8')
}
