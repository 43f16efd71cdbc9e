/** The project's own EST server held against clients that nobody here wrote; and our client against it, over real TLS. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { EstSpec } from '../../src/api/issuer/est.ts'
import { createHttpClient } from '../../src/net/client.ts'
import type { OwnedHttpClient } from '../../src/net/client.ts'
import { sha256Hex } from '../../src/pki/hash.ts'
import { generateKey } from '../../src/pki/key.ts'
import { certificatesPem } from '../../src/pki/pem.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { silentLogger } from '../../src/std/log.ts'
import { someCa } from '../support/ca-material.ts'
import type { CaMaterial } from '../support/ca-material.ts'
import { EstCustomer, identityOf, loginSecret } from '../support/estcustomer.ts'
import { FakeEst } from '../support/est-server/fake.ts'
import { serveEst } from '../support/est-server/serve.ts'
import { serverCertificate } from '../support/estserver.ts'
import { hasStrongSwan, runTool } from '../support/scepclients.ts'
import { scratchDirectory } from '../support/scratch.ts'
import type { LocalServer } from '../support/servers.ts'
import { unwrap } from '../support/unwrap.ts'

const testTimeout = 60_000
const login = { username: 'device', password: 'correct-horse-battery-staple' } as const
const scratch = scratchDirectory('est-clients')
const file = (name: string): string => join(scratch.path, name)

let ca: CaMaterial
let fake: FakeEst
let server: LocalServer
let http: OwnedHttpClient

async function open(maxVersion?: 'TLSv1.2'): Promise<void> {
  const { certificate, key } = await serverCertificate(ca)
  const clientCa = certificatesPem([ca.certificate])
  server = await serveEst(fake, { certificate, key, clientCa, ...(maxVersion === undefined ? {} : { maxVersion }) })
}

beforeAll(async () => {
  ca = await someCa('EST CA')
  writeFileSync(file('ca.pem'), certificatesPem([ca.certificate]))
  http = unwrap(
    createHttpClient({ userAgent: 'perennial-test', addressPolicy: 'any', clock: systemClock, log: silentLogger }),
  )
})

beforeEach(() => {
  fake = new FakeEst({ ca, now: () => systemClock.now() })
})

afterEach(() => server.close())

afterAll(async () => {
  await http.close()
  scratch.remove()
})

/** @returns what the tool wrote; it fails where the tool does */
async function run(command: string, ...args: readonly string[]): Promise<string> {
  const { ok, text } = await runTool(command, args, scratch.path)
  if (!ok) throw new Error(`${command}: ${text}`)
  return text
}

/** A key and a request for it, as text in base64. */
async function request(name: string): Promise<void> {
  writeFileSync(file(`${name}.key`), (await generateKey({ algorithm: 'ECDSA', size: 256 })).toPem('PKCS8'))
  await run(
    'openssl',
    'req',
    '-new',
    '-key',
    `${name}.key`,
    '-subj',
    '/CN=device',
    '-outform',
    'DER',
    '-out',
    `${name}.der`,
  )
  await run('openssl', 'base64', '-in', `${name}.der`, '-out', `${name}.b64`)
}

const curl = (operation: string, out: string, ...more: readonly string[]): Promise<string> =>
  run(
    'curl',
    '-sS',
    '--cacert',
    'ca.pem',
    '-o',
    out,
    '-w',
    '%{http_code}',
    ...more,
    `${server.url}/.well-known/est/${operation}`,
  )

const post = (name: string): readonly string[] => [
  '--data-binary',
  `@${name}.b64`,
  '-H',
  'content-type: application/pkcs10',
]

/** What openssl finds in a reply. */
async function certificatesIn(reply: string): Promise<string> {
  await run('openssl', 'base64', '-d', '-in', reply, '-out', `${reply}.der`)
  return run('openssl', 'pkcs7', '-inform', 'DER', '-in', `${reply}.der`, '-print_certs')
}

