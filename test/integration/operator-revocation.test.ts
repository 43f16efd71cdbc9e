/** Orders to revoke, on a real API server: carried out at Pebble, which says itself what it has revoked, and at a CMP server. */
import { X509Certificate } from 'node:crypto'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { systemClock } from '../../src/runtime/clock.ts'
import { FakeCmp } from '../support/cmp-ca/fake.ts'
import { withRa } from '../support/cmp-ca/material.ts'
import { serveCmp } from '../support/cmp-ca/serve.ts'
import { conditionOf, until } from '../support/cluster.ts'
import type { Seen, SeenSecret } from '../support/cluster.ts'
import type { RevocationStatus } from '../../src/api/revocation.ts'
import { openWorld, startTimeout, testTimeout } from '../support/operatorworld.ts'
import type { OperatorWorld } from '../support/operatorworld.ts'
import { startPebble } from '../support/pebble.ts'
import type { Pebble } from '../support/pebble.ts'
import { openssl } from '../support/openssl.ts'
import { freePorts } from '../support/process.ts'
import type { LocalServer } from '../support/servers.ts'

let world: OperatorWorld
let pebble: Pebble
let management: Agent
let fake: FakeCmp
let server: LocalServer
let listPort = 0

const issuerRef = { name: 'pebble', kind: 'Issuer', group: 'perennial.dev' } as const
const plant = { name: 'plant', kind: 'Issuer', group: 'perennial.dev' } as const

beforeAll(async () => {
  pebble = await startPebble({ httpPort: 5002, alwaysValid: true })
  management = new Agent({ connect: { ca: pebble.caBundle } })
  fake = new FakeCmp({
    material: await withRa(),
    secret: 'battery-staple',
    reference: '4711',
    now: () => systemClock.now(),
  })
  server = await serveCmp(fake)
  ;[listPort = 0] = await freePorts(1)
  world = await openWorld('revocation', {
    flags: ['--allow-addresses=127.0.0.0/8', '--http01-self-check=false', `--http01-address=127.0.0.1:${listPort}`],
  })
  const { ns } = world
  await ns.issuer('pebble', {
    acme: { server: pebble.directoryUrl, privateKeySecretRef: { name: 'account' } },
    tls: { caBundle: pebble.caBundle },
  })
  await ns.secret('plant', { secret: 'battery-staple' })
  const sharedSecret = { reference: '4711', secretRef: { name: 'plant', key: 'secret' } }
  await ns.issuer('plant', { cmp: { url: `${server.url}/cmp`, sharedSecret } })
}, startTimeout)

afterAll(async () => {
  await world?.close()
  await server?.close()
  await management?.close()
  await pebble?.stop()
}, testTimeout)

const leafOf = ({ data }: SeenSecret): X509Certificate => new X509Certificate(data['tls.crt'] ?? '')

/** What Pebble itself says of a certificate. */
async function atPebble({ serialNumber }: X509Certificate): Promise<{ Status: string; Reason?: number }> {
  const url = `${pebble.managementUrl}/cert-status-by-serial/${serialNumber.toLowerCase()}`
  const reply = await request(url, { dispatcher: management })
  return (await reply.body.json()) as { Status: string; Reason?: number }
}

const order = (name: string, spec: object): Promise<void> =>
  world.ns.create('certificaterevocations', {
    apiVersion: 'perennial.dev/v1',
    kind: 'CertificateRevocation',
    metadata: { name },
    spec,
  })

function told(name: string, status: string, reason?: string): Promise<Seen<RevocationStatus>> {
  return until(`CertificateRevocation ${name} Ready=${status} ${reason ?? ''}`, async () => {
    const seen = await world.ns.seenRevocation(name)
    const ready = conditionOf(seen, 'Ready')
    return ready?.status === status && (reason ?? ready.reason) === ready.reason ? seen : undefined
  })
}

async function issued(name: string, spec: object = {}): Promise<X509Certificate> {
  await world.ns.certificate(name, { issuerRef, dnsNames: [`${name}.example.com`], ...spec })
  await world.ns.ready(name)
  return leafOf(await world.ns.secretWhere(name, () => true))
}

