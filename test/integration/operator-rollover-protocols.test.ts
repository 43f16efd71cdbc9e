/**
 * A CA that changes behind EST, SCEP and CMP, on a real API server: along a path that its old root vouches for it is followed, in
 * stages; otherwise it is refused, and everything stays as it was.
 */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { IssuerStatus } from '../../src/api/issuer.ts'
import { reissueTime, rolloverOf } from '../../src/domain/authority/rollover.ts'
import { certificateFacts } from '../../src/pki/certificate.ts'
import { sha256Hex } from '../../src/pki/hash.ts'
import { asDer } from '../../src/std/bytes.ts'
import type { Der } from '../../src/std/bytes.ts'
import { instant } from '../../src/std/time.ts'
import type { Instant } from '../../src/std/time.ts'
import { changingCmp, changingEst, changingScep } from '../support/changingcas.ts'
import type { ChangingCa } from '../support/changingcas.ts'
import { conditionOf, until } from '../support/cluster.ts'
import type { Seen } from '../support/cluster.ts'
import { openWorld, startTimeout, testTimeout } from '../support/operatorworld.ts'
import type { OperatorWorld } from '../support/operatorworld.ts'
import { unwrap } from '../support/unwrap.ts'

const secret = 'correct-horse-battery-staple'
const sharedSecret = { reference: '4711', secretRef: { name: 'cmp', key: 'secret' } }
const starters: Readonly<Record<string, () => Promise<ChangingCa>>> = {
  est: changingEst,
  scep: changingScep,
  cmp: () => changingCmp({ secret, sharedSecret }),
}
const protocols = Object.keys(starters)
const announcing = ['scep', 'cmp']

// The old root is to be seen beside the new one to the end.
const rollover = { delay: '10s', spread: '10s', keep: '1h' }
const trustBundleOf = (protocol: string) => ({ configMap: { name: `${protocol}-bundle` } })
const leavesOf = (protocol: string): readonly string[] => ['a', 'b', 'c'].map((letter) => `${protocol}-${letter}`)

let world: OperatorWorld
const cas = new Map<string, ChangingCa>()

// The servers of this test are on this machine, which issuers may not name otherwise.
beforeAll(async () => {
  world = await openWorld('rollover', { flags: ['--allow-addresses=127.0.0.0/8'] })
  await world.ns.secret('cmp', { secret })
  for (const [protocol, start] of Object.entries(starters)) cas.set(protocol, await start())
}, startTimeout)

afterAll(async () => {
  await world?.close()
  for (const ca of cas.values()) await ca.close()
}, testTimeout)

function caOf(protocol: string): ChangingCa {
  const ca = cas.get(protocol)
  if (ca === undefined) throw new Error(`no CA speaks ${protocol}`)
  return ca
}

interface ConfigMap {
  readonly metadata: { readonly name: string }
  readonly data?: Readonly<Record<string, string>>
}

/** Fingerprints of the roots in the issuer's bundle, in their order. */
async function bundleOf(protocol: string): Promise<readonly string[]> {
  const maps = await world.ns.list<ConfigMap>('configmaps')
  const text = maps.find(({ metadata }) => metadata.name === `${protocol}-bundle`)?.data?.['ca.crt'] ?? ''
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? []
  return blocks.map((pem) => sha256Hex(asDer(new X509Certificate(pem).raw)))
}

const printsOf = (...roots: readonly Der[]): readonly string[] => roots.map((root) => sha256Hex(root))

interface Leaf {
  readonly pem: string
  readonly issuedAt: Instant
}

async function leafIn(name: string): Promise<Leaf> {
  const { data, metadata } = await world.ns.secretWhere(name, () => true)
  const issuedAt = instant(Date.parse(metadata.annotations?.['perennial.dev/issued-at'] ?? ''))
  return { pem: new X509Certificate(data['tls.crt'] ?? '').toString(), issuedAt }
}

