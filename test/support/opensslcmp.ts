/** The CMP server that openssl has for tests (`openssl cmp -port`). It issues nothing: it hands out a certificate made before. */
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Wanted } from '../../src/domain/wanted.ts'
import { issueCertificate } from '../../src/pki/issue.ts'
import type { PrivateKey } from '../../src/pki/key.ts'
import { certificatesPem } from '../../src/pki/pem.ts'
import { readSigner } from '../../src/pki/signer.ts'
import type { Der } from '../../src/std/bytes.ts'
import { minus, minutes, plus } from '../../src/std/time.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { makeCa } from './ca-material.ts'
import type { CaMaterial } from './ca-material.ts'
import { freePorts, startProcess } from './process.ts'
import { scratchDirectory } from './scratch.ts'
import { unwrap } from './unwrap.ts'

export interface OpensslCmp {
  readonly url: string
  readonly ca: CaMaterial
  tail(): string
  stop(): Promise<void>
}

export interface OpensslCmpOptions {
  /** What it hands out, whoever asks. */
  readonly ca: CaMaterial
  readonly certificate: Der
  readonly secret?: string
  /** Further options of the command. */
  readonly options?: readonly string[]
}

/** A CA whose certificate may sign CMP messages as well. */
export function cmpCa(): Promise<CaMaterial> {
  const now = systemClock.now()
  const usages = ['cert sign', 'crl sign', 'digital signature']
  return makeCa({
    name: 'CMP test CA',
    notBefore: minus(now, minutes(5)),
    notAfter: plus(now, minutes(600)),
    change: { usages },
  })
}

/** @returns a certificate for a key, as the CA would issue it */
export function certify(ca: CaMaterial, wanted: Wanted, { publicKey }: PrivateKey): Promise<Der> {
  const now = systemClock.now()
  const signer = unwrap(readSigner({ certificate: ca.certificate, key: ca.key }))
  return issueCertificate({
    wanted,
    publicKey,
    signer,
    notBefore: minus(now, minutes(1)),
    notAfter: plus(now, minutes(60)),
  })
}

export async function startOpensslCmp({
  ca,
  certificate,
  secret,
  options = [],
}: OpensslCmpOptions): Promise<OpensslCmp> {
  const scratch = scratchDirectory('opensslcmp')
  const directory = scratch.path
  const file = (name: string, content: string): string => {
    writeFileSync(join(directory, name), content)
    return join(directory, name)
  }
  const pem = file('ca.pem', certificatesPem([ca.certificate]))
  const [port = 0] = await freePorts(1)
  const running = await startProcess({
    name: 'openssl cmp',
    command: 'openssl',
    args: [
      'cmp',
      '-port',
      String(port),
      '-srv_cert',
      pem,
      '-srv_key',
      file('ca.key', ca.key.toPem('PKCS8')),
      '-srv_trusted',
      pem,
      '-rsp_cert',
      file('cert.pem', certificatesPem([certificate])),
      '-rsp_capubs',
      pem,
      ...(secret === undefined ? [] : ['-srv_ref', '4711', '-srv_secret', `pass:${secret}`]),
      ...options,
    ],
    logFile: join(directory, 'log'),
    leftovers: [directory],
    isReady: () => isListening(port),
  })
  return {
    url: `http://127.0.0.1:${port}/pkix/`,
    ca,
    tail: () => running.tail(60),
    stop: async () => {
      await running.stop()
      scratch.remove()
    },
  }
}

/** It has one connection at a time, and this one is given up at once. */
const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
