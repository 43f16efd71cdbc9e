/** Pebble, the ACME server that Let's Encrypt tests with, and a DNS server beside it that sends every name to this machine. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { locate } from '../../scripts/toolchain/find.ts'
import { freePorts, startProcess } from './process.ts'
import type { RunningProcess } from './process.ts'
import { scratchDirectory } from './scratch.ts'
import { tlsCa, tlsLeaf } from './tls.ts'

export interface PebbleOptions {
  /** Where Pebble asks for HTTP-01 answers. */
  readonly httpPort: number
  /** Where Pebble asks for TLS-ALPN-01 answers; nobody listens there by default. */
  readonly tlsPort?: number
  /** Percent of good nonces that are refused; Pebble's own default is 5. */
  readonly nonceReject?: number
  /** Percent of valid authorizations that are used again; Pebble's own default is 50. */
  readonly authzReuse?: number
  /** How many further roots there are, each with a chain of its own; none by default. */
  readonly alternateRoots?: number
  /** How many intermediates a chain has; 1 by default. */
  readonly chainLength?: number
  /** External accounts, and with them the demand for one: HMAC key in base64url by key identifier. */
  readonly eab?: Readonly<Record<string, string>>
  /** Every challenge succeeds without being asked. */
  readonly alwaysValid?: boolean
  /** Lifetime in seconds by profile; `default` is what an order gets that names none. */
  readonly profiles?: Readonly<Record<string, number>>
  /** Seconds that Pebble asks clients to wait before they ask again. */
  readonly retryAfter?: { readonly authz: number; readonly order: number }
  /** `host:port` of a DNS server that Pebble asks; one that sends every name to this machine, when not given. */
  readonly dnsServer?: string
  /** Names that Pebble refuses by policy. */
  readonly blockedNames?: readonly string[]
  /** Further environment of Pebble, such as `PEBBLE_VA_SLEEPTIME`. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

export interface Pebble {
  readonly directoryUrl: string
  /** Without a trailing slash. */
  readonly managementUrl: string
  /** PEM of the CA of Pebble's own TLS certificate, for `spec.tls.caBundle`. */
  readonly caBundle: string
  /** PEM of the root of each chain that it issues, the preferred one first. They are made anew at every start. */
  roots(): Promise<readonly string[]>
  /** The end of what Pebble logged. */
  log(lines?: number): string
  stop(): Promise<void>
}

/** Pebble wants to know who calls. */
const headers = { 'user-agent': 'perennial-test' }

