/** What goes wrong with issuers and input: a clear sentence each, no loop, no effect on neighbours. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { IssuerRef } from '../../src/api/meta.ts'
import { instant } from '../../src/std/time.ts'
import { Namespace, conditionOf, installCrds, makeAuthority, until } from '../support/cluster.ts'
import type { SeenEvent } from '../support/cluster.ts'
import { makeCa } from '../support/ca-material.ts'
import type { CaMaterial } from '../support/ca-material.ts'
import { startControlPlane } from '../support/controlplane.ts'
import type { ControlPlane } from '../support/controlplane.ts'
import { openssl } from '../support/openssl.ts'
import { startOperator } from '../support/operator.ts'
import type { RunningOperator } from '../support/operator.ts'

const startTimeout = 600_000
const testTimeout = 120_000

let plane: ControlPlane
let operator: RunningOperator
let ns: Namespace
let healthy: CaMaterial

/** A CA that began a minute ago and lives so many seconds more. */
const ca = (name: string, seconds = 86_400, change = {}): Promise<CaMaterial> => {
  const now = Math.floor(Date.now() / 1000) * 1000
  return makeCa({ name, notBefore: instant(now - 60_000), notAfter: instant(now + seconds * 1000), change })
}

beforeAll(async () => {
  plane = await startControlPlane()
  await installCrds(plane)
  operator = await startOperator({ kubeconfig: plane.kubeconfig, flags: ['--issuer-probe-interval=10s'] })
  ns = await Namespace.make(plane, 'trouble')
  await makeAuthority(ns)
  healthy = await ca('Healthy')
  await ns.secret('healthy', healthy.secret)
  // The neighbour: whatever happens below, it stays Ready with the certificate that it has.
  await ns.certificate('neighbour', {})
  await ns.ready('neighbour')
}, startTimeout)

afterAll(async () => {
  await operator?.stop()
  await ns?.close()
  await plane?.stop()
}, testTimeout)

/** The message of the condition that tells why a Certificate is not Ready. */
async function whyNot(name: string, reason: string): Promise<string> {
  return conditionOf(await ns.told(name, { status: 'False', reason }), 'Ready')?.message ?? ''
}

const issuedBy = (name: string): { issuerRef: IssuerRef } => ({
  issuerRef: { name, kind: 'Issuer', group: 'perennial.dev' },
})

const issuedFor = (name: string): Promise<number> =>
  operator.metric('perennial_issuance_outcomes_total', { issuer: name })

describe('an issuer that', () => {
  it(
    'does not exist yet is waited for, and used as soon as it does',
    async () => {
      await ns.certificate('early', issuedBy('late'))
      expect(await whyNot('early', 'IssuerNotFound')).toBe(
        'Secret early does not exist. Issuer late in namespace trouble does not exist; create it or correct the reference.',
      )
      await ns.issuer('late', { ca: { secretName: 'healthy' } })
      await ns.ready('early')
    },
    testTimeout,
  )

  it(
    'is deleted leaves its Certificates as they are, and they renew when it is back',
    async () => {
      await ns.issuer('fleeting', { ca: { secretName: 'healthy' } })
      const ref = issuedBy('fleeting')
      await ns.certificate('orphan', ref)
      await ns.ready('orphan')
      await ns.remove('issuers', 'fleeting')
      // Issuers and Certificates are watched apart: the operator may hear of the annotation first.
      const isKnown = async () => (await operator.metric('perennial_issuer_ready_status', { name: 'fleeting' })) === 1
      await until('the operator knows that it is gone', async () => ((await isKnown()) ? undefined : true))
      await ns.patch('certificates', 'orphan', { metadata: { annotations: { 'perennial.dev/renew': '1' } } })
      const { status } = await ns.told('orphan', { type: 'Issuing', reason: 'IssuerNotFound' })
      expect(status?.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'True' })
      await ns.issuer('fleeting', { ca: { secretName: 'healthy' } })
      await ns.told('orphan', { status: 'True', revision: 2 })
    },
    testTimeout,
  )
})

