/** EST from manifest to Secret: the operator on a real API server, with a real EST server and with one that puts requests off. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { sha256Hex } from '../../src/pki/hash.ts'
import { certificatesPem } from '../../src/pki/pem.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { someCa } from '../support/ca-material.ts'
import { Namespace, ec, installCrds, until } from '../support/cluster.ts'
import type { SeenSecret } from '../support/cluster.ts'
import { startControlPlane } from '../support/controlplane.ts'
import type { ControlPlane } from '../support/controlplane.ts'
import { FakeEst } from '../support/est-server/fake.ts'
import { serveEst } from '../support/est-server/serve.ts'
import { serverCertificate, startEstServer } from '../support/estserver.ts'
import type { EstServer } from '../support/estserver.ts'
import { openssl } from '../support/openssl.ts'
import { startOperator } from '../support/operator.ts'
import type { RunningOperator } from '../support/operator.ts'
import type { LocalServer } from '../support/servers.ts'

const startTimeout = 600_000
const testTimeout = 120_000
const login = { username: 'device', password: 'correct-horse-battery-staple' } as const

let plane: ControlPlane
let operator: RunningOperator
let ns: Namespace
let server: EstServer
let slow: LocalServer
let fake: FakeEst

// The servers of this test are on this machine, which issuers may not name otherwise.
const start = (): Promise<RunningOperator> =>
  startOperator({ kubeconfig: plane.kubeconfig, flags: ['--allow-addresses=127.0.0.0/8'] })

const from = (name: string): { name: string; kind: 'Issuer'; group: string } => ({
  name,
  kind: 'Issuer',
  group: 'perennial.dev',
})

/** A server whose own certificate is of its CA, as an explicit trust wants it. */
async function startSlow(): Promise<string> {
  const ca = await someCa('EST CA')
  const { certificate, key } = await serverCertificate(ca)
  fake = new FakeEst({ ca, now: () => systemClock.now() })
  fake.troubles.login = { ...login, schemes: ['SHA-256'] }
  slow = await serveEst(fake, { certificate, key })
  return sha256Hex(ca.certificate)
}

beforeAll(async () => {
  const fingerprint = await startSlow()
  server = await startEstServer()
  plane = await startControlPlane()
  await installCrds(plane)
  operator = await start()
  ns = await Namespace.make(plane, 'est')
  await ns.secret('login', { username: login.username, password: `${login.password}\n` })
  await ns.issuer('estserver', { est: { server: server.url, caFingerprint: sha256Hex(server.ca.certificate) } })
  await ns.issuer('slow', {
    est: {
      server: slow.url.replace('localhost', '127.0.0.1'),
      caFingerprint: fingerprint,
      credentialsSecretRef: { name: 'login' },
    },
  })
}, startTimeout)

afterAll(async () => {
  await operator?.stop()
  await ns?.close()
  await plane?.stop()
  await server?.stop()
  await slow?.close()
}, testTimeout)

const leafOf = ({ data }: SeenSecret): X509Certificate => new X509Certificate(data['tls.crt'] ?? '')
const renew = { metadata: { annotations: { 'perennial.dev/renew': 'please' } } }

describe('a Certificate of an EST issuer', () => {
  it(
    'is issued by estserver and renewed by the certificate that goes, with a new key',
    async () => {
      await ns.issuerTold('estserver', 'True')
      await ns.certificate('router', { issuerRef: from('estserver'), commonName: 'router.example', privateKey: ec })
      await ns.ready('router')
      const before = await ns.secretWhere('router', () => true)
      await ns.patch('certificates', 'router', renew)
      await ns.told('router', { status: 'True', revision: 2 })
      const after = await ns.secretWhere('router', () => true)
      expect(leafOf(after).serialNumber).not.toBe(leafOf(before).serialNumber)
      expect(leafOf(after).publicKey.equals(leafOf(before).publicKey)).toBe(false)
      expect(after.data['ca.crt']).toEqual(before.data['ca.crt'])
      expect((await ns.seenIssuer('estserver'))?.status).toMatchObject({ protocol: 'est' })
    },
    testTimeout,
  )

  it(
    'that keeps its key is renewed by the certificate that goes',
    async () => {
      const privateKey = { ...ec, rotationPolicy: 'Never' } as const
      await ns.certificate('keeper', { issuerRef: from('estserver'), commonName: 'keeper.example', privateKey })
      await ns.ready('keeper')
      const before = await ns.secretWhere('keeper', () => true)
      await ns.patch('certificates', 'keeper', renew)
      await ns.told('keeper', { status: 'True', revision: 2 })
      const after = await ns.secretWhere('keeper', () => true)
      expect(leafOf(after).serialNumber).not.toBe(leafOf(before).serialNumber)
      expect(leafOf(after).publicKey.equals(leafOf(before).publicKey)).toBe(true)
    },
    testTimeout,
  )

  it(
    'is revoked through another issuer of the same CA, which its protocol cannot',
    async () => {
      await ns.secret('house', server.ca.secret)
      await ns.issuer('house', { ca: { secretName: 'house', crl: {} } })
      await ns.issuerTold('house', 'True')
      const revocationPolicy = { onDelete: 'Revoke', issuerRef: from('house') } as const
      await ns.certificate('leaver', {
        issuerRef: from('estserver'),
        commonName: 'leaver.example',
        privateKey: ec,
        revocationPolicy,
      })
      await ns.ready('leaver')
      const leaf = leafOf(await ns.secretWhere('leaver', () => true))
      await until('the finalizer', async () => (await ns.seenCertificate('leaver'))?.metadata.finalizers?.[0])
      await ns.remove('certificates', 'leaver')
      const root = certificatesPem([server.ca.certificate])
      const verdict = await until('the list with it', async () => {
        const crl = (await ns.seenSecret('house-crl'))?.data['ca.crl.pem']
        if (crl === undefined) return undefined
        const files = { crl: String(crl), root, leaf: leaf.toString() }
        const { text } = openssl(['verify', '-crl_check', '-CRLfile', 'crl', '-CAfile', 'root', 'leaf'], files)
        return text.includes('revoked') ? text : undefined
      })
      expect(verdict).toContain('certificate revoked')
    },
    testTimeout,
  )

  it(
    'that is put off is asked for by the same request when the operator was killed meanwhile',
    async () => {
      await ns.issuerTold('slow', 'True')
      Object.assign(fake.troubles, { putsOff: 3, retryAfter: '1' })
      const { issued } = fake
      await ns.certificate('gateway', { issuerRef: from('slow'), dnsNames: ['gateway.example'], privateKey: ec })
      const asked = (): readonly string[] =>
        fake.seen
          .filter(({ operation, status }) => operation === 'simpleenroll' && status !== 401)
          .map(({ body }) => body)
      await until('a first 202', async () => (asked().length > 0 ? true : undefined))
      await operator.kill()
      operator = await start()
      await ns.ready('gateway')
      expect(asked().length).toBeGreaterThanOrEqual(4)
      expect(new Set(asked()).size).toBe(1)
      expect(fake.issued).toBe(issued + 1)
      expect(operator.log()).not.toContain(login.password)
    },
    testTimeout,
  )
})
