/** Connections by TLS identity: the client's own, and those that single requests ask for. */
import { createHash, X509Certificate } from 'node:crypto'
import { checkServerIdentity } from 'node:tls'
import type { PeerCertificate, SecureContext } from 'node:tls'
import type { Dispatcher } from 'undici'
import { ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import type { HttpRequest } from './http.ts'
import { directAgent, proxyAgent } from './proxy.ts'
import type { ConnectionOptions, Judgement, Proxy } from './proxy.ts'
import { secureContext } from './tls.ts'
import type { TlsIdentity, Trust } from './tls.ts'

/** Who is shown and who is trusted on one request, where it differs from the client. */
export type OwnIdentity = Pick<HttpRequest, 'clientCertificate' | 'trust'>

/** Identities with connections of their own that are kept at the same time; the one that was used longest ago goes first. */
const mostIdentities = 8

export interface IdentityOptions {
  readonly identity: TlsIdentity
  readonly connection: Omit<ConnectionOptions, 'context' | 'judgement'>
  readonly proxy: Proxy | undefined
}

export class Identities {
  readonly #options: IdentityOptions
  readonly #own: ConnectionOptions
  readonly #ownAgent: Dispatcher
  readonly #others = new Map<string, Dispatcher>()

  private constructor(options: IdentityOptions, own: ConnectionOptions, agent: Dispatcher) {
    this.#options = options
    this.#own = own
    this.#ownAgent = agent
  }

  /** @returns a sentence about the setting that cannot work */
  static open(options: IdentityOptions): Result<Identities, string> {
    const own = connectionOf(options, {})
    if (!own.ok) return own
    const agent = agentOf(options, own.value, own.value)
    return agent.ok ? ok(new Identities(options, own.value, agent.value)) : agent
  }

  /** @returns the connections that a request travels on, or a sentence about a certificate or bundle that cannot be used */
  agentFor(own: OwnIdentity): Result<Dispatcher, string> {
    if (isUsual(own)) return ok(this.#ownAgent)
    const name = nameOf(own)
    const known = this.#others.get(name)
    if (known !== undefined) {
      this.#others.delete(name)
      this.#others.set(name, known)
      return ok(known)
    }
    const connection = connectionOf(this.#options, own)
    const made = connection.ok ? agentOf(this.#options, connection.value, this.#own) : connection
    if (made.ok) this.#keep(name, made.value)
    return made
  }

  /** @returns how to connect, for whoever makes a connection of its own; and how to connect to the proxy */
  connectionFor(
    own: OwnIdentity,
  ): Result<{ readonly server: ConnectionOptions; readonly proxy: ConnectionOptions }, string> {
    const server = isUsual(own) ? ok(this.#own) : connectionOf(this.#options, own)
    return server.ok ? ok({ server: server.value, proxy: this.#own }) : server
  }

  async destroy(): Promise<void> {
    const all = [this.#ownAgent, ...this.#others.values()]
    this.#others.clear()
    await Promise.all(all.map((agent) => agent.destroy()))
  }

  #keep(name: string, agent: Dispatcher): void {
    this.#others.set(name, agent)
    const [oldest] = this.#others
    if (this.#others.size <= mostIdentities || oldest === undefined) return
    this.#others.delete(oldest[0])
    // what is on its way ends; nothing new comes
    oldest[1].close().catch(() => undefined)
  }
}

const isUsual = ({ clientCertificate, trust }: OwnIdentity): boolean =>
  clientCertificate === undefined && trust === undefined

/** Holds no key in readable form, so that it may lie in a heap dump. */
const nameOf = ({ clientCertificate, trust }: OwnIdentity): string =>
  createHash('sha256')
    .update(JSON.stringify([clientCertificate ?? null, trust ?? null]))
    .digest('base64')

function connectionOf({ identity, connection }: IdentityOptions, own: OwnIdentity): Result<ConnectionOptions, string> {
  const context = contextOf(identity, own)
  if (!context.ok) return context
  return ok({ ...connection, context: context.value, judgement: judgementOf(own.trust) })
}

function contextOf(identity: TlsIdentity, { clientCertificate, trust }: OwnIdentity): Result<SecureContext, string> {
  return secureContext({
    clientCertificate: clientCertificate ?? identity.clientCertificate,
    trust: trust === undefined || trust === 'nobodyKnown' ? identity.trust : trust,
  })
}

function judgementOf(trust: OwnIdentity['trust']): Judgement | undefined {
  if (trust === 'nobodyKnown') return 'anybody'
  return trust?.purposeInsteadOfHost === undefined ? undefined : byPurpose(trust)
}

/** Asked only about certificates that chain to a CA that is trusted. */
const byPurpose =
  ({ purposeInsteadOfHost }: Trust) =>
  (host: string, certificate: PeerCertificate): Error | undefined => {
    const wrongHost = checkServerIdentity(host, certificate)
    const purposes: readonly string[] = new X509Certificate(certificate.raw).keyUsage ?? []
    return wrongHost !== undefined && purposes.includes(purposeInsteadOfHost ?? '') ? undefined : wrongHost
  }

const agentOf = (
  { proxy }: IdentityOptions,
  connection: ConnectionOptions,
  toProxy: ConnectionOptions,
): Result<Dispatcher, string> =>
  proxy === undefined ? ok(directAgent(connection)) : proxyAgent(proxy, connection, toProxy)