const brokenIssuers = [
  {
    what: 'points at a Secret that is not there',
    name: 'absent',
    data: () => Promise.resolve(undefined),
    says: /^spec\.ca\.secretName points at Secret absent in namespace trouble, which does not exist; create it/,
  },
  {
    what: 'points at a Secret without a key',
    name: 'keyless',
    data: async () => ({ 'tls.crt': (await ca('Keyless')).secret['tls.crt'] ?? '' }),
    says: /which has no entry tls\.key; add it/,
  },
  {
    what: 'points at garbage',
    name: 'garbage',
    data: () => Promise.resolve({ 'tls.crt': 'garbage', 'tls.key': 'garbage' }),
    says: /^Secret "garbage" cannot be used as a CA: tls\.crt holds no readable certificate/,
  },
  {
    what: 'has the key of another CA',
    name: 'mismatch',
    data: async () => ({ ...healthy.secret, 'tls.key': (await ca('Other')).secret['tls.key'] ?? '' }),
    says: /^Secret "mismatch" cannot be used as a CA: tls\.crt does not fit tls\.key/,
  },
  {
    what: 'has a certificate that is no CA',
    name: 'leaf',
    data: async () => (await ca('Leaf', 3600, { isCA: false, usages: ['digital signature'] })).secret,
    says: /^Secret "leaf" cannot be used as a CA: tls\.crt is not a CA certificate/,
  },
  {
    what: 'has a CA that has expired',
    name: 'expired',
    data: async () => (await ca('Expired', -10)).secret,
    says: /^the CA certificate in Secret "expired" expired at .*; renew it/i,
  },
] as const

describe('an issuer that', () => {
  beforeAll(async () => {
    for (const { name, data } of brokenIssuers) {
      const content = await data()
      if (content !== undefined) await ns.secret(name, content)
      await ns.issuer(name, { ca: { secretName: name } })
      await ns.certificate(name, { secretName: `${name}-tls`, ...issuedBy(name) })
    }
  }, testTimeout)

  it.each(brokenIssuers)(
    '$what says so, and asks nothing of its CA',
    async ({ name, says }) => {
      const { message } = await ns.issuerTold(name, 'False')
      expect(message).toMatch(says)
      expect(message).toMatch(/[^.]\.$/)
      const told = await whyNot(name, 'IssuerNotReady')
      expect(told.toLowerCase()).toContain(message.toLowerCase())
      expect(told).toMatch(/^Secret .* does not exist\. Issuer .* is not ready: .*[^.]\.$/)
      expect(await issuedFor(name)).toBe(0)
    },
    testTimeout,
  )

  it(
    'is mended is used without further ado',
    async () => {
      await ns.secret('absent', healthy.secret)
      for (const { name } of brokenIssuers) await ns.patch('secrets', name, { data: encoded(healthy) })
      for (const { name } of brokenIssuers) expect((await ns.ready(name)).status?.revision).toBe(1)
    },
    testTimeout,
  )
})

const encoded = ({ secret }: CaMaterial): Record<string, string> =>
  Object.fromEntries(
    Object.entries(secret).map(([key, value]): [string, string] => [key, Buffer.from(value).toString('base64')]),
  )

describe('a CA that is exchanged', () => {
  it(
    'is noticed, and signs what is issued from then on',
    async () => {
      await ns.secret('rotated', healthy.secret)
      await ns.issuer('rotated', { ca: { secretName: 'rotated' } })
      const ref = issuedBy('rotated')
      await ns.certificate('before', ref)
      await ns.ready('before')
      const next = await ca('Next')
      await ns.patch('secrets', 'rotated', { data: encoded(next) })
      const fingerprint = openssl(['x509', '-in', 'crt', '-noout', '-fingerprint', '-sha256'], {
        crt: next.secret['tls.crt'] ?? '',
      })
      const wanted = /=([0-9A-F:]+)/.exec(fingerprint.text)?.[1]?.replaceAll(':', '').toLowerCase()
      await until('the issuer tells of the new CA', async () => {
        const details = (await ns.seenIssuer('rotated'))?.status?.details
        return details?.['caFingerprint'] === wanted ? true : undefined
      })
      await ns.certificate('after', ref)
      await ns.ready('after')
      const { data } = await ns.secretWhere('after', () => true)
      const files = { ca: next.secret['tls.crt'] ?? '', crt: data['tls.crt'] ?? '' }
      expect(openssl(['verify', '-CAfile', 'ca', 'crt'], files).ok).toBe(true)
    },
    testTimeout,
  )
})