describe('curl and openssl at our server', () => {
  it(
    'read the certificates of the CA',
    async () => {
      await open()
      expect(await curl('cacerts', 'cacerts')).toBe('200')
      expect(await certificatesIn('cacerts')).toContain('subject=CN = EST CA')
    },
    testTimeout,
  )

  it.each([
    ['Basic', '--basic'],
    ['MD5', '--digest'],
    ['SHA-256', '--digest'],
  ] as const)(
    'enroll with a password by %s',
    async (scheme, option) => {
      await open()
      fake.troubles.login = { ...login, schemes: [scheme] }
      await request('first')
      const user = ['-u', `${login.username}:${login.password}`, option]
      expect(await curl('simpleenroll', 'reply', ...user, ...post('first'))).toBe('200')
      expect(await certificatesIn('reply')).toContain('subject=CN = device')
      expect(await curl('simpleenroll', 'reply', '-u', 'device:guess', option, ...post('first'))).toBe('401')
    },
    testTimeout,
  )

  it(
    'wait, and renew with the certificate that is replaced',
    async () => {
      await open()
      Object.assign(fake.troubles, { putsOff: 1, retryAfter: '5' })
      await request('old')
      expect(await curl('simpleenroll', 'reply', ...post('old'))).toBe('202')
      expect(await curl('simpleenroll', 'reply', ...post('old'))).toBe('200')
      writeFileSync(file('old.pem'), await certificatesIn('reply'))
      await request('new')
      delete fake.troubles.putsOff
      const shown = ['--cert', 'old.pem', '--key', 'old.key']
      expect(await curl('simplereenroll', 'renewed', ...shown, ...post('new'))).toBe('200')
      expect(await curl('simplereenroll', 'renewed', ...post('new'))).toBe('403')
    },
    testTimeout,
  )
})

const isHere = hasStrongSwan()

describe(`strongSwan's pki --est${isHere ? '' : ' (skipped: strongswan-pki with its curl plugin is not installed)'}`, () => {
  const only = isHere ? it : it.skip
  only(
    'enrolls with a password',
    async () => {
      await open()
      // This client wants base64 in one line.
      Object.assign(fake.troubles, { form: 'unwrapped', login: { ...login, schemes: ['Basic'] } })
      await request('swan')
      const user = ['--userpass', `${login.username}:${login.password}`]
      const est = ['--est', '--url', server.url, '--in', 'swan.der', '--cacert', 'ca.pem', '--outform', 'pem', ...user]
      expect(await run('pki', ...est)).toContain('BEGIN CERTIFICATE')
      expect(fake.issued).toBe(1)
    },
    testTimeout,
  )
})

describe('our client over real TLS', () => {
  const customer = (more: Partial<EstSpec> = {}): EstCustomer =>
    new EstCustomer({
      spec: { server: server.url, caFingerprint: sha256Hex(ca.certificate), ...more },
      http,
      start: systemClock.now(),
      secrets: loginSecret(login.username, login.password),
    })

  it.each([
    ['TLSUnique', 'TLSv1.2', 'tls-unique'],
    ['TLSExporter', undefined, 'tls-exporter'],
    ['Auto', 'TLSv1.2', 'tls-unique'],
    ['Auto', undefined, 'tls-exporter'],
  ] as const)(
    'binds its request to the session that the server sees: %s %s',
    async (channelBinding, version, wantsBinding) => {
      await open(version)
      fake.troubles.wantsBinding = wantsBinding
      const one = customer({ channelBinding })
      expect((await one.travel(await one.order())).last.kind).toBe('issued')
    },
    testTimeout,
  )

  it(
    'shows the password to the server that asks, and then the certificate that it renews',
    async () => {
      await open()
      fake.troubles.login = { ...login, schemes: ['SHA-256'] }
      const one = customer({ credentialsSecretRef: { name: 'login' } })
      const first = identityOf(await one.travel(await one.order()))
      expect((await one.travel(await one.order(), { current: first, restarts: true })).last.kind).toBe('issued')
      expect(fake.seen.at(-1)).toMatchObject({ operation: 'simplereenroll', status: 200 })
    },
    testTimeout,
  )
})
