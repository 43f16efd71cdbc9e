/** The tool without a cluster at Pebble, proving its names with a server of its own. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { CliDesk, certificate, issuer, runCli } from '../support/clitool.ts'
import { startPebble } from '../support/pebble.ts'
import type { Pebble } from '../support/pebble.ts'
import { freePorts } from '../support/process.ts'

const testTimeout = 120_000

let pebble: Pebble
let desk: CliDesk
let address: string
let manifest: string

/** More than the connections and listeners that Node calls many. */
const names = Array.from({ length: 14 }, (_, index) => `host-${index}.example.test`)

beforeAll(async () => {
  const [httpPort = 0] = await freePorts(1)
  address = `127.0.0.1:${httpPort}`
  pebble = await startPebble({ httpPort, authzReuse: 0 })
  desk = new CliDesk()
  const acme = {
    server: pebble.directoryUrl,
    caBundle: pebble.caBundle,
    privateKeySecretRef: { name: 'account' },
  }
  const wish = { dnsNames: names, privateKey: { algorithm: 'ECDSA' } }
  manifest = desk.file('all.yaml', issuer('pebble', { acme }), certificate('www', 'pebble', wish))
}, testTimeout)

afterAll(async () => {
  await pebble.stop()
  desk.remove()
}, testTimeout)

describe('an ACME CA', () => {
  it(
    'is probed with an account that is gone afterwards, and says so',
    async () => {
      const run = await runCli(['probe', '-f', manifest])
      expect(run).toMatchObject({ code: 0 })
      expect(run.stdout).toContain('account url: https://127.0.0.1:')
      expect(run.stderr).toContain('the issuer made Secret account for this run alone')
    },
    testTimeout,
  )

  it(
    'that wants proof of control is not asked for a certificate by a tool that cannot prove it',
    async () => {
      const run = await runCli(['enroll', '-f', manifest, '-d', desk.out])
      expect(run).toMatchObject({ code: 2, stdout: '' })
      expect(run.stderr).toContain('the CA wants proof of control over host-0.example.test')
      expect(run.stderr).toContain('give --http01-address :80')
      expect(run.stderr).not.toContain('newOrder')
    },
    testTimeout,
  )

  it(
    'looks at the answers that the tool serves, and issues; the account is kept for the next certificate',
    async () => {
      const args = ['enroll', '-f', manifest, '-d', desk.out, '--http01-address', address]
      const first = await runCli(args)
      expect(first).toMatchObject({ code: 0 })
      expect(first.stderr).toMatch(/ newOrder +201 +ES256$/m)
      expect(new X509Certificate(desk.read('tls.crt')).subjectAltName?.split(', ').sort()).toEqual(
        names.map((name) => `DNS:${name}`).sort(),
      )
      expect(first.stderr).not.toContain('Warning')
      expect(desk.mode('issuer-secret-account.yaml')).toBe(0o600)
      const account = desk.read('issuer-secret-account.yaml')

      expect(await runCli(args)).toMatchObject({ code: 0, stderr: '' })
      const renewed = await runCli([...args, '--renew'])
      expect(renewed).toMatchObject({ code: 0 })
      expect(desk.read('issuer-secret-account.yaml')).toBe(account)
      const keys = [...account.matchAll(/[A-Za-z0-9+/=]{60,}/g)].map(([base64]) => base64)
      expect(keys.length).toBeGreaterThan(0)
      for (const key of keys) expect(first.stderr + first.stdout + renewed.stderr).not.toContain(key)
    },
    testTimeout,
  )

  it(
    'cannot look where another process has the port, and nothing is asked',
    async () => {
      const taken = new URL(pebble.directoryUrl).host
      const run = await runCli(['enroll', '-f', manifest, '-d', `${desk.out}-2`, '--http01-address', taken])
      expect(run).toMatchObject({ code: 1 })
      expect(run.stderr).toContain('another process has the port')
    },
    testTimeout,
  )
})
