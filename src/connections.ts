/** Makes the HTTP clients that speak with CAs. Part of the composition root: the one place that knows settings and specs. */
import { serverTrust } from './api/issuer.ts'
import type { IssuerSpec } from './api/issuer.ts'
import type { Config } from './config.ts'
import { connectionFields } from './controllers/issuer/session.ts'
import type { HttpMaker } from './controllers/issuer/session.ts'
import type { Credentials } from './enroll/enroller.ts'
import type { AddressPolicy, AddressTest } from './net/address.ts'
import { createHttpClient } from './net/client.ts'
import type { OwnedHttpClient } from './net/client.ts'
import type { Trust } from './net/tls.ts'
import { tlsPeeker } from './net/tlspeek.ts'
import type { PeekTls } from './net/tlspeek.ts'
import { asPem } from './std/bytes.ts'
import type { Clock } from './std/clock.ts'
import type { Logger } from './std/log.ts'
import { err } from './std/result.ts'
import type { Result } from './std/result.ts'
import { version } from './version.ts'

export const userAgent = `perennial/${version}`

/** The settings that connections depend on. */
export type ConnectionSettings = Pick<Config, 'addressGuard' | 'allowAddresses' | 'denyAddresses' | 'httpTimeout'>

interface Outside {
  readonly config: ConnectionSettings
  readonly clock: Clock
  readonly log: Logger
}

/** Connections with the trust and proxy that an issuer's spec asks for. */
export function issuerHttp({ config, clock, log }: Outside): HttpMaker {
  return (spec, credentials) => {
    const proxy = proxyUrl(spec, credentials)
    if (proxy !== undefined && !URL.canParse(proxy)) return err(`spec.proxy.url is not a URL: ${spec.proxy?.url}`)
    return createHttpClient({
      userAgent,
      addressPolicy: addressPolicy(config),
      timeouts: { total: config.httpTimeout },
      clock,
      log,
      trust: trustOf(spec, credentials),
      ...(proxy === undefined ? {} : { proxy: { url: proxy } }),
    })
  }
}

/** What is called beside the CA knows the addresses of the cluster, and stays out of them. */
export interface OutsideCluster extends Outside {
  readonly cluster: AddressTest
}

/** Where there is no cluster, or none that is to be stayed out of. */
export const noCluster: AddressTest = () => false

/** A client for looking at our own answers the way a CA would: no trust needed. */
export function checkerHttp({ config, cluster, clock, log }: OutsideCluster): Result<OwnedHttpClient, string> {
  return createHttpClient({ userAgent, addressPolicy: addressPolicyOutside(config, cluster), clock, log })
}

/** Looks at our own answers over TLS, with the same restrictions. */
export function checkerTls({ config, cluster }: Pick<OutsideCluster, 'config' | 'cluster'>): Result<PeekTls, string> {
  return tlsPeeker(addressPolicyOutside(config, cluster))
}

/** Which addresses may be called on behalf of issuers: their CA may lie in the cluster. */
export function addressPolicy(config: ConnectionSettings): AddressPolicy {
  return addressPolicyOutside(config, noCluster)
}

/** Which addresses self-checks and solvers may call (docs/adr/0012). */
export function addressPolicyOutside(config: ConnectionSettings, cluster: AddressTest): AddressPolicy {
  const { addressGuard, allowAddresses: allow, denyAddresses: deny } = config
  return addressGuard ? { kind: 'public', allow, deny, alsoDeny: cluster } : 'any'
}

/** A bundle of one's own replaces the public roots: who names a private CA does not want every public one as well. */
function trustOf(spec: IssuerSpec, credentials: Credentials): Trust {
  const trust = serverTrust(spec)
  switch (trust.kind) {
    case 'system':
      return { system: true }
    case 'bundle':
      return { caBundle: asPem(trust.pem), system: false }
    case 'secret':
      return { caBundle: asPem(entry(credentials, connectionFields.caBundle, trust.ref.key)), system: false }
  }
}

function proxyUrl({ proxy }: IssuerSpec, credentials: Credentials): string | undefined {
  if (proxy?.credentialsSecretRef === undefined || !URL.canParse(proxy.url)) return proxy?.url
  const url = new URL(proxy.url)
  url.username = encodeURIComponent(entry(credentials, connectionFields.proxyCredentials, 'username'))
  url.password = encodeURIComponent(entry(credentials, connectionFields.proxyCredentials, 'password'))
  return url.href
}

function entry(credentials: Credentials, field: string, key: string): string {
  return Buffer.from(credentials.get(field)?.[key] ?? []).toString('utf8')
}
