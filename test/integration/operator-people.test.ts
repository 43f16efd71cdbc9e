/** The operator on a real API server: short lives, what people read, issuers for the whole cluster. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { CertificateSpec } from '../../src/api/certificate.ts'
import { Namespace } from '../support/cluster.ts'
import type { SeenSecret } from '../support/cluster.ts'
import { openssl } from '../support/openssl.ts'
import { openWorld, startTimeout, testTimeout } from '../support/operatorworld.ts'
import type { OperatorWorld } from '../support/operatorworld.ts'

let world: OperatorWorld
beforeAll(async () => {
  world = await openWorld('people')
}, startTimeout)
afterAll(() => world?.close(), testTimeout)

/** Issues one certificate and returns its Secret. */
async function issue(name: string, spec: Partial<CertificateSpec>): Promise<SeenSecret> {
  await world.ns.certificate(name, spec)
  await world.ns.ready(name)
  return world.ns.secretWhere(name, () => true)
}

const entry = ({ data }: SeenSecret, name: string): Buffer => data[name] ?? Buffer.alloc(0)
const serialOf = (secret: SeenSecret): string => new X509Certificate(entry(secret, 'tls.crt')).serialNumber
const publicKeyOf = (secret: SeenSecret): string =>
  openssl(['pkey', '-in', 'key', '-pubout'], { key: entry(secret, 'tls.key') }).text

describe('certificates that live shortly', () => {
  it(
    'renew by themselves, with a new serial number and a new key',
    async () => {
      const first = await issue('short', { duration: '1m', renewBefore: '55s' })
      await world.ns.told('short', { status: 'True', revision: 3 })
      const later = await world.ns.secretWhere('short', (secret) => serialOf(secret) !== serialOf(first))
      expect(publicKeyOf(later)).not.toBe(publicKeyOf(first))
      await world.ns.remove('certificates', 'short')
    },
    testTimeout,
  )
})

describe('for people', () => {
  it(
    'reads well in kubectl get',
    async () => {
      await issue('columns', {})
      const get = async (...args: string[]): Promise<string[]> => {
        const table = await world.plane.kubectl(['get', '-n', world.ns.name, ...args])
        return table
          .trimEnd()
          .split('\n')
          .map((line) =>
            line
              .replace(/\d{4}-\d\d-\d\dT[\d:]+Z/g, '<time>')
              .replace(/\b\d+m?\d*s\b/g, '<age>')
              .replace(/ {2,}/g, '  '),
          )
      }
      expect(await get('certificates.perennial.dev', 'columns')).toEqual([
        'NAME  READY  SECRET  ISSUER  PROTOCOL  EXPIRES  RENEWS  AGE',
        'columns  True  columns  ca  ca  <time>  <time>  <age>',
      ])
      expect(await get('certs', 'columns', '-o', 'wide')).toEqual([
        'NAME  READY  SECRET  ISSUER  PROTOCOL  EXPIRES  RENEWS  POLICY  AGE  MESSAGE',
        'columns  True  columns  ca  ca  <time>  <time>  <age>  Valid until <time>.',
      ])
      expect(await get('issuers.perennial.dev', 'selfsigned')).toEqual([
        'NAME  READY  PROTOCOL  AGE',
        'selfsigned  True  selfSigned  <age>',
      ])
      expect((await get('perennial')).length).toBeGreaterThan(3)
    },
    testTimeout,
  )
})

describe('a ClusterIssuer', () => {
  it(
    'issues into every namespace with a CA from the namespace of the operator',
    async () => {
      const home = await Namespace.make(world.plane, 'perennial')
      const root = await world.ns.secretWhere('root', () => true)
      await home.secret('cluster-root', root.data, 'kubernetes.io/tls')
      const manifest = {
        apiVersion: 'perennial.dev/v1',
        kind: 'ClusterIssuer',
        metadata: { name: 'cluster' },
        spec: { ca: { secretName: 'cluster-root' } },
      }
      await world.plane.kubectl(['apply', '-f', '-'], JSON.stringify(manifest))
      const secret = await issue('clustered', {
        issuerRef: { name: 'cluster', kind: 'ClusterIssuer', group: 'perennial.dev' },
      })
      const files = { ca: entry(root, 'tls.crt'), crt: entry(secret, 'tls.crt') }
      expect(openssl(['verify', '-CAfile', 'ca', 'crt'], files).ok).toBe(true)
      expect(secret.metadata.annotations).toMatchObject({ 'perennial.dev/issuer-kind': 'ClusterIssuer' })
      await home.close()
    },
    testTimeout,
  )
})
