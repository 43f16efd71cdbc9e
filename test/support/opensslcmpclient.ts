/** `openssl cmp` as a client of the project's own CMP server, in a directory of its own. */
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateKey } from '../../src/pki/key.ts'
import { certificatesPem } from '../../src/pki/pem.ts'
import { asDer } from '../../src/std/bytes.ts'
import type { Der } from '../../src/std/bytes.ts'
import { CmpServer } from './cmp-server/fake.ts'
import type { CmpServerOptions } from './cmp-server/fake.ts'
import type { Holder } from './cmp-server/material.ts'
import type { CmpTroubles } from './cmp-server/troubles.ts'
import { openssl } from './openssl.ts'
import type { OpensslRun } from './openssl.ts'
import { scratchDirectory } from './scratch.ts'

export const hasOpensslCmp = openssl(['cmp', '-help']).ok

/** For the names of tests. */
export const skipReason = hasOpensslCmp ? '' : ' (skipped: this openssl has no cmp)'

const secret = 'correct horse battery staple'
export const underSecret = ['-ref', '4711', '-secret', `pass:${secret}`]
export const wish = ['-subject', '/CN=server.example.test', '-sans', 'server.example.test', '-certout', 'cert.pem']
/** For the key in key.pem, from the CA of the server. */
export const newKey = ['-newkey', 'key.pem', ...wish, '-recipient', '/CN=CMP CA']
export const trusting = ['-trusted', 'ca.pem']
/** Signed with the certificate in cert.pem. */
export const own = ['-cert', 'cert.pem', '-key', 'key.pem', ...trusting]

export class OpensslCmpClient {
  readonly server: CmpServer
  readonly #scratch: ReturnType<typeof scratchDirectory>

  private constructor(server: CmpServer, scratch: ReturnType<typeof scratchDirectory>) {
    this.server = server
    this.#scratch = scratch
  }

  /** With keys in key.pem and other.pem, the CA in ca.pem, and a server of its own. */
  static async start(options: CmpServerOptions & { readonly troubles?: CmpTroubles } = {}): Promise<OpensslCmpClient> {
    const { troubles, ...rest } = options
    const server = await CmpServer.start({ secrets: { '4711': secret }, ...rest })
    Object.assign(server.troubles, troubles)
    const client = new OpensslCmpClient(server, scratchDirectory('opensslcmpclient'))
    client.write('ca.pem', certificatesPem([server.material.ca.certificate]))
    for (const name of ['key.pem', 'other.pem'])
      client.write(name, (await generateKey({ algorithm: 'ECDSA', size: 256 })).toPem('PKCS8'))
    return client
  }

  async stop(): Promise<void> {
    await this.server.stop()
    this.#scratch.remove()
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(join(this.#scratch.path, name), content)
  }

  /** @returns the options to sign with a certificate */
  signedBy({ certificate, key }: Holder): readonly string[] {
    this.write('device.pem', certificatesPem([certificate]))
    this.write('device.key', key.toPem('PKCS8'))
    return ['-cert', 'device.pem', '-key', 'device.key', ...trusting]
  }

  /** Runs beside this process, which is the server. */
  run(args: readonly string[], url = this.server.url): Promise<OpensslRun> {
    const { host, pathname } = new URL(url)
    const place = ['-server', host, '-path', pathname.slice(1)]
    const all = ['cmp', '-config', '', ...place, '-batch', '-msg_timeout', '10', ...args]
    return new Promise((resolve) => {
      execFile('openssl', all, { cwd: this.#scratch.path }, (error, out, err) =>
        resolve({ ok: error === null, text: `${out}${err}` }),
      )
    })
  }

  /** A certificate for key.pem, in cert.pem. */
  async enroll(): Promise<Der> {
    const run = await this.run(['-cmd', 'ir', ...underSecret, ...newKey])
    if (!run.ok) throw new Error(run.text)
    return this.received()
  }

  received(name = 'cert.pem'): Der {
    return asDer(new X509Certificate(readFileSync(join(this.#scratch.path, name))).raw)
  }

  /** Bodies of the requests so far. */
  types(): readonly string[] {
    return this.server.seen.map(({ type }) => type)
  }
}
