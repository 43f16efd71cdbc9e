/** The operator on a real API server: what it writes into Secrets, judged by openssl and keytool. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { CertificateSpec } from '../../src/api/certificate.ts'
import { Namespace, ec, installCrds, makeAuthority } from '../support/cluster.ts'
import type { SeenSecret } from '../support/cluster.ts'
import { startControlPlane } from '../support/controlplane.ts'
import type { ControlPlane } from '../support/controlplane.ts'
import { hasKeytool, keytool } from '../support/keytool.ts'
import { openssl } from '../support/openssl.ts'
import { startOperator } from '../support/operator.ts'
import type { RunningOperator } from '../support/operator.ts'

const startTimeout = 600_000
const testTimeout = 120_000

let plane: ControlPlane
let operator: RunningOperator
let ns: Namespace

beforeAll(async () => {
  plane = await startControlPlane()
  await installCrds(plane)
  operator = await startOperator({ kubeconfig: plane.kubeconfig })
  ns = await Namespace.make(plane, 'issuing')
  await makeAuthority(ns)
}, startTimeout)

afterAll(async () => {
  await operator?.stop()
  await ns?.close()
  await plane?.stop()
}, testTimeout)

/** Issues one certificate and returns its Secret. */
async function issue(name: string, spec: Partial<CertificateSpec>): Promise<SeenSecret> {
  await ns.certificate(name, spec)
  await ns.ready(name)
  return ns.secretWhere(name, () => true)
}

const entry = ({ data }: SeenSecret, name: string): Buffer => data[name] ?? Buffer.alloc(0)
const serialOf = (secret: SeenSecret): string => new X509Certificate(entry(secret, 'tls.crt')).serialNumber
const publicKeyOf = (secret: SeenSecret): string =>
  openssl(['pkey', '-in', 'key', '-pubout'], { key: entry(secret, 'tls.key') }).text

describe('a chain from nothing', () => {
  it(
    'is verified by openssl, and kubectl waits for it',
    async () => {
      await ns.certificate('web', { dnsNames: ['web.example', '*.web.example'], ipAddresses: ['10.0.0.1', 'fd00::1'] })
      const wait = ['wait', '--for=condition=Ready', '--timeout=60s', '-n', ns.name, 'certificates.perennial.dev/web']
      expect(await plane.kubectl(wait)).toContain('condition met')
      const secret = await ns.secretWhere('web', () => true)
      const files = {
        'tls.crt': entry(secret, 'tls.crt'),
        'ca.crt': entry(secret, 'ca.crt'),
        'tls.key': entry(secret, 'tls.key'),
      }
      expect(secret.type).toBe('kubernetes.io/tls')
      expect(openssl(['verify', '-x509_strict', '-CAfile', 'ca.crt', 'tls.crt'], files)).toEqual({
        ok: true,
        text: 'tls.crt: OK\n',
      })
      expect(openssl(['pkey', '-in', 'tls.key', '-check', '-noout'], files).text).toContain('Key is valid')
      expect(openssl(['x509', '-in', 'tls.crt', '-pubkey', '-noout'], files).text).toBe(publicKeyOf(secret))
      const { text } = openssl(['x509', '-in', 'tls.crt', '-noout', '-ext', 'subjectAltName'], files)
      expect(text).toContain('DNS:web.example, DNS:*.web.example, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:1')
    },
    testTimeout,
  )

  it(
    'is told in the status, in the annotations of the Secret and in an Event',
    async () => {
      const secret = await issue('told', { commonName: 'told.example', dnsNames: ['told.example', 'b.example'] })
      const { status } = await ns.ready('told')
      const leaf = new X509Certificate(entry(secret, 'tls.crt'))
      expect(status).toMatchObject({
        revision: 1,
        protocol: 'ca',
        serialNumber: leaf.serialNumber,
        notAfter: new Date(leaf.validTo).toISOString().replace('.000Z', 'Z'),
        issuedBy: { name: 'ca', kind: 'Issuer', group: 'perennial.dev', protocol: 'ca' },
      })
      expect(status?.conditions?.map(({ type, status: is, reason }) => `${type}=${is} ${reason}`)).toEqual([
        'Ready=True Ready',
        'Issuing=False UpToDate',
      ])
      expect(secret.metadata.annotations).toMatchObject({
        'perennial.dev/certificate-name': 'told',
        'perennial.dev/issuer-name': 'ca',
        'perennial.dev/issuer-kind': 'Issuer',
        'perennial.dev/common-name': 'told.example',
        'perennial.dev/alt-names': 'told.example,b.example',
      })
      const text = await plane.kubectl(['events', '-n', ns.name, '--for=certificate/told'])
      expect(text).toMatch(/Normal\s+Issued\s+Certificate\/told\s+Issued certificate [0-9A-F]+, valid until /)
    },
    testTimeout,
  )
})

