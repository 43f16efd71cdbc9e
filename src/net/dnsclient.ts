/** The DNS client of the process. What it is sent to by names and zones that issuers mention passes the address guard first. */
import { getServers } from 'node:dns'
import { setMaxListeners } from 'node:events'
import { isIP } from 'node:net'
import type { Clock } from '../std/clock.ts'
import { startDeadline } from '../std/deadline.ts'
import { parseHostPort } from '../std/hostport.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { milliseconds, seconds } from '../std/time.ts'
import type { Duration } from '../std/time.ts'
import { unlessAllowed } from './address.ts'
import type { AddressCheck, Resolve } from './address.ts'
import type { DnsClient, DnsFailure, DnsRequest, DnsServer } from './dns.ts'
import { overTcp, overUdp } from './dnsexchange.ts'
import { encodeQuery, rcodes } from './dnsmessage.ts'
import type { DnsMessage, Question } from './dnsmessage.ts'

export interface DnsClientOptions {
  readonly recursive: readonly DnsServer[]
  readonly asksAuthoritative: boolean
  readonly authoritativePort?: number
  /** For servers that are not among the recursive ones. */
  readonly mayCall: AddressCheck
  readonly resolve: Resolve
  /** @returns a whole number below 65536 that nobody can guess */
  readonly randomId: () => number
  readonly clock: Clock
}

const dnsPort = 53
/** How long each try waits for its reply. */
const udpTries: readonly Duration[] = [milliseconds(1000), milliseconds(2000)]
const tcpPatience = seconds(4)
/** Addresses of one server that are tried. */
const mostAddresses = 4

/** @returns the servers in /etc/resolv.conf, or in what the system has in its place */
export const systemServers = (): readonly DnsServer[] =>
  getServers().flatMap((text) => {
    const server = parseDnsServer(text)
    return server === undefined ? [] : [server]
  })

/** @param text - `host`, `host:port`, an IPv6 address bare, or in brackets with a port */
export function parseDnsServer(text: string): DnsServer | undefined {
  if (isIP(text) !== 0) return { host: text, port: dnsPort }
  if (/^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/i.test(text)) return { host: text.toLowerCase(), port: dnsPort }
  const parsed = text.endsWith(']') ? parseHostPort(`${text}:${dnsPort}`) : parseHostPort(text)
  if (parsed === undefined || parsed.port === 0 || parsed.host === '') return undefined
  if (text.startsWith('[') && isIP(parsed.host) !== 6) return undefined
  const server = parseDnsServer(parsed.host)
  return server === undefined ? undefined : { ...server, port: parsed.port }
}

export function createDnsClient(options: DnsClientOptions): DnsClient {
  const { recursive, asksAuthoritative, authoritativePort = dnsPort, randomId } = options
  const query = (question: Question, recursion: 'wanted' | 'none'): Uint8Array | undefined =>
    encodeQuery(question, { id: randomId(), recursion })
  return {
    recursive,
    asksAuthoritative,
    authoritativePort,
    lookUp: async (question, signal) => {
      let last: Result<DnsMessage, DnsFailure> = err({ kind: 'unreachable', message: 'No DNS server is configured.' })
      for (const server of recursive) {
        const message = query(question, 'wanted')
        if (message === undefined) return err(noName(question))
        last = await deliver({ server, message, over: 'auto' }, { ...options, mayCall: () => true }, signal)
        if (last.ok && isAnswer(last.value)) return last
      }
      return last
    },
    ask: async (question, server, signal) => {
      const message = query(question, 'none')
      return message === undefined ? err(noName(question)) : deliver({ server, message, over: 'auto' }, options, signal)
    },
    exchange: (request, signal) => deliver(request, options, signal),
  }
}

const isAnswer = ({ rcode }: DnsMessage): boolean => rcode === rcodes.NOERROR || rcode === rcodes.NXDOMAIN

const noName = ({ name }: Question): DnsFailure => ({ kind: 'malformed', message: `"${name}" is not a DNS name.` })

async function deliver(
  { server, message, over }: DnsRequest,
  options: DnsClientOptions,
  signal: AbortSignal,
): Promise<Result<DnsMessage, DnsFailure>> {
  // Many questions share the signal of those who ask; each takes its listener away again.
  setMaxListeners(0, signal)
  const addresses = await unlessAborted(addressesOf(server, options), signal)
  if (addresses === undefined) return err(givenUp(server))
  if (!addresses.ok) return addresses
  let last: Result<DnsMessage, DnsFailure> = err(unresolved(server))
  for (const address of addresses.value.slice(0, mostAddresses)) {
    if (signal.aborted) break
    last = await attempt({ address, port: server.port, message, over }, options.clock, signal)
    if (last.ok) return last
  }
  return signal.aborted ? err(givenUp(server)) : last
}

const givenUp = ({ host }: DnsServer): DnsFailure => ({
  kind: 'aborted',
  message: `The question to ${host} was given up.`,
})

/** The system's resolver cannot be told to stop: its answer comes too late for anybody. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  let stop = (): void => undefined
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined)
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
  })
  try {
    return await Promise.race([aborted, work])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

type Attempt = Pick<DnsRequest, 'message' | 'over'> & { readonly address: string; readonly port: number }

/** Truncated replies are asked for again over TCP; so is silence, because some networks lose UDP and not TCP. */
async function attempt(what: Attempt, clock: Clock, signal: AbortSignal): Promise<Result<DnsMessage, DnsFailure>> {
  const bounded = async (length: Duration, send: typeof overUdp): ReturnType<typeof overUdp> => {
    const deadline = startDeadline({ clock, length, sentence: 'deadline', parent: signal })
    try {
      return await send({ ...what, signal: deadline.signal })
    } finally {
      deadline.end()
    }
  }
  for (const patience of what.over === 'tcp' ? [] : udpTries) {
    const reply = await bounded(patience, overUdp)
    if (reply.ok && !reply.value.isTruncated) return reply
    if (reply.ok || reply.error.kind !== 'timedOut' || signal.aborted) break
  }
  return bounded(tcpPatience, overTcp)
}

async function addressesOf(
  server: DnsServer,
  { mayCall, resolve }: Pick<DnsClientOptions, 'mayCall' | 'resolve'>,
): Promise<Result<readonly string[], DnsFailure>> {
  try {
    const found = isIP(server.host) === 0 ? await resolve(server.host) : [{ address: server.host }]
    const permitted = found.map(({ address }) => address).filter((address) => mayCall(address))
    if (permitted.length > 0) return ok(permitted)
    return err({
      kind: 'forbiddenAddress',
      message: `The DNS server ${server.host} may not be called ${unlessAllowed}.`,
    })
  } catch {
    return err(unresolved(server))
  }
}

const unresolved = ({ host }: DnsServer): DnsFailure => ({
  kind: 'unreachable',
  message: `The DNS server ${host} has no address.`,
})
