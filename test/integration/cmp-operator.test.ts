/** CMP from manifest to Secret: the operator on a real API server, with a CA that holds requests. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemClock } from '../../src/runtime/clock.ts'
import { FakeCmp } from '../support/cmp-ca/fake.ts'
import { withRa } from '../support/cmp-ca/material.ts'
import { serveCmp } from '../support/cmp-ca/serve.ts'
import { Namespace, ec, installCrds, until } from '../support/cluster.ts'
import type { SeenSecret } from '../support/cluster.ts'
import { startControlPlane } from '../support/controlplane.ts'
import type { ControlPlane } from '../support/controlplane.ts'
import { startOperator } from '../support/operator.ts'
import type { RunningOperator } from '../support/operator.ts'
import type { LocalServer } from '../support/servers.ts'

const startTimeout = 600_000
const testTimeout = 120_000
const secret = 'correct-horse-battery-staple'

let plane: ControlPlane
let operator: RunningOperator
let ns: Namespace
let server: LocalServer
let fake: FakeCmp

// The server of this test is on this machine, which issuers may not name otherwise.
const start = (): Promise<RunningOperator> =>
  startOperator({ kubeconfig: plane.kubeconfig, flags: ['--allow-addresses=127.0.0.0/8'] })

const issuerRef = { name: 'plant', kind: 'Issuer', group: 'perennial.dev' } as const

beforeAll(async () => {
  fake = new FakeCmp({ material: await withRa(), secret, reference: '4711', now: () => systemClock.now() })
  server = await serveCmp(fake)
  plane = await startControlPlane()
  await installCrds(plane)
  operator = await start()
  ns = await Namespace.make(plane, 'cmp')
  await ns.secret('plant', { secret: `${secret}\n` })
  const sharedSecret = { reference: '4711', secretRef: { name: 'plant', key: 'secret' } }
  await ns.issuer('plant', { cmp: { url: `${server.url}/cmp`, sharedSecret } })
}, startTimeout)

afterAll(async () => {
  await operator?.stop()
  await ns?.close()
  await plane?.stop()
  await server?.close()
}, testTimeout)

const leafOf = ({ data }: SeenSecret): X509Certificate => new X509Certificate(data['tls.crt'] ?? '')
const renew = { metadata: { annotations: { 'perennial.dev/renew': 'please' } } }
const types = (): readonly string[] => fake.messages.map(({ type, protection }) => `${type} by ${protection}`)

describe('a Certificate of a CMP issuer', () => {
  it(
    'is issued under the secret, with its root, and renewed by the certificate that goes, with a new key',
    async () => {
      await ns.issuerTold('plant', 'True')
      fake.messages.length = 0
      await ns.certificate('line', { issuerRef, dnsNames: ['line.example'], privateKey: ec })
      await ns.ready('line')
      const before = await ns.secretWhere('line', () => true)
      expect(leafOf(before).subjectAltName).toBe('DNS:line.example')
      expect(String(before.data['ca.crt'])).toContain('BEGIN CERTIFICATE')
      await ns.patch('certificates', 'line', renew)
      await ns.told('line', { status: 'True', revision: 2 })
      const after = await ns.secretWhere('line', () => true)
      expect(leafOf(after).publicKey.equals(leafOf(before).publicKey)).toBe(false)
      expect(after.data['ca.crt']).toEqual(before.data['ca.crt'])
      expect(types().filter((type) => !type.startsWith('genm'))).toEqual([
        'ir by secret',
        'certConf by secret',
        'kur by signature',
        'certConf by signature',
      ])
      expect((await ns.seenIssuer('plant'))?.status).toMatchObject({ protocol: 'cmp' })
      expect(operator.log()).not.toContain(secret)
    },
    testTimeout,
  )

  it(
    'that keeps its key is renewed by the certificate that goes',
    async () => {
      const privateKey = { ...ec, rotationPolicy: 'Never' } as const
      await ns.certificate('keeper', { issuerRef, dnsNames: ['keeper.example'], privateKey })
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
    'may have a key that the CA makes',
    async () => {
      const sharedSecret = { reference: '4711', secretRef: { name: 'plant', key: 'secret' } }
      await ns.issuer('central', { cmp: { url: `${server.url}/cmp`, sharedSecret, keyGeneration: 'Central' } })
      await ns.issuerTold('central', 'True')
      await ns.certificate('central', {
        issuerRef: { ...issuerRef, name: 'central' },
        dnsNames: ['central.example'],
        privateKey: ec,
      })
      await ns.ready('central')
      const made = await ns.secretWhere('central', () => true)
      expect(leafOf(made).subjectAltName).toBe('DNS:central.example')
    },
    testTimeout,
  )

  it(
    'that waits for approval goes on with its transaction when the operator was killed meanwhile',
    async () => {
      Object.assign(fake.troubles, { approval: 'manual', checkAfter: 1 })
      const { issued } = fake
      fake.messages.length = 0
      await ns.certificate('gateway', { issuerRef, dnsNames: ['gateway.example'], privateKey: ec })
      const asked = (): number => fake.messages.filter(({ type }) => type === 'pollReq').length
      await until('a first pollReq', async () => (asked() > 0 ? true : undefined))
      await operator.kill()
      const before = asked()
      operator = await start()
      await until('a pollReq of the next process', async () => (asked() > before ? true : undefined))
      await fake.approve()
      await ns.ready('gateway')
      const transactions = fake.messages.filter(({ type }) => type !== 'genm').map(({ transaction }) => transaction)
      expect(new Set(transactions).size).toBe(1)
      expect(fake.issued).toBe(issued + 1)
    },
    testTimeout,
  )
})