/** @throws with the end of the log of the part that did not start */
export async function startPebble(options: PebbleOptions): Promise<Pebble> {
  const scratch = scratchDirectory('pebble')
  const [acme = 0, management = 0, dns = 0, dnsManagement = 0] = await freePorts(4)
  const layout = { directory: scratch.path, acme, management, dns, dnsManagement }
  const ca = await writeFiles(layout, options)
  const started: RunningProcess[] = []
  const stop = async (): Promise<void> => {
    for (const one of started.splice(0).reverse()) await one.stop()
    scratch.remove()
  }
  try {
    started.push(await startNameServer(layout))
    const pebble = await startServer(layout, ca, options)
    started.push(pebble)
    const managementUrl = `https://127.0.0.1:${management}`
    const count = 1 + (options.alternateRoots ?? 0)
    const rootUrls = Array.from({ length: count }, (_, index) => `${managementUrl}/roots/${index}`)
    return {
      directoryUrl: `https://127.0.0.1:${acme}/dir`,
      managementUrl,
      caBundle: ca,
      roots: () => Promise.all(rootUrls.map((url) => read(url, ca))),
      log: (lines) => pebble.tail(lines),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Layout {
  readonly directory: string
  readonly acme: number
  readonly management: number
  readonly dns: number
  readonly dnsManagement: number
}

/** @returns PEM of the CA that certifies Pebble's listeners */
async function writeFiles({ directory, acme, management }: Layout, options: PebbleOptions): Promise<string> {
  const ca = await tlsCa('pebble-tls-ca')
  const names = [
    { type: 'dns', value: 'localhost' },
    { type: 'ip', value: '127.0.0.1' },
  ] as const
  const server = await tlsLeaf({ ca, names })
  const profiles: Readonly<Record<string, unknown>> = Object.fromEntries(
    Object.entries(options.profiles ?? { default: 90 * 86_400 }).map(([name, seconds]) => [
      name,
      { description: `Valid for ${seconds} seconds.`, validityPeriod: seconds },
    ]),
  )
  const config = {
    pebble: {
      listenAddress: `127.0.0.1:${acme}`,
      managementListenAddress: `127.0.0.1:${management}`,
      certificate: join(directory, 'tls.crt'),
      privateKey: join(directory, 'tls.key'),
      httpPort: options.httpPort,
      tlsPort: options.tlsPort ?? options.httpPort,
      externalAccountBindingRequired: options.eab !== undefined,
      externalAccountMACKeys: options.eab ?? {},
      domainBlocklist: options.blockedNames ?? [],
      retryAfter: options.retryAfter ?? { authz: 1, order: 1 },
      keyAlgorithm: 'ecdsa',
      profiles,
    },
  }
  const files = {
    'tls.crt': server.certificate,
    'tls.key': server.key,
    'pebble.json': JSON.stringify(config, undefined, 2),
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content, { mode: 0o600 })
  return ca.certificate
}

function startNameServer({ directory, dns, dnsManagement }: Layout): Promise<RunningProcess> {
  const url = `http://127.0.0.1:${dnsManagement}/clear-request-history`
  return startProcess({
    name: 'pebble-challtestsrv',
    command: locate(['pebble-challtestsrv'])['pebble-challtestsrv'],
    args: [
      `-dnsserver=127.0.0.1:${dns}`,
      `-management=127.0.0.1:${dnsManagement}`,
      '-defaultIPv4=127.0.0.1',
      '-defaultIPv6=',
      '-http01=',
      '-https01=',
      '-tlsalpn01=',
      '-doh=',
    ],
    logFile: join(directory, 'challtestsrv.log'),
    leftovers: [directory],
    // Any answer will do: it listens.
    isReady: async () => (await fetch(url, { method: 'POST', body: '{}' })).status > 0,
  })
}

function startServer({ directory, dns, acme }: Layout, ca: string, options: PebbleOptions): Promise<RunningProcess> {
  const percent = (value: number | undefined): string | undefined => (value === undefined ? undefined : String(value))
  return startProcess({
    name: 'pebble',
    command: locate(['pebble']).pebble,
    args: [`-config=${join(directory, 'pebble.json')}`, `-dnsserver=${options.dnsServer ?? `127.0.0.1:${dns}`}`],
    env: {
      // Otherwise it waits up to 15 seconds before it looks at an answer.
      PEBBLE_VA_NOSLEEP: '1',
      PEBBLE_VA_ALWAYS_VALID: options.alwaysValid === true ? '1' : undefined,
      PEBBLE_WFE_NONCEREJECT: percent(options.nonceReject),
      PEBBLE_AUTHZREUSE: percent(options.authzReuse),
      PEBBLE_ALTERNATE_ROOTS: percent(options.alternateRoots),
      PEBBLE_CHAIN_LENGTH: percent(options.chainLength),
      ...options.env,
    },
    logFile: join(directory, 'pebble.log'),
    leftovers: [directory],
    isReady: async () => (await read(`https://127.0.0.1:${acme}/dir`, ca)) !== '',
  })
}

async function read(url: string, ca: string): Promise<string> {
  const dispatcher = new Agent({ connect: { ca } })
  try {
    const { statusCode, body } = await request(url, { dispatcher, headers })
    const text = await body.text()
    if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}: ${text}`)
    return text
  } finally {
    await dispatcher.destroy()
  }
}
