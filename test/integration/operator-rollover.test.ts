/** A CA that changes, on a real API server: its roots are published, and its certificates follow in stages. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { conditionOf, until } from '../support/cluster.ts'
import type { SeenEvent } from '../support/cluster.ts'
import { servesTrustBundles } from '../support/controlplane.ts'
import { openWorld, startTimeout, testTimeout } from '../support/operatorworld.ts'
import type { OperatorWorld } from '../support/operatorworld.ts'

let world: OperatorWorld

const names = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `leaf-${letter}`)
const rollover = { delay: '10s', spread: '15s', keep: '10s' }

beforeAll(async () => {
  const flags = ['--cluster-resource-namespace=rollover']
  world = await openWorld('rollover', { apiServerFlags: servesTrustBundles, flags })
}, startTimeout)

afterAll(async () => {
  await world?.close()
}, testTimeout)

interface ConfigMap {
  readonly metadata: { readonly name: string }
  readonly data?: Readonly<Record<string, string>>
}

async function configMap(name: string): Promise<ConfigMap['data'] | undefined> {
  return (await world.ns.list<ConfigMap>('configmaps')).find(({ metadata }) => metadata.name === name)?.data
}

const blocks = (text: string): readonly string[] =>
  text.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? []

/** Fingerprints of the roots in a bundle, in their order. */
async function bundled(name = 'ca-bundle'): Promise<readonly string[]> {
  const text = (await configMap(name))?.['ca.crt'] ?? ''
  return blocks(text).map((pem) => new X509Certificate(pem).fingerprint256)
}

async function certificateIn(secret: string): Promise<X509Certificate> {
  const { data } = await world.ns.secretWhere(secret, () => true)
  return new X509Certificate(data['tls.crt'] ?? '')
}

/** Which leaves a root has signed. */
async function under(root: X509Certificate): Promise<readonly string[]> {
  const leaves = await Promise.all(names.map(certificateIn))
  return names.filter((_, i) => leaves[i]?.verify(root.publicKey) === true)
}

const renew = (name: string, word: string): Promise<void> =>
  world.ns.patch('certificates', name, { metadata: { annotations: { 'perennial.dev/renew': word } } })

describe('the Secret of a CA with a new root', () => {
  let [oldRoot, newRoot]: X509Certificate[] = []

  it(
    'is preceded by a bundle with the old one',
    async () => {
      const { ns } = world
      await ns.patch('issuers', 'ca', {
        spec: { probeInterval: '10s', rollover, trustBundle: { configMap: { name: 'ca-bundle' } } },
      })
      await Promise.all(names.map((name) => ns.certificate(name, {})))
      await Promise.all(names.map((name) => ns.ready(name)))
      oldRoot = await certificateIn('root')
      await until('the bundle', async () => ((await bundled()).length === 1 ? true : undefined))
      expect(await bundled()).toEqual([oldRoot.fingerprint256])
      expect(await under(oldRoot)).toEqual(names)
    },
    testTimeout,
  )

  it(
    'is published beside it, before the first certificate follows',
    async () => {
      await renew('root', 'first')
      const both = await until('both roots', async () => {
        const roots = await bundled()
        return roots.length === 2 ? roots : undefined
      })
      newRoot = await certificateIn('root')
      expect(both).toEqual([newRoot.fingerprint256, oldRoot?.fingerprint256])
      if (oldRoot === undefined) throw new Error('there was no root')
      expect(await under(oldRoot)).toEqual(names)
    },
    testTimeout,
  )

  it(
    'is told, with what becomes of the old one',
    async () => {
      const issuer = await world.ns.seenIssuer('ca')
      expect(issuer?.status?.authorities).toMatchObject([
        { state: 'Current', role: 'Root', trustedBy: 'Settings', publishedAt: expect.any(String) },
        { state: 'Former', role: 'Root' },
      ])
      expect(conditionOf(issuer, 'CAChange')).toMatchObject({
        status: 'True',
        reason: 'CAChanged',
        message: expect.stringMatching(/took the place of .* are re-issued from /),
      })
      expect(conditionOf(issuer, 'TrustBundle')).toMatchObject({ status: 'True', reason: 'Published' })
      await until('the Event', async () => {
        const events = await world.ns.list<SeenEvent>('events')
        return events.some(({ reason, involvedObject }) => reason === 'CAChanged' && involvedObject.name === 'ca')
          ? true
          : undefined
      })
    },
    testTimeout,
  )

  it(
    'is followed by every certificate at its own time, none before the delay is over',
    async () => {
      const issuer = await world.ns.seenIssuer('ca')
      const published = Date.parse(issuer?.status?.authorities?.[0]?.publishedAt ?? '')
      const root = newRoot
      if (root === undefined) throw new Error('there is no new root')
      await until('all have followed', async () => ((await under(root)).length === names.length ? true : undefined))
      const secrets = await Promise.all(names.map((name) => world.ns.secretWhere(name, () => true)))
      const issued = secrets.map(({ metadata }) => Date.parse(metadata.annotations?.['perennial.dev/issued-at'] ?? ''))
      expect(Math.min(...issued) - published).toBeGreaterThanOrEqual(9_000)
      expect(Math.max(...issued) - Math.min(...issued)).toBeGreaterThan(2_000)
      const revisions = await Promise.all(names.map((name) => world.ns.seenCertificate(name)))
      expect(revisions.map((one) => one?.status?.revision)).toEqual(names.map(() => 2))
    },
    testTimeout,
  )

  it(
    'stands alone once nothing leads to the old one',
    async () => {
      await until('one root', async () => ((await bundled()).length === 1 ? true : undefined))
      expect(await bundled()).toEqual([newRoot?.fingerprint256])
      await until('nothing changes any more', async () => {
        const issuer = await world.ns.seenIssuer('ca')
        return conditionOf(issuer, 'CAChange') === undefined ? true : undefined
      })
    },
    testTimeout,
  )
})

