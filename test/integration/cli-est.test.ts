/** The tool without a cluster at EST servers: globalsign's estserver, and one that puts requests off. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { certificatesPem } from '../../src/pki/pem.ts'
import { sha256Hex } from '../../src/pki/hash.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { someCa } from '../support/ca-material.ts'
import { CliDesk, certificate, issuer, runCli, secret } from '../support/clitool.ts'
import { FakeEst } from '../support/est-server/fake.ts'
import { serveEst } from '../support/est-server/serve.ts'
import { serverCertificate, startEstServer } from '../support/estserver.ts'
import type { EstServer } from '../support/estserver.ts'

const testTimeout = 120_000

let server: EstServer
let desk: CliDesk

beforeAll(async () => {
  server = await startEstServer()
  desk = new CliDesk()
}, testTimeout)

afterAll(async () => {
  await server.stop()
  desk.remove()
}, testTimeout)

it(
  'a certificate is enrolled over EST and renewed over the certificate itself',
  async () => {
    const tls = { caBundle: certificatesPem([server.ca.certificate]) }
    const from = issuer('est', { est: { server: server.url }, tls })
    const wish = {
      commonName: 'device.example.test',
      dnsNames: ['device.example.test'],
      privateKey: { algorithm: 'ECDSA' },
    }
    const manifest = desk.file('all.yaml', from, certificate('device', 'est', wish))

    const probed = await runCli(['probe', '-f', manifest])
    expect(probed).toMatchObject({ code: 0 })
    expect(probed.stdout).toContain(sha256Hex(server.ca.certificate))

    const args = ['enroll', '-f', manifest, '-d', desk.out]
    const enrolled = await runCli(args)
    expect(enrolled).toMatchObject({ code: 0 })
    expect(enrolled.stderr).toMatch(/ simpleenroll +200 /)
    const first = new X509Certificate(desk.read('tls.crt'))
    expect(first.verify(new X509Certificate(server.ca.certificate).publicKey)).toBe(true)

    const renewed = await runCli([...args, '--renew'])
    expect(renewed).toMatchObject({ code: 0 })
    expect(renewed.stderr).toMatch(/ simplereenroll +200 /)
    expect(new X509Certificate(desk.read('tls.crt')).serialNumber).not.toBe(first.serialNumber)
  },
  testTimeout,
)

it(
  'a request that an EST server puts off is asked for again with the same bytes and the login, which is never printed',
  async () => {
    const password = 'canary-est-password'
    const ca = await someCa('EST CA that puts off')
    const fake = new FakeEst({ ca, now: () => systemClock.now() })
    fake.troubles.login = { username: 'device', password, schemes: ['Basic'] }
    fake.troubles.putsOff = 1
    fake.troubles.retryAfter = '3'
    const held = await serveEst(fake, await serverCertificate(ca))
    const one = new CliDesk()
    try {
      const est = { server: held.url, credentialsSecretRef: { name: 'login' } }
      const manifest = one.file(
        'all.yaml',
        secret('login', { username: 'device', password }),
        issuer('est', { est, tls: { caBundle: certificatesPem([ca.certificate]) } }),
        certificate('device', 'est', { dnsNames: ['device.example.test'], privateKey: { algorithm: 'ECDSA' } }),
      )
      const args = ['enroll', '-f', manifest, '-d', one.out, '--verbose']
      const first = await runCli([...args, '--no-wait'])
      expect(first).toMatchObject({ code: 4, stdout: '' })
      const second = await runCli(args)
      expect(second).toMatchObject({ code: 0 })
      const sent = fake.seen.filter(({ operation, status }) => operation === 'simpleenroll' && status !== 401)
      expect(sent.map(({ status }) => status)).toEqual([202, 200])
      expect(new Set(sent.map(({ body }) => body)).size).toBe(1)
      expect(fake.issued).toBe(1)
      for (const text of [password, Buffer.from(`device:${password}`).toString('base64')])
        expect(first.stderr + second.stderr + second.stdout).not.toContain(text)
    } finally {
      await held.close()
      one.remove()
    }
  },
  testTimeout,
)
