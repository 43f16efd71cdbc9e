/** SCEP from manifest to Secret: the operator on a real API server, with a real SCEP server and with one that holds requests. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { sha256Hex } from '../../src/pki/hash.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { Namespace, ec, installCrds, until } from '../support/cluster.ts'
import type { SeenSecret } from '../support/cluster.ts'
import { startControlPlane } from '../support/controlplane.ts'
import type { ControlPlane } from '../support/controlplane.ts'
import { startOperator } from '../support/operator.ts'
import type { RunningOperator } from '../support/operator.ts'
import { FakeScep } from '../support/scep-server/fake.ts'
import { singleCa } from '../support/scep-server/material.ts'
import { serveScep } from '../support/scep-server/serve.ts'
import { startScepServer } from '../support/scepserver.ts'
import type { ScepServer } from '../support/scepserver.ts'
import type { LocalServer } from '../support/servers.ts'

const startTimeout = 600_000
const testTimeout = 120_000
const challenge = 'correct-horse-battery-staple'
const rsa = { algorithm: 'RSA', size: 2048 } as const

let plane: ControlPlane
let operator: RunningOperator
let ns: Namespace
let server: ScepServer
let held: LocalServer
let fake: FakeScep

// The servers of this test are on this machine, which issuers may not name otherwise.
const start = (): Promise<RunningOperator> =>
  startOperator({ kubeconfig: plane.kubeconfig, flags: ['--allow-addresses=127.0.0.0/8'] })

const from = (name: string): { name: string; kind: 'Issuer'; group: string } => ({
  name,
  kind: 'Issuer',
  group: 'perennial.dev',
})

beforeAll(async () => {
  server = await startScepServer({ challenge, serverUsages: true })
  const material = await singleCa()
  fake = new FakeScep({ material, now: () => systemClock.now() })
  fake.troubles.challenge = challenge
  held = await serveScep(fake)
  plane = await startControlPlane()
  await installCrds(plane)
  operator = await start()
  ns = await Namespace.make(plane, 'scep')
  await ns.secret('challenge', { challenge: `${challenge}\n` })
  const challengeSecretRef = { name: 'challenge', key: 'challenge' }
  await ns.issuer('scepserver', {
    scep: { url: server.url, caFingerprint: sha256Hex(server.ca), challengeSecretRef, allowLegacy: ['DES-CBC'] },
  })
  await ns.issuer('held', {
    scep: {
      url: `${held.url}/scep`,
      caFingerprint: sha256Hex(material.ca.certificate),
      challengeSecretRef,
      ecKeys: 'TemporaryRSA',
      pollInterval: '1s',
    },
  })
}, startTimeout)

afterAll(async () => {
  await operator?.stop()
  await ns?.close()
  await plane?.stop()
  await server?.stop()
  await held?.close()
}, testTimeout)

const leafOf = ({ data }: SeenSecret): X509Certificate => new X509Certificate(data['tls.crt'] ?? '')
const renew = { metadata: { annotations: { 'perennial.dev/renew': 'please' } } }

describe('a Certificate of a SCEP issuer', () => {
  it(
    'is issued by scepserver and renewed by the certificate that goes, with a new key',
    async () => {
      await ns.issuerTold('scepserver', 'True')
      await ns.certificate('router', { issuerRef: from('scepserver'), commonName: 'router.example', privateKey: rsa })
      await ns.ready('router')
      const before = await ns.secretWhere('router', () => true)
      expect(leafOf(before).subjectAltName).toBe('DNS:router.example')
      await ns.patch('certificates', 'router', renew)
      await ns.told('router', { status: 'True', revision: 2 })
      const after = await ns.secretWhere('router', () => true)
      expect(leafOf(after).serialNumber).not.toBe(leafOf(before).serialNumber)
      expect(leafOf(after).publicKey.equals(leafOf(before).publicKey)).toBe(false)
      expect((await ns.seenIssuer('scepserver'))?.status).toMatchObject({ protocol: 'scep' })
      expect(operator.log()).not.toContain(challenge)
    },
    testTimeout,
  )

  it(
    'that keeps its key is renewed by the certificate that goes',
    async () => {
      const privateKey = { ...rsa, rotationPolicy: 'Never' } as const
      await ns.certificate('keeper', { issuerRef: from('scepserver'), commonName: 'keeper.example', privateKey })
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
    'waits for the next challenge when the one that counts once was used for another',
    async () => {
      fake.troubles.oneTimeChallenges = new Set(['first', 'second'])
      await ns.secret('once', { challenge: 'first' })
      await ns.issuer('once', {
        scep: {
          url: `${held.url}/scep`,
          caFingerprint: sha256Hex((await singleCa()).ca.certificate),
          challengeSecretRef: { name: 'once', key: 'challenge' },
          challengeUse: 'OneTime',
        },
      })
      await ns.issuerTold('once', 'True')
      for (const name of ['one', 'two']) {
        await ns.certificate(name, { issuerRef: from('once'), commonName: `${name}.example`, privateKey: rsa })
        if (name === 'one') await ns.ready(name)
      }
      await until('a word about the challenge', async () =>
        /one-time challenge/.test((await ns.seenCertificate('two'))?.status?.lastFailure?.message ?? '')
          ? true
          : undefined,
      )
      expect(fake.operations).toHaveLength(1)
      await ns.patch('secrets', 'once', { data: { challenge: Buffer.from('second').toString('base64') } })
      // The Secret is read with the next probe; a change of the issuer brings that at once, and ends the wait.
      await ns.patch('issuers', 'once', { spec: { probeInterval: '5m' } })
      await ns.ready('two')
      delete fake.troubles.oneTimeChallenges
      fake.operations.length = 0
    },
    testTimeout,
  )

  it(
    'that waits for approval goes on with its transaction when the operator was killed meanwhile',
    async () => {
      fake.troubles.approval = 'manual'
      const { issued } = fake
      await ns.issuerTold('held', 'True')
      await ns.certificate('gateway', { issuerRef: from('held'), commonName: 'gateway.example', privateKey: ec })
      const asked = (): number => fake.operations.filter(({ messageType }) => messageType === '20').length
      await until('a first CertPoll', async () => (asked() > 0 ? true : undefined))
      await operator.kill()
      const before = asked()
      operator = await start()
      await until('a CertPoll of the next process', async () => (asked() > before ? true : undefined))
      await fake.approve()
      await ns.ready('gateway')
      const secret = await ns.secretWhere('gateway', () => true)
      expect(leafOf(secret).publicKey.asymmetricKeyType).toBe('ec')
      expect(new Set(fake.operations.map(({ transaction }) => transaction)).size).toBe(1)
      expect(fake.issued).toBe(issued + 1)
    },
    testTimeout,
  )
})