describe('a bundle', () => {
  it(
    'goes with the field that asked for it',
    async () => {
      await world.ns.patch('issuers', 'ca', { spec: { trustBundle: null } })
      await until('it goes', async () => ((await configMap('ca-bundle')) === undefined ? true : undefined))
      const issuer = await until('the status', async () => {
        const seen = await world.ns.seenIssuer('ca')
        return seen?.status?.trustBundle === undefined ? seen : undefined
      })
      expect(conditionOf(issuer, 'TrustBundle')).toBeUndefined()
    },
    testTimeout,
  )

  it(
    'never takes the place of a ConfigMap that is of somebody else',
    async () => {
      await world.ns.create('configmaps', { metadata: { name: 'theirs' }, data: { 'ca.crt': 'mine' } })
      await world.ns.patch('issuers', 'ca', { spec: { trustBundle: { configMap: { name: 'theirs' } } } })
      const told = await until('the refusal', async () => {
        const condition = conditionOf(await world.ns.seenIssuer('ca'), 'TrustBundle')
        return condition?.status === 'False' ? condition : undefined
      })
      expect(told).toMatchObject({ reason: 'BundleTaken', message: expect.stringContaining('name another') })
      await world.ns.patch('issuers', 'ca', { spec: { trustBundle: null } })
      await until('the field is gone', async () => {
        const condition = conditionOf(await world.ns.seenIssuer('ca'), 'TrustBundle')
        return condition === undefined ? true : undefined
      })
      expect(await configMap('theirs')).toEqual({ 'ca.crt': 'mine' })
    },
    testTimeout,
  )

  it(
    'of the cluster is what pods mount by its signer, and only for a ClusterIssuer',
    async () => {
      const { plane, ns } = world
      await ns.patch('issuers', 'ca', { spec: { trustBundle: { clusterTrustBundle: true } } })
      await plane.kubectl(['apply', '-f', '-'], clusterIssuer)
      const ask = ['get', 'clustertrustbundle', 'clusterissuers.perennial.dev:everywhere:ca', '-o', 'json']
      const text = await until('the bundle', () => plane.kubectl(ask).catch(() => undefined))
      const { spec } = JSON.parse(text) as { spec: { signerName: string; trustBundle: string } }
      expect(spec.signerName).toBe('clusterissuers.perennial.dev/everywhere')
      expect(new X509Certificate(spec.trustBundle).fingerprint256).toBe((await certificateIn('root')).fingerprint256)
      const refused = await until('the refusal', async () => {
        const condition = conditionOf(await ns.seenIssuer('ca'), 'TrustBundle')
        return condition?.reason === 'BundleRefused' ? condition : undefined
      })
      expect(refused.message).toContain('only a ClusterIssuer publishes one')
      await plane.kubectl(['delete', 'clusterissuer', 'everywhere'])
    },
    testTimeout,
  )
})

const clusterIssuer = `
apiVersion: perennial.dev/v1
kind: ClusterIssuer
metadata: {name: everywhere}
spec:
  ca: {secretName: root}
  trustBundle: {clusterTrustBundle: true}
`
