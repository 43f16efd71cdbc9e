/** What solvers over DNS reach beside the CA: DNS servers, services of DNS, webhooks in the cluster. Part of the composition root. */
import { ambientVariables, environment } from './config.ts'
import type { Config } from './config.ts'
import { addressPolicyOutside, userAgent } from './connections.ts'
import type { ConnectionSettings } from './connections.ts'
import type { ContextSource } from './controllers/context.ts'
import type { Ambient, ClusterApi, Surroundings } from './enroll/surroundings.ts'
import { KubeError } from './kube/errors.ts'
import type { Transport } from './kube/transport.ts'
import { compilePolicy, resolveWithSystem } from './net/address.ts'
import type { AddressPolicy, AddressTest } from './net/address.ts'
import { createHttpClient } from './net/client.ts'
import type { DnsClient } from './net/dns.ts'
import { createDnsClient, systemServers } from './net/dnsclient.ts'
import { randomBytes } from './pki/random.ts'
import { readWithin } from './std/file.ts'
import type { Clock } from './std/clock.ts'
import type { Json } from './std/json.ts'
import type { Logger } from './std/log.ts'
import { err, ok } from './std/result.ts'
import type { Result } from './std/result.ts'

type DnsSettings = Pick<
  Config,
  | 'dns01RecursiveNameservers'
  | 'dns01RecursiveNameserversOnly'
  | 'dns01PropagationTimeout'
  | 'issuerAmbientCredentials'
  | 'clusterIssuerAmbientCredentials'
>

export interface OutsideParts {
  readonly config: ConnectionSettings & DnsSettings
  /** Whether an address is the cluster's, asked at each call: providers of DNS are not looked for there. */
  readonly cluster: AddressTest
  readonly clock: Clock
  readonly log: Logger
  /** Undefined: there is no cluster to ask. */
  readonly transport: Transport | undefined
}

export interface SurroundingsMaker {
  readonly surroundingsOf: (source: ContextSource | undefined) => Surroundings
  close(): Promise<void>
}

/** @returns a sentence when a setting cannot work */
export function openSurroundings(parts: OutsideParts): Result<SurroundingsMaker, string> {
  const { config, clock, log, transport } = parts
  const policy = addressPolicyOutside(config, parts.cluster)
  const http = createHttpClient({ userAgent, addressPolicy: policy, clock, log })
  if (!http.ok) return http
  const dns = dnsClient(policy, config, clock)
  if (!dns.ok) return dns
  const variables = ambientVariables(environment())
  return ok({
    surroundingsOf: (source) => ({
      dns: dns.value,
      http: http.value,
      cluster: clusterApi(transport, source?.secretNamespace ?? ''),
      ambient: ambientFor(mayUseAmbient(source, config), variables),
      propagationTimeout: config.dns01PropagationTimeout,
    }),
    close: () => http.value.close(),
  })
}

function dnsClient(policy: AddressPolicy, config: DnsSettings, clock: Clock): Result<DnsClient, string> {
  const mayCall = compilePolicy(policy)
  if (!mayCall.ok) return err(mayCall.error)
  const { dns01RecursiveNameservers: given, dns01RecursiveNameserversOnly: only } = config
  return ok(
    createDnsClient({
      recursive: given.length > 0 ? given : systemServers(),
      asksAuthoritative: !only,
      mayCall: mayCall.value,
      resolve: resolveWithSystem,
      randomId: () => Buffer.from(randomBytes(2)).readUInt16BE(0),
      clock,
    }),
  )
}

function mayUseAmbient(source: ContextSource | undefined, config: DnsSettings): boolean {
  if (source === undefined) return false
  return source.scope === 'Cluster' ? config.clusterIssuerAmbientCredentials : config.issuerAmbientCredentials
}

/** A token file is small; anything else is none. */
const largestFile = 64 * 1024

function ambientFor(allowed: boolean, variables: ReadonlyMap<string, string>): Ambient {
  if (!allowed) return { allowed, variable: () => undefined, file: () => Promise.resolve(undefined) }
  return {
    allowed,
    variable: (name) => variables.get(name),
    file: async (path) => {
      const bytes = await readWithin(path, largestFile).catch(() => undefined)
      return bytes?.toString('utf8')
    },
  }
}

function clusterApi(transport: Transport | undefined, resourceNamespace: string): ClusterApi {
  return {
    resourceNamespace,
    create: async (path, body, signal) => {
      if (transport === undefined) return { status: 0, body: undefined }
      try {
        const value = await transport.request<Json>({
          method: 'POST',
          path,
          verb: 'create',
          resource: 'dns',
          body,
          signal,
        })
        return { status: 201, body: value }
      } catch (error) {
        if (signal.aborted || !(error instanceof KubeError)) throw error
        return { status: error.status, body: { message: error.message } }
      }
    },
  }
}
