/** The tool without a cluster at globalsign's estserver. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { certificatesPem } from '../../src/pki/pem.ts'
import { sha256Hex } from '../../src/pki/hash.ts'
import { CliDesk, certificate, issuer, runCli } from '../support/clitool.ts'
import { startEstServer } from '../support/estserver.ts'
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

    const args = ['enroll', '-f', manifest, '-o', desk.out]
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
