/** The project's own CMP server held against a client that nobody here wrote: `openssl cmp`. And over real sockets, against ours. */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createHttpClient } from '../../src/net/client.ts'
import type { OwnedHttpClient } from '../../src/net/client.ts'
import { generateKey } from '../../src/pki/key.ts'
import { certificatesPem } from '../../src/pki/pem.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { silentLogger } from '../../src/std/log.ts'
import { FakeCmp } from '../support/cmp-ca/fake.ts'
import { singleCa } from '../support/cmp-ca/material.ts'
import type { Material } from '../support/cmp-ca/material.ts'
import { serveCmp, serveTcp } from '../support/cmp-ca/serve.ts'
import { CmpCustomer, identityOf, sharedSecretRef } from '../support/cmpcustomer.ts'
import { scratchDirectory } from '../support/scratch.ts'
import type { LocalServer } from '../support/servers.ts'
import { unwrap } from '../support/unwrap.ts'

const run = promisify(execFile)
const testTimeout = 60_000
const secret = 'correct horse battery staple'
const scratch = scratchDirectory('cmp-clients')
const file = (name: string): string => join(scratch.path, name)

let material: Material
let fake: FakeCmp
let server: LocalServer
let http: OwnedHttpClient

beforeAll(async () => {
  material = await singleCa()
  writeFileSync(file('ca.pem'), certificatesPem([material.root.certificate]))
  http = unwrap(
    createHttpClient({ userAgent: 'perennial-test', addressPolicy: 'any', clock: systemClock, log: silentLogger }),
  )
})

beforeEach(async () => {
  fake = new FakeCmp({ material, secret, reference: '4711', now: () => systemClock.now() })
  server = await serveCmp(fake)
})

afterEach(() => server.close())

afterAll(async () => {
  await http.close()
  scratch.remove()
})

/** @returns what openssl said; it fails where openssl does */
async function opensslCmp(...args: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(server.url)
  const common = ['-server', `${hostname}:${port}`, '-path', 'cmp', '-trusted', file('ca.pem')]
  const { stdout, stderr } = await run('openssl', ['cmp', ...common, ...args], { cwd: scratch.path })
  return `${stdout}${stderr}`
}

const bySecret = ['-ref', '4711', '-secret', `pass:${secret}`]
const asked = async (name: string): Promise<readonly string[]> => {
  writeFileSync(file(`${name}.key`), (await generateKey({ algorithm: 'ECDSA', size: 256 })).toPem('PKCS8'))
  return ['-newkey', file(`${name}.key`), '-subject', '/CN=device', '-certout', file(`${name}.pem`)]
}

describe('openssl cmp at our server', () => {
  it.each([
    ['ir', [], ['ir', 'certConf']],
    ['cr', [], ['cr', 'certConf']],
    ['ir', ['-implicit_confirm'], ['ir']],
  ] as const)(
    'enrolls by %s %j',
    async (command, options, messages) => {
      fake.troubles.grantsImplicitConfirm = options.length > 0
      await opensslCmp('-cmd', command, ...bySecret, ...(await asked('first')), ...options)
      expect(readFileSync(file('first.pem'), 'utf8')).toContain('BEGIN CERTIFICATE')
      expect(fake.messages.map(({ type }) => type)).toEqual(messages)
    },
    testTimeout,
  )

  it(
    'enrolls by p10cr',
    async () => {
      await asked('request')
      const key = ['-key', file('request.key'), '-subj', '/CN=device', '-out', file('request.csr')]
      await run('openssl', ['req', '-new', ...key])
      const request = ['-csr', file('request.csr'), '-certout', file('request.pem')]
      await opensslCmp('-cmd', 'p10cr', ...bySecret, ...request)
      expect(fake.confirmed).toHaveLength(1)
    },
    testTimeout,
  )

  it(
    'waits for approval',
    async () => {
      Object.assign(fake.troubles, { approval: 'manual', pollsUntilApproval: 1, checkAfter: 1 })
      await opensslCmp('-cmd', 'ir', ...bySecret, ...(await asked('waited')))
      expect(fake.messages.map(({ type }) => type)).toEqual(['ir', 'pollReq', 'pollReq', 'certConf'])
    },
    testTimeout,
  )

  it(
    'renews by a signed kur, asks a question and revokes',
    async () => {
      await opensslCmp('-cmd', 'ir', ...bySecret, ...(await asked('old')))
      const signed = ['-cert', file('old.pem'), '-key', file('old.key')]
      await opensslCmp('-cmd', 'kur', ...signed, ...(await asked('new')), '-oldcert', file('old.pem'))
      await opensslCmp('-cmd', 'genm', ...bySecret, '-infotype', 'suppLangTags')
      await opensslCmp('-cmd', 'rr', ...signed, '-oldcert', file('old.pem'), '-revreason', '1')
      expect(fake.messages.map(({ type }) => type)).toEqual(['ir', 'certConf', 'kur', 'certConf', 'genm', 'rr'])
      expect(fake.revoked).toHaveLength(1)
    },
    testTimeout,
  )

  it.each([
    ['a wrong secret', {}, ['-ref', '4711', '-secret', 'pass:guess']],
    ['a rejection', { rejects: { bits: [19] } }, bySecret],
    ['a wrong nonce', { wrongNonce: true }, bySecret],
    ['another transaction', { wrongTransaction: true }, bySecret],
    ['a spoiled protection', { spoiled: true }, bySecret],
  ] as const)(
    'ends with an error at %s',
    async (_name, troubles, protection) => {
      Object.assign(fake.troubles, troubles)
      await expect(opensslCmp('-cmd', 'ir', ...protection, ...(await asked('refused')))).rejects.toThrow(
        'Command failed',
      )
    },
    testTimeout,
  )
})

describe('our client over real sockets', () => {
  it('enrolls and renews over HTTP', async () => {
    const spec = { url: `${server.url}/cmp`, sharedSecret: sharedSecretRef }
    const customer = new CmpCustomer({ spec, http, start: systemClock.now(), secret })
    const first = identityOf(await customer.travel(await customer.order()))
    const current = { ...first, roots: [material.root.certificate] }
    expect((await customer.travel(await customer.order(), { current })).last.kind).toBe('issued')
  })

  it.each(['RFC2510', 'Version10'] as const)('enrolls over bare TCP, framed as %s', async (tcpFraming) => {
    const tcp = await serveTcp(fake, tcpFraming === 'Version10')
    try {
      const spec = { url: `tcp://127.0.0.1:${tcp.port}`, tcpFraming, sharedSecret: sharedSecretRef }
      const customer = new CmpCustomer({ spec, http, start: systemClock.now(), secret })
      expect((await customer.travel(await customer.order())).last.kind).toBe('issued')
      expect(fake.messages.map(({ path, type }) => `${path} ${type}`)).toEqual(['tcp ir', 'tcp certConf'])
    } finally {
      await tcp.stop()
    }
  })

  it('says that nobody answers over bare TCP', async () => {
    const spec = { url: 'tcp://127.0.0.1:1', sharedSecret: sharedSecretRef }
    const customer = new CmpCustomer({ spec, http, start: systemClock.now(), secret })
    expect(await customer.prepare()).toMatchObject({ kind: 'notReady', fault: { code: 'Unreachable' } })
  })
})