describe('keys', () => {
  it.each([
    { name: 'ed25519', privateKey: { algorithm: 'Ed25519' }, says: 'ED25519 Private-Key' },
    { name: 'rsa', privateKey: { algorithm: 'RSA', size: 3072 }, says: 'Private-Key: (3072 bit' },
    { name: 'p384', privateKey: { algorithm: 'ECDSA', size: 384 }, says: 'NIST CURVE: P-384' },
  ] as const)(
    'are of the kind that was asked for: $name',
    async ({ name, privateKey, says }) => {
      const secret = await issue(name, { privateKey })
      const files = { key: entry(secret, 'tls.key'), crt: entry(secret, 'tls.crt') }
      expect(openssl(['pkey', '-in', 'key', '-noout', '-text'], files).text).toContain(says)
      expect(openssl(['x509', '-in', 'crt', '-noout', '-pubkey'], files).text).toBe(publicKeyOf(secret))
    },
    testTimeout,
  )

  it(
    'change their encoding without a new certificate',
    async () => {
      const before = await issue('encoding', { privateKey: { ...ec, encoding: 'PKCS1' } })
      expect(entry(before, 'tls.key').toString()).toContain('BEGIN EC PRIVATE KEY')
      await ns.patch('certificates', 'encoding', { spec: { privateKey: { encoding: 'PKCS8' } } })
      const after = await ns.secretWhere('encoding', (secret) =>
        entry(secret, 'tls.key').toString().startsWith('-----BEGIN PRIVATE KEY'),
      )
      expect(serialOf(after)).toBe(serialOf(before))
      expect(publicKeyOf(after)).toBe(publicKeyOf(before))
      expect((await ns.ready('encoding')).status?.revision).toBe(1)
    },
    testTimeout,
  )

  it(
    'stay with rotationPolicy Never and change without it, one renewal for each request',
    async () => {
      const never = await issue('never', { privateKey: { ...ec, rotationPolicy: 'Never' } })
      const always = await issue('always', {})
      const request = { metadata: { annotations: { 'perennial.dev/renew': 'please' } } }
      for (const name of ['never', 'always']) await ns.patch('certificates', name, request)
      const renewed = await ns.told('never', { status: 'True', revision: 2 })
      await ns.told('always', { status: 'True', revision: 2 })
      const neverAfter = await ns.secretWhere('never', () => true)
      const alwaysAfter = await ns.secretWhere('always', () => true)
      expect(serialOf(neverAfter)).not.toBe(serialOf(never))
      expect(publicKeyOf(neverAfter)).toBe(publicKeyOf(never))
      expect(publicKeyOf(alwaysAfter)).not.toBe(publicKeyOf(always))
      // Another change that has nothing to do with it: the request has been served and is not served again.
      await ns.patch('certificates', 'never', { spec: { secretTemplate: { labels: { seen: 'yes' } } } })
      const rewritten = await ns.secretWhere('never', ({ metadata }) => metadata.labels?.['seen'] === 'yes')
      expect(serialOf(rewritten)).toBe(serialOf(neverAfter))
      expect(renewed.status?.revision).toBe(2)
    },
    testTimeout,
  )
})

