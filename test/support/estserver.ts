/** globalsign's estserver: a real EST server with a CA of its own, strict about base64 and about names in renewals. */
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { locate } from '../../scripts/toolchain/find.ts'
import { issueCertificate } from '../../src/pki/issue.ts'
import { generateKey } from '../../src/pki/key.ts'
import { certificatesPem } from '../../src/pki/pem.ts'
import { readSigner } from '../../src/pki/signer.ts'
import type { Der } from '../../src/std/bytes.ts'
import { days } from '../../src/std/time.ts'
import { caBegins, caEnds, someCa } from './ca-material.ts'
import type { CaMaterial } from './ca-material.ts'
import { freePorts, startProcess } from './process.ts'
import { scratchDirectory } from './scratch.ts'
import { unwrap } from './unwrap.ts'

export interface EstServer {
  /** For `spec.est.server`. */
  readonly url: string
  readonly ca: CaMaterial
  log(lines?: number): string
  stop(): Promise<void>
}

/** A certificate for 127.0.0.1 and localhost, and for whatever else is said. */
export async function serverCertificate(
  ca: CaMaterial,
  change: { readonly names?: readonly string[]; readonly purposes?: readonly string[] } = {},
): Promise<{ readonly der: Der; readonly certificate: string; readonly key: string }> {
  const names = change.names ?? ['localhost']
  const key = await generateKey({ algorithm: 'ECDSA', size: 256 })
  const der = await issueCertificate({
    wanted: {
      subject: [[{ oid: '2.5.4.3', value: 'EST server' }]],
      names: [
        ...names.map((value) => ({ type: 'dns', value }) as const),
        ...(change.names === undefined ? [{ type: 'ip', value: '127.0.0.1' } as const] : []),
      ],
      key: key.shape,
      lifetime: days(1),
      usages: ['digital signature', 'server auth', 'client auth'],
      encodeUsagesInRequest: true,
      isCA: false,
    },
    publicKey: key.publicKey,
    signer: unwrap(readSigner(ca)),
    notBefore: caBegins,
    notAfter: caEnds,
  })
  return { der, certificate: certificatesPem([der]), key: key.toPem('PKCS8') }
}

export interface EstServerOptions {
  /** Issues; nothing that it issues outlives it. The root itself when not given. */
  readonly issuing?: CaMaterial
  /** The root. */
  readonly ca?: CaMaterial
  readonly port?: number
}

export async function startEstServer(options: EstServerOptions = {}): Promise<EstServer> {
  const scratch = scratchDirectory('estserver')
  const ca = options.ca ?? (await someCa('estserver CA'))
  const issuing = options.issuing ?? ca
  const chain = issuing === ca ? [ca.certificate] : [issuing.certificate, ca.certificate]
  const server = await serverCertificate(ca)
  const file = (name: string, text: string): string => {
    writeFileSync(join(scratch.path, name), text)
    return join(scratch.path, name)
  }
  const [port = 0] = options.port === undefined ? await freePorts(1) : [options.port]
  const root = file('root.pem', certificatesPem([ca.certificate]))
  const config = {
    mock_ca: {
      certificates: file('chain.pem', certificatesPem(chain)),
      private_key: file('ca.key', issuing.key.toPem('PKCS8')),
    },
    tls: {
      listen_address: `127.0.0.1:${port}`,
      certificates: file('server.pem', server.certificate),
      private_key: file('server.key', server.key),
      client_cas: [root],
    },
    allowed_hosts: ['localhost', '127.0.0.1'],
    healthcheck_password: 'xyzzy',
    rate_limit: 1000,
    timeout: 30,
    log_file: join(scratch.path, 'est.log'),
  }
  const url = `https://127.0.0.1:${port}`
  const running = await startProcess({
    name: 'estserver',
    command: locate(['estserver']).estserver,
    args: ['-config', file('config.json', JSON.stringify(config))],
    logFile: join(scratch.path, 'process.log'),
    leftovers: [scratch.path],
    isReady: () => isListening(port),
  })
  return {
    url,
    ca,
    log: (lines) => running.tail(lines),
    stop: async () => {
      await running.stop()
      scratch.remove()
    },
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
