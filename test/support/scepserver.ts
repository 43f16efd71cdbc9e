/** micromdm's scepserver: a real SCEP service with a CA of its own, which signs its replies with SHA-1 and encrypts them with DES. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { locate } from '../../scripts/toolchain/find.ts'
import { readCertificates } from '../../src/pki/pem.ts'
import type { Der } from '../../src/std/bytes.ts'
import { freePorts, startProcess } from './process.ts'
import type { RunningProcess } from './process.ts'
import { runTool } from './scepclients.ts'
import { scratchDirectory } from './scratch.ts'
import { unwrap } from './unwrap.ts'

export interface ScepServer {
  readonly url: string
  readonly ca: Der
  /** The end of what it logged. */
  log(lines?: number): string
  /** Ends and begins again on the same port, with the same CA. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface ScepServerOptions {
  readonly challenge?: string
  /** Adds usages for servers to what it certifies. */
  readonly serverUsages?: boolean
  /** Lifetime of what it issues; 365 when not given, and never less than 1. */
  readonly days?: number
}

export async function startScepServer(options: ScepServerOptions = {}): Promise<ScepServer> {
  const scratch = scratchDirectory('scepserver')
  const depot = join(scratch.path, 'depot')
  const command = locate(['scepserver']).scepserver
  const made = await runTool(command, ['ca', '-init', '-depot', depot, '-keySize', '2048'], scratch.path)
  if (!made.ok) throw new Error(`scepserver made no CA: ${made.text}`)
  const [ca] = unwrap(readCertificates(readFileSync(join(depot, 'ca.pem'), 'utf8')))
  if (ca === undefined) throw new Error('scepserver made an empty CA')
  const [port = 0] = await freePorts(1)
  const url = `http://127.0.0.1:${port}/scep`
  const start = (): Promise<RunningProcess> =>
    startProcess({
      name: 'scepserver',
      command,
      args: [
        '-depot',
        depot,
        '-port',
        String(port),
        '-allowrenew',
        '0',
        ...(options.days === undefined ? [] : ['-crtvalid', String(options.days)]),
        ...(options.challenge === undefined ? [] : ['-challenge', options.challenge]),
        ...(options.serverUsages === true ? ['-sign-server-attrs'] : []),
      ],
      logFile: join(scratch.path, 'scepserver.log'),
      leftovers: [scratch.path],
      isReady: async () => (await fetch(`${url}?operation=GetCACaps`)).ok,
    })
  let running = await start()
  return {
    url,
    ca,
    log: (lines) => running.tail(lines),
    restart: async () => {
      await running.stop()
      running = await start()
    },
    stop: async () => {
      await running.stop()
      scratch.remove()
    },
  }
}
