/** SCEP clients that nobody here wrote: they say whether a server speaks SCEP. */
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { locate } from '../../scripts/toolchain/find.ts'
import type { PrivateKey } from '../../src/pki/key.ts'
import { certificatesPem, readCertificates } from '../../src/pki/pem.ts'
import type { Der } from '../../src/std/bytes.ts'
import { scratchDirectory } from './scratch.ts'
import { unwrap } from './unwrap.ts'

export interface ToolRun {
  readonly ok: boolean
  /** What it wrote. */
  readonly text: string
  /** The certificate it got. */
  readonly certificate: Der | undefined
}

export interface ClientOptions {
  readonly url: string
  readonly key: PrivateKey
  readonly name: string
  readonly dnsName?: string
  readonly challenge?: string
  /** A certificate of the key: renews it. */
  readonly current?: Der
}

/** The server runs in this process, so that a client must not block it. */
export function runTool(command: string, args: readonly string[], cwd: string): Promise<{ ok: boolean; text: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd, timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ ok: error === null, text: `${stdout}${stderr}` }),
    )
  })
}

/** micromdm's client, from the toolchain. */
export async function scepclient(options: ClientOptions, more: readonly string[] = []): Promise<ToolRun> {
  const scratch = scratchDirectory('scepclient')
  try {
    writeFileSync(join(scratch.path, 'key.pem'), options.key.toPem('PKCS1'))
    if (options.current !== undefined) writeFileSync(join(scratch.path, 'cert.pem'), certificatesPem([options.current]))
    const args = [
      '-server-url',
      options.url,
      '-private-key',
      join(scratch.path, 'key.pem'),
      '-certificate',
      join(scratch.path, 'cert.pem'),
      '-cn',
      options.name,
      '-keySize',
      '2048',
      ...(options.dnsName === undefined ? [] : ['-dnsname', options.dnsName]),
      ...(options.challenge === undefined ? [] : ['-challenge', options.challenge]),
      ...more,
    ]
    const run = await runTool(locate(['scepclient']).scepclient, args, scratch.path)
    return { ...run, certificate: run.ok ? certificateIn(join(scratch.path, 'cert.pem')) : undefined }
  } finally {
    scratch.remove()
  }
}

const certificateIn = (path: string): Der | undefined => unwrap(readCertificates(readFileSync(path, 'utf8')))[0]

/** Where Debian puts certmonger's client. */
const scepSubmit = '/usr/lib/certmonger/scep-submit'

export const hasCertmonger = (): boolean => existsSync(scepSubmit)

/** certmonger's client, as far as it works without its daemon: what a service lists, and whom it shows. */
export const certmonger = (
  url: string,
  what: 'capabilities' | 'certificates',
): Promise<{ ok: boolean; text: string }> =>
  runTool(scepSubmit, ['-u', url, what === 'capabilities' ? '-c' : '-C'], '/')

/** Whether strongSwan's `pki` is here and can fetch over HTTP. */
export const hasStrongSwan = (): boolean => {
  const { stdout, stderr } = spawnSync('pki', ['--help'], { encoding: 'utf8' })
  const text = `${stdout ?? ''}${stderr ?? ''}`
  return text.includes('--scep') && /loaded plugins:.*\b(?:curl|soup|winhttp)\b/.test(text)
}

export interface StrongSwanOptions extends ClientOptions {
  readonly encryption: Der
  readonly signing: Der
  readonly ca: Der
  readonly currentKey?: PrivateKey
}

/** strongSwan's client. Asks again every second where the server says PENDING. */
export async function strongSwan(options: StrongSwanOptions, more: readonly string[] = []): Promise<ToolRun> {
  const scratch = scratchDirectory('strongswan')
  const file = (name: string, content: string): string => {
    writeFileSync(join(scratch.path, name), content)
    return join(scratch.path, name)
  }
  const certificateFile = (name: string, der: Der): string => file(name, certificatesPem([der]))
  try {
    const { url, key, name, dnsName, challenge, current, currentKey } = options
    const args = [
      '--scep',
      '--url',
      url,
      '--in',
      file('key.pem', key.toPem('PKCS1')),
      '--dn',
      `CN=${name}`,
      ...(dnsName === undefined ? [] : ['--san', dnsName]),
      ...(challenge === undefined ? [] : ['--password', challenge]),
      '--cacert-enc',
      certificateFile('enc.pem', options.encryption),

      '--cacert-sig',
      certificateFile('sig.pem', options.signing),
      '--cacert',
      certificateFile('ca.pem', options.ca),
      ...(current === undefined ? [] : ['--cert', certificateFile('old.pem', current)]),
      ...(currentKey === undefined ? [] : ['--key', file('old.key', currentKey.toPem('PKCS1'))]),
      // 5.9 believes that no server can do AES.
      '--cipher',
      'des3',
      '--interval',
      '1',
      '--outform',
      'pem',
      ...more,
    ]
    const run = await runTool('pki', args, scratch.path)
    const [pem] = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----\n?/.exec(run.text) ?? []
    return { ...run, certificate: pem === undefined ? undefined : unwrap(readCertificates(pem))[0] }
  } finally {
    scratch.remove()
  }
}