const leaves = (protocol: string): Promise<readonly Leaf[]> => Promise.all(leavesOf(protocol).map(leafIn))

/** Which leaves a root has signed. */
async function under(root: Der, protocol: string): Promise<readonly string[]> {
  const { publicKey } = new X509Certificate(root)
  const all = await leaves(protocol)
  return leavesOf(protocol).filter((_, i) => new X509Certificate(all[i]?.pem ?? '').verify(publicKey))
}

const noticed = (protocol: string, reason: string): Promise<Seen<IssuerStatus>> =>
  until(`${reason} of ${protocol}`, async () => {
    const issuer = await world.ns.seenIssuer(protocol)
    return conditionOf(issuer, 'CAChange')?.reason === reason ? issuer : undefined
  })

/** Has the issuer probed at once, which it is within 10 s otherwise. */
const probe = (protocol: string, probeInterval: string): Promise<void> =>
  world.ns.patch('issuers', protocol, { spec: { probeInterval } })

/** The leaves under the old root. */
const before = new Map<string, readonly Leaf[]>()

/** The moment that each leaf has by what the status of its issuer says. */
async function momentsOf(protocol: string): Promise<readonly Instant[]> {
  const { status } = (await world.ns.seenIssuer(protocol)) ?? {}
  const change = rolloverOf(status?.authorities ?? [], { rollover, trustBundle: trustBundleOf(protocol) })
  if (change === undefined) throw new Error(`nothing of ${protocol} is to follow`)
  return Promise.all(
    (before.get(protocol) ?? []).map(async ({ pem, issuedAt }, i) => {
      const certificate = await world.ns.seenCertificate(leavesOf(protocol)[i] ?? '')
      const links = [unwrap(certificateFacts(asDer(new X509Certificate(pem).raw)))]
      const moment = reissueTime({ uid: certificate?.metadata.uid ?? '', issuedAt, links }, change)
      if (moment === undefined) throw new Error(`${certificate?.metadata.name} is not to follow`)
      return moment
    }),
  )
}

describe('a CA', () => {
  it.each(protocols)(
    'behind %s has its root in the bundle, and its certificates lead to that',
    async (protocol) => {
      const { ns } = world
      const { spec, key, roots } = caOf(protocol)
      const common = { probeInterval: '10s', rollover, trustBundle: trustBundleOf(protocol) }
      await ns.create('issuers', {
        apiVersion: 'perennial.dev/v1',
        kind: 'Issuer',
        metadata: { name: protocol },
        spec: { ...spec, ...common },
      })
      await ns.issuerTold(protocol, 'True')
      const issuerRef = { name: protocol, kind: 'Issuer', group: 'perennial.dev' } as const
      for (const name of leavesOf(protocol)) await ns.certificate(name, { issuerRef, privateKey: key })
      await Promise.all(leavesOf(protocol).map((name) => ns.ready(name)))
      expect(await bundleOf(protocol)).toEqual(printsOf(roots.old))
      expect(await under(roots.old, protocol)).toEqual(leavesOf(protocol))
      before.set(protocol, await leaves(protocol))
    },
    testTimeout,
  )

  it.each(announcing)(
    'behind %s has its next root in the bundle from its announcement on, and nothing else follows from that',
    async (protocol) => {
      const { roots, announce } = caOf(protocol)
      announce?.()
      await probe(protocol, '11s')
      const issuer = await noticed(protocol, 'CAAnnounced')
      expect(issuer.status?.authorities).toMatchObject([
        { state: 'Current', fingerprintSHA256: sha256Hex(roots.old), trustedBy: 'Settings' },
        { state: 'Next', fingerprintSHA256: sha256Hex(roots.next), trustedBy: 'Predecessor' },
      ])
      expect(await bundleOf(protocol)).toEqual(printsOf(roots.old, roots.next))
      expect(await leaves(protocol)).toEqual(before.get(protocol))
    },
    testTimeout,
  )
})

