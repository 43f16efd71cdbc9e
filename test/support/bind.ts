/** BIND, the name server, on a port of this machine: zones that take signed updates, and answers to whoever asks. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createDnsClient } from '../../src/net/dnsclient.ts'
import type { DnsClient } from '../../src/net/dns.ts'
import { readText, recordTypes } from '../../src/net/dnsmessage.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { freePorts, startProcess } from './process.ts'
import { scratchDirectory } from './scratch.ts'

const program = '/usr/sbin/named'

/** Debian's package bind9. */
export const hasBind = existsSync(program)

/** For the names of suites that cannot run. */
export const missingBind = hasBind ? '' : ' (left out: there is no /usr/sbin/named; apt-get install bind9)'

export const tsigKeys = {
  HMACSHA256: { name: 'challenges', file: 'hmac-sha256', secret: 'c2VjcmV0IG9mIGEgdGVzdCwgbG9uZyBlbm91Z2gh' },
  HMACSHA512: { name: 'long', file: 'hmac-sha512', secret: 'YW5vdGhlciBzZWNyZXQgb2YgYSB0ZXN0LCB3aGljaCBpcyBsb25nZXI=' },
  HMACMD5: { name: 'ancient', file: 'hmac-md5', secret: 'YW5jaWVudCBzZWNyZXQ=' },
} as const

export interface BindOptions {
  /** Names of zones. */
  readonly zones: readonly string[]
  /** Further records of a zone, one a line, as in a zone file. */
  readonly records?: Readonly<Record<string, readonly string[]>>
}

export interface Bind {
  readonly port: number
  /** Asks this server for everything. */
  readonly dns: DnsClient
  texts(name: string): Promise<readonly string[]>
  log(lines?: number): string
  stop(): Promise<void>
}

/** @throws with the end of the log when it does not start */
export async function startBind({ zones, records = {} }: BindOptions): Promise<Bind> {
  const scratch = scratchDirectory('bind')
  const [port = 0] = await freePorts(1)
  for (const zone of zones) writeFileSync(join(scratch.path, `${zone}.zone`), zoneFile(zone, records[zone] ?? []))
  writeFileSync(join(scratch.path, 'named.conf'), config(scratch.path, port, zones))
  const dns = clientOf(port)
  const texts = async (name: string): Promise<readonly string[]> => {
    const reply = await dns.lookUp({ name, type: 'TXT' }, AbortSignal.timeout(5000))
    if (!reply.ok) throw new Error(reply.error.message)
    const found = reply.value.answers.filter(({ type }) => type === recordTypes.TXT)
    return found.flatMap(({ data }) => readText(data) ?? [])
  }
  const running = await startProcess({
    name: 'named',
    command: program,
    args: ['-g', '-c', join(scratch.path, 'named.conf')],
    cwd: scratch.path,
    logFile: join(scratch.path, 'named.log'),
    leftovers: [scratch.path],
    isReady: async () => {
      const [zone = ''] = zones
      const reply = await dns.lookUp({ name: zone, type: 'SOA' }, AbortSignal.timeout(1000))
      return reply.ok && reply.value.answers.length > 0
    },
    readyWithin: 20_000,
  })
  return {
    port,
    dns,
    texts,
    log: (lines) => running.tail(lines),
    stop: async () => {
      await running.stop()
      scratch.remove()
    },
  }
}

/** Every server of every zone is this one. */
const clientOf = (port: number): DnsClient =>
  createDnsClient({
    recursive: [{ host: '127.0.0.1', port }],
    asksAuthoritative: true,
    authoritativePort: port,
    mayCall: () => true,
    resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
    randomId: () => Math.floor(Math.random() * 65_536),
    clock: systemClock,
  })

const zoneFile = (zone: string, lines: readonly string[]): string =>
  [
    '$TTL 60',
    `@ IN SOA ns1.${zone}. admin.${zone}. 1 3600 600 86400 5`,
    `@ IN NS ns1.${zone}.`,
    `@ IN NS ns2.${zone}.`,
    'ns1 IN A 127.0.0.1',
    'ns2 IN A 127.0.0.1',
    ...lines,
    '',
  ].join('\n')

function config(directory: string, port: number, zones: readonly string[]): string {
  const keys = Object.values(tsigKeys)
  const grants = keys.map(({ name }) => `key "${name}";`).join(' ')
  return [
    `options { directory "${directory}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };`,
    '  recursion yes; allow-recursion { 127.0.0.1; }; allow-transfer { none; }; pid-file none; session-keyfile none; dnssec-validation no; };',
    'controls { };',
    ...keys.map(({ name, file, secret }) => `key "${name}" { algorithm ${file}; secret "${secret}"; };`),
    ...zones.map((zone) => `zone "${zone}" { type primary; file "${zone}.zone"; allow-update { ${grants} }; };`),
    '',
  ].join('\n')
}