describe('a certificate that expires while its issuer is broken', () => {
  it(
    'turns Ready off by itself at that moment',
    async () => {
      await ns.secret('brief', (await ca('Brief', 12)).secret)
      await ns.issuer('brief', { ca: { secretName: 'brief' } })
      await ns.certificate('brief', {
        secretName: 'brief-tls',
        ...issuedBy('brief'),
      })
      await ns.ready('brief')
      await ns.remove('secrets', 'brief')
      const seen = await ns.told('brief', { status: 'False', reason: 'Expired' })
      const ready = conditionOf(seen, 'Ready')
      expect(ready?.message).toMatch(/^The certificate has expired\. Issuer brief in namespace trouble is not ready: /)
      const late = Date.parse(ready?.lastTransitionTime ?? '') - Date.parse(seen.status?.notAfter ?? '')
      expect(late).toBeGreaterThanOrEqual(0)
      expect(late).toBeLessThan(5000)
    },
    testTimeout,
  )
})

describe('a keystore without its password', () => {
  it(
    'is waited for before the CA is asked',
    async () => {
      await ns.certificate('keystore', {
        keystores: { jks: { create: true, passwordSecretRef: { name: 'nowhere', key: 'password' } } },
      })
      const why = await whyNot('keystore', 'BackingOff')
      expect(why).toContain(
        "spec.keystores.jks.passwordSecretRef: Secret nowhere has no entry password; create it in the Certificate's namespace.",
      )
    },
    testTimeout,
  )
})

describe('a Secret that the API server does not take', () => {
  it(
    'is told in one sentence, and not tried in a loop',
    async () => {
      const annotations = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`note-${i}`, 'x'.repeat(16_000)]))
      await ns.certificate('refused', { secretTemplate: { annotations } })
      expect(await whyNot('refused', 'BackingOff')).toMatch(
        /^Secret refused does not exist\. The API server did not take Secret refused \(.*annotations: Too long.*\); change what it objects to\.$/,
      )
      await ns.patch('certificates', 'refused', { spec: { secretTemplate: null } })
      await ns.ready('refused')
    },
    testTimeout,
  )
})

describe('all of this', () => {
  it(
    'does not loop: with nothing to do, nothing is written and next to nothing asked',
    async () => {
      await ns.issuer('broken', { ca: { secretName: 'never' } })
      const ref = issuedBy('broken')
      for (let i = 0; i < 5; i++) await ns.certificate(`stuck-${i}`, ref)
      for (let i = 0; i < 5; i++) await whyNot(`stuck-${i}`, 'IssuerNotReady')
      const before = { writes: await operator.writes(), lines: linesOf(operator), begun: performance.now() }
      // The broken issuer is probed again: that something goes on proves that it is the operator which is quiet.
      const probes = await operator.metric('perennial_reconciles_total', { controller: 'issuer' })
      await until('more probes', async () => {
        const now = await operator.metric('perennial_reconciles_total', { controller: 'issuer' })
        return now >= probes + 8 ? true : undefined
      })
      expect(await operator.writes()).toBeLessThanOrEqual(before.writes + 1)
      expect(linesOf(operator)).toBeLessThanOrEqual(before.lines + 2)
    },
    testTimeout,
  )

  it(
    'left the neighbour alone and the log without surprises',
    async () => {
      const { status } = await ns.ready('neighbour')
      expect(status?.revision).toBe(1)
      const lines = operator
        .log()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { level: string; message: string })
      expect(lines.filter(({ level }) => level === 'error')).toEqual([])
      expect(operator.log()).not.toMatch(/PRIVATE KEY/)
      const events = await ns.list<SeenEvent>('events')
      const perObject = events.filter(({ involvedObject }) => involvedObject.name === 'broken')
      expect(perObject.length).toBeLessThanOrEqual(1)
    },
    testTimeout,
  )
})

const linesOf = (of: RunningOperator): number => of.log().split('\n').length