describe('what else the Secret holds', () => {
  it(
    'is labelled as the template says, cleaned when it no longer does, and keeps what others wrote',
    async () => {
      const template = { labels: { app: 'web', tier: 'front' }, annotations: { 'example.com/owner': 'us' } }
      const first = await issue('template', { secretTemplate: template })
      expect(first.metadata.labels).toMatchObject(template.labels)
      expect(first.metadata.annotations).toMatchObject(template.annotations)
      const strangers = { labels: { theirs: 'label' }, annotations: { theirs: 'note' } }
      await ns.patch('secrets', 'template', { metadata: strangers, data: { 'their.entry': 'aGk=' } })
      await ns.patch('certificates', 'template', {
        spec: { secretTemplate: { labels: { tier: null }, annotations: null } },
      })
      const second = await ns.secretWhere('template', ({ metadata }) => metadata.labels?.['tier'] === undefined)
      expect(second.metadata.labels).toMatchObject({ app: 'web', theirs: 'label' })
      expect(second.metadata.annotations).toMatchObject({ theirs: 'note' })
      expect(second.metadata.annotations).not.toHaveProperty(['example.com/owner'])
      expect(entry(second, 'their.entry').toString()).toBe('hi')
      expect(serialOf(second)).toBe(serialOf(first))
    },
    testTimeout,
  )

  it(
    'comes as DER and in one file, until that is no longer asked for',
    async () => {
      const formats = [{ type: 'DER' }, { type: 'CombinedPEM' }] as const
      const secret = await issue('formats', { additionalOutputFormats: formats })
      const pem = entry(secret, 'tls.key')
      expect(openssl(['pkey', '-inform', 'DER', '-in', 'der', '-pubout'], { der: entry(secret, 'key.der') }).text).toBe(
        publicKeyOf(secret),
      )
      expect(entry(secret, 'tls-combined.pem').toString()).toBe(
        `${pem.toString()}${entry(secret, 'tls.crt').toString()}`,
      )
      await ns.patch('certificates', 'formats', { spec: { additionalOutputFormats: null } })
      const bare = await ns.secretWhere('formats', ({ data }) => !('key.der' in data))
      expect(Object.keys(bare.data).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key'])
      expect(serialOf(bare)).toBe(serialOf(secret))
    },
    testTimeout,
  )

  it(
    `comes as keystores that openssl${hasKeytool ? ' and keytool open' : ' opens (keytool is not here)'}`,
    async () => {
      await ns.secret('keystore-password', { password: 'changeit' })
      const passwordSecretRef = { name: 'keystore-password', key: 'password' }
      const secret = await issue('java', {
        keystores: {
          pkcs12: { create: true, profile: 'Modern2023', passwordSecretRef },
          jks: { create: true, alias: 'app', passwordSecretRef },
        },
      })
      const p12 = openssl(['pkcs12', '-in', 'p12', '-passin', 'pass:changeit', '-nodes'], {
        p12: entry(secret, 'keystore.p12'),
      })
      expect(p12.text).toContain('BEGIN PRIVATE KEY')
      const trust = { p12: entry(secret, 'truststore.p12') }
      const roots = openssl(['pkcs12', '-in', 'p12', '-passin', 'pass:changeit', '-nokeys'], trust).text
      expect(roots).toContain(entry(secret, 'ca.crt').toString().trim().split('\n')[1])
      if (!hasKeytool) return
      const list = (file: string): string =>
        keytool(['-list', '-keystore', 'store', '-storepass', 'changeit'], { store: entry(secret, file) })
      expect(list('keystore.jks')).toMatch(/app, .*PrivateKeyEntry/)
      expect(list('truststore.jks')).toContain('trustedCertEntry')
    },
    testTimeout,
  )
})