describe('a new root that the old one has vouched for', () => {
  it.each(protocols)(
    'is noticed by the next probe over %s, told with why it is believed, and published beside the old one',
    async (protocol) => {
      // All change now, so that they are waited for together.
      if (protocol === protocols[0]) for (const ca of cas.values()) ca.change()
      const { roots } = caOf(protocol)
      const issuer = await noticed(protocol, 'CAChanged')
      expect(issuer.status?.authorities).toMatchObject([
        {
          state: 'Current',
          fingerprintSHA256: sha256Hex(roots.next),
          trustedBy: 'Predecessor',
          publishedAt: expect.any(String),
        },
        { state: 'Former', fingerprintSHA256: sha256Hex(roots.old) },
      ])
      expect(conditionOf(issuer, 'Ready')).toMatchObject({ status: 'True' })
      expect(conditionOf(issuer, 'TrustBundle')).toMatchObject({ status: 'True', reason: 'Published' })
      expect(await bundleOf(protocol)).toEqual(printsOf(roots.next, roots.old))
    },
    testTimeout,
  )

  it.each(protocols)(
    'is followed by each certificate over %s at its own moment, none before the delay is over, and once',
    async (protocol) => {
      const { roots, issued } = caOf(protocol)
      const names = leavesOf(protocol)
      const moments = await momentsOf(protocol)
      expect(new Set(moments).size).toBe(names.length)
      const issuer = await world.ns.seenIssuer(protocol)
      const published = Date.parse(issuer?.status?.authorities?.[0]?.publishedAt ?? '')
      const since = Date.parse(issuer?.status?.authorities?.[0]?.since ?? '')
      await until('all have followed', async () =>
        (await under(roots.next, protocol)).length === names.length ? true : undefined,
      )
      const told = await Promise.all(names.map((name) => world.ns.told(name, { status: 'True', revision: 2 })))
      expect(told).toHaveLength(names.length)
      const moved = (await leaves(protocol)).map(({ issuedAt }) => issuedAt)
      // What is noted is in whole seconds.
      expect(Math.min(...moved) - Math.max(published, since)).toBeGreaterThanOrEqual(9_000)
      expect(moved.filter((at, i) => at + 1000 <= (moments[i] ?? Infinity))).toEqual([])
      expect(issued()).toBe(2 * names.length)
    },
    testTimeout,
  )
})

describe('a new root for which nobody has vouched', () => {
  it.each(protocols)(
    'is refused over %s and said on the issuer, and bundle and certificates stay as they are',
    async (protocol) => {
      if (protocol === protocols[0]) for (const ca of cas.values()) ca.usurp()
      const { ns } = world
      const { roots, issued } = caOf(protocol)
      const [bundle, held, count] = [await bundleOf(protocol), await leaves(protocol), issued()]
      await probe(protocol, '12s')
      const told = await ns.issuerTold(protocol, 'False', 'SecurityViolation')
      expect(told.message).toContain(sha256Hex(roots.stranger))
      const [first = ''] = leavesOf(protocol)
      await ns.patch('certificates', first, { metadata: { annotations: { 'perennial.dev/renew': 'please' } } })
      const waiting = await ns.told(first, { type: 'Issuing', status: 'False', reason: 'IssuerNotReady' })
      expect(waiting.status?.revision).toBe(2)
      expect(bundle).toEqual(printsOf(roots.next, roots.old))
      expect(await bundleOf(protocol)).toEqual(bundle)
      expect((await ns.seenIssuer(protocol))?.status?.authorities).toMatchObject([
        { state: 'Current', fingerprintSHA256: sha256Hex(roots.next) },
        { state: 'Former', fingerprintSHA256: sha256Hex(roots.old) },
      ])
      expect(await leaves(protocol)).toEqual(held)
      expect(issued()).toBe(count)
    },
    testTimeout,
  )
})