describe('an order to revoke', () => {
  it(
    'is carried out at the CA, with its reason, and stays as the record',
    async () => {
      const leaf = await issued('leaked')
      expect(await atPebble(leaf)).toMatchObject({ Status: 'Valid' })
      await order('leaked', { certificateRef: { name: 'leaked' }, reason: 'keyCompromise' })
      const seen = await told('leaked', 'True', 'Revoked')
      expect(seen.status?.target).toMatchObject({ certificateName: 'leaked', proven: true, issuerRef })
      expect(seen.status?.revokedAt).toBeDefined()
      expect(await atPebble(leaf)).toMatchObject({ Status: 'Revoked', Reason: 1 })
    },
    testTimeout,
  )

  it(
    'has the certificate replaced first when it says so, with a new key, and revokes only what it named',
    async () => {
      const before = await issued('replaced')
      await order('replaced', { certificateRef: { name: 'replaced' }, reissue: 'First', reason: 'superseded' })
      await told('replaced', 'True', 'Revoked')
      const after = leafOf(await world.ns.secretWhere('replaced', () => true))
      expect(after.serialNumber).not.toBe(before.serialNumber)
      expect(after.publicKey.equals(before.publicKey)).toBe(false)
      expect(await atPebble(before)).toMatchObject({ Status: 'Revoked', Reason: 4 })
      expect(await atPebble(after)).toMatchObject({ Status: 'Valid' })
    },
    testTimeout,
  )

  it(
    'finds the certificate by its serial number',
    async () => {
      const leaf = await issued('numbered')
      await order('numbered', { serialNumber: leaf.serialNumber.toLowerCase() })
      await told('numbered', 'True', 'Revoked')
      expect(await atPebble(leaf)).toMatchObject({ Status: 'Revoked', Reason: 0 })
    },
    testTimeout,
  )

  it(
    'goes to a CMP server as rr',
    async () => {
      const leaf = await issued('line', { issuerRef: plant })
      await order('line', { certificateRef: { name: 'line' } })
      await told('line', 'True', 'Revoked')
      expect(fake.revoked.map((serial) => BigInt(`0x${serial}`))).toContain(BigInt(`0x${leaf.serialNumber}`))
    },
    testTimeout,
  )

  it(
    'goes onto the list of a CA of this cluster, which the operator serves and openssl heeds',
    async () => {
      const { ns } = world
      const selfsigned = { name: 'selfsigned', kind: 'Issuer', group: 'perennial.dev' } as const
      await ns.issuer('listing', { ca: { secretName: 'listing', crl: {} } })
      await issued('listing', { issuerRef: selfsigned, isCA: true, commonName: 'Listing', usages: ['crl sign'] })
      await ns.issuerTold('listing', 'True')
      const listing = { name: 'listing', kind: 'Issuer', group: 'perennial.dev' } as const
      const leaf = await issued('listed', { issuerRef: listing })
      const other = await issued('unlisted', { issuerRef: listing })
      await order('listed', { certificateRef: { name: 'listed' }, reason: 'keyCompromise' })
      await told('listed', 'True', 'Revoked')
      const root = String((await ns.secretWhere('listing', () => true)).data['tls.crt'])
      const verify = async (certificate: X509Certificate): Promise<string> => {
        const reply = await fetch(`http://127.0.0.1:${listPort}/crl/${ns.name}/listing-crl.crl`)
        expect(reply.headers.get('content-type')).toBe('application/pkix-crl')
        const crl = Buffer.from(await reply.arrayBuffer())
        const files = { crl, root, leaf: certificate.toString() }
        return openssl(['verify', '-crl_check', '-CRLfile', 'crl', '-CAfile', 'root', 'leaf'], files).text
      }
      await until('the list with it', async () =>
        (await verify(leaf)).includes('certificate revoked') ? true : undefined,
      )
      expect(await verify(other)).toContain('leaf: OK')
    },
    testTimeout,
  )

  it(
    'says so when the issuer cannot revoke, and asks nobody',
    async () => {
      await issued('own', { issuerRef: { name: 'selfsigned', kind: 'Issuer', group: 'perennial.dev' } })
      await order('own', { certificateRef: { name: 'own' } })
      const seen = await told('own', 'False', 'CannotRevoke')
      expect(conditionOf(seen, 'Stalled')?.message).toContain('name in spec.issuerRef another issuer of the same CA')
    },
    testTimeout,
  )

  it(
    'says so when what it names is not there',
    async () => {
      await order('nothing', { certificateRef: { name: 'nothing' } })
      const seen = await told('nothing', 'False', 'NotFound')
      expect(conditionOf(seen, 'Ready')?.message).toContain('There is no Certificate nothing in namespace revocation')
    },
    testTimeout,
  )

  it.each([
    ['two ways at once', { certificateRef: { name: 'a' }, serialNumber: '0a' }, 'Name one certificate in one way'],
    ['no way', { reason: 'superseded' }, 'Name one certificate in one way'],
    ['a PEM without an issuer', { certificate: '-----BEGIN CERTIFICATE-----\n' }, 'set issuerRef'],
    ['a reason that is none', { certificateRef: { name: 'a' }, reason: 'bored' }, 'Unsupported value'],
  ])('is refused at apply when it names the certificate in %s', async (_what, spec, sentence) => {
    await expect(order('refused', spec)).rejects.toThrow(sentence)
  })
})

describe('the revocation policy of a Certificate', () => {
  it(
    'has what was superseded revoked after the delay, once it is gone from the Secret',
    async () => {
      const before = await issued('rolling', { revocationPolicy: { onSupersede: { after: '2s' } } })
      await world.ns.patch('certificates', 'rolling', {
        metadata: { annotations: { 'perennial.dev/renew': 'please' } },
      })
      await world.ns.told('rolling', { status: 'True', revision: 2 })
      await until('the first certificate revoked', async () =>
        (await atPebble(before)).Status === 'Revoked' ? true : undefined,
      )
      const after = leafOf(await world.ns.secretWhere('rolling', () => true))
      expect(await atPebble(before)).toMatchObject({ Reason: 4 })
      expect(await atPebble(after)).toMatchObject({ Status: 'Valid' })
    },
    testTimeout,
  )

  it.each([
    ['pebble', issuerRef, {}],
    ['a CMP server, whose requests the key must sign,', plant, { deletionPolicy: 'Delete' }],
  ])(
    'has a certificate of %s revoked when the Certificate is deleted',
    async (_what, ref, more) => {
      const name = `gone-${ref.name}`
      const leaf = await issued(name, { issuerRef: ref, revocationPolicy: { onDelete: 'Revoke' }, ...more })
      await until('the finalizer', async () =>
        (await world.ns.seenCertificate(name))?.metadata.finalizers?.includes('perennial.dev/revoke')
          ? true
          : undefined,
      )
      await world.ns.remove('certificates', name)
      await until('the Certificate gone', async () =>
        (await world.ns.seenCertificate(name)) === undefined ? true : undefined,
      )
      const isRevoked = async (): Promise<boolean> =>
        ref === plant
          ? fake.revoked.some((serial) => BigInt(`0x${serial}`) === BigInt(`0x${leaf.serialNumber}`))
          : (await atPebble(leaf)).Status === 'Revoked'
      const done = await until('revoked at the CA', async () => ((await isRevoked()) ? true : undefined))
      expect(done).toBe(true)
    },
    testTimeout,
  )
})
