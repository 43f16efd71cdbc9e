/** Policies on a real API server: what they deny has no key made for it, what they fill in, and what becomes of what is there. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { PolicySpec, PolicyStatus } from '../../src/api/policy.ts'
import { conditionOf, until } from '../support/cluster.ts'
import type { Seen, SeenCertificate, SeenEvent } from '../support/cluster.ts'
import { openWorld, startTimeout, testTimeout } from '../support/operatorworld.ts'
import type { OperatorWorld } from '../support/operatorworld.ts'

let world: OperatorWorld

beforeAll(async () => {
  world = await openWorld('policy')
  await world.plane.kubectl(['label', 'namespace', 'policy', 'tier=prod'])
}, startTimeout)

afterAll(async () => {
  await world?.close()
}, testTimeout)

const here = { namespaces: { matchLabels: { tier: 'prod' } } }
const forApp = (app: string): NonNullable<PolicySpec['selector']> => ({
  ...here,
  certificates: { matchLabels: { app } },
})

async function policy(name: string, spec: PolicySpec): Promise<void> {
  const object = { apiVersion: 'perennial.dev/v1', kind: 'CertificatePolicy', metadata: { name }, spec }
  await world.plane.kubectl(['apply', '-f', '-'], JSON.stringify(object))
}

const removePolicy = (name: string): Promise<string> => world.plane.kubectl(['delete', 'certificatepolicy', name])

async function policyTold(
  name: string,
  holds: (status: PolicyStatus) => boolean,
): Promise<Seen<PolicyStatus> & { status: PolicyStatus }> {
  return until(
    `status of policy ${name}`,
    async () => {
      const text = await world.plane.kubectl(['get', 'certificatepolicy', name, '-o', 'json'])
      const seen = JSON.parse(text) as Seen<PolicyStatus>
      return seen.status !== undefined && holds(seen.status) ? { ...seen, status: seen.status } : undefined
    },
    90_000,
  )
}

const judged = (name: string, status: string, reason: string): Promise<SeenCertificate> =>
  world.ns.told(name, { type: 'Compliant', status, reason })

const eventsAbout = async (name: string): Promise<readonly SeenEvent[]> =>
  (await world.ns.list<SeenEvent>('events')).filter((event) => event.involvedObject.name === name)

/** Secrets that were made for a Certificate: its own, and the one for the key of an enrollment. */
async function secretsFor(name: string): Promise<readonly string[]> {
  const all = await world.ns.secrets()
  return all.map(({ metadata }) => metadata.name).filter((secret) => secret.startsWith(name))
}

describe('a policy in Enforce', () => {
  it(
    'has no key made for what it denies, says which rule and what is allowed, and lets it go on once it is allowed',
    async () => {
      await policy('names', {
        selector: forApp('shop'),
        rules: { names: { dns: { allow: ['.example.org'] } } },
      })
      await world.ns.certificate('shop', {}, { labels: { app: 'shop' } })
      const denied = await judged('shop', 'False', 'Denied')
      const text =
        'CertificatePolicy names, rules.names.dns.allow: DNS name shop.example is not allowed; allowed is .example.org'
      expect(conditionOf(denied, 'Compliant')?.message).toBe(`${text}.`)
      expect(conditionOf(denied, 'Stalled')).toMatchObject({ status: 'True', reason: 'PolicyDenied' })
      expect(conditionOf(denied, 'Ready')?.message).toContain(text)
      expect(denied.status?.policy).toMatchObject({
        judgedBy: ['names'],
        violations: [{ policy: 'names', mode: 'Enforce', rule: 'rules.names.dns.allow', about: 'Request' }],
      })
      expect(await secretsFor('shop')).toEqual([])
      const told = await until('an Event', async () =>
        (await eventsAbout('shop')).find(({ reason }) => reason === 'PolicyViolated'),
      )
      expect(told.message).toContain('allowed is .example.org')
      const labels = { policy: 'names', mode: 'Enforce', rule: 'rules.names.dns.allow' }
      expect(await world.operator.metric('perennial_policy_violations', labels)).toBe(1)
      await policy('names', { selector: forApp('shop'), rules: { names: { dns: { allow: ['*.example'] } } } })
      const issued = await world.ns.ready('shop')
      expect(conditionOf(issued, 'Compliant')).toMatchObject({
        status: 'True',
        message: 'Allowed by CertificatePolicy names.',
      })
      await policyTold('names', ({ selected, violating }) => selected === 1 && violating === 0)
    },
    testTimeout,
  )

  it(
    'does not have a certificate stored that came back against it',
    async () => {
      await policy('hashes', { selector: forApp('hash'), rules: { signatureHashes: ['sha512'] } })
      await world.ns.certificate('hash', {}, { labels: { app: 'hash' } })
      const refused = await world.ns.told('hash', { status: 'False', reason: 'BackingOff' })
      expect(refused.status?.lastFailure).toMatchObject({ code: 'PolicyDenied' })
      expect(refused.status?.lastFailure?.message).toMatch(
        /^CertificatePolicy hashes, rules\.signatureHashes: the certificate that was issued: it is signed with sha256; allowed is sha512; it was not stored/,
      )
      expect(await world.ns.seenSecret('hash')).toBeUndefined()
      await policy('hashes', { selector: forApp('hash'), rules: { signatureHashes: ['sha256', 'sha512'] } })
      await world.ns.ready('hash')
    },
    testTimeout,
  )

  it(
    'keeps what is there when it changes, and has it issued anew only where it says so',
    async () => {
      await world.ns.certificate('kept', { duration: '48h' }, { labels: { app: 'kept' } })
      await world.ns.ready('kept')
      const keys = { privateKey: { allow: [{ algorithm: 'RSA' as const }] } }
      await policy('keys', { selector: forApp('kept'), rules: keys })
      const after = await judged('kept', 'False', 'Denied')
      expect(after.status?.revision).toBe(1)
      expect(conditionOf(after, 'Ready')).toMatchObject({ status: 'True' })
      expect(conditionOf(after, 'Stalled')).toBeUndefined()
      await removePolicy('keys')
      await until('no policy speaks of it', async () => {
        const seen = await world.ns.seenCertificate('kept')
        return seen?.status?.policy === undefined ? true : undefined
      })
    },
    testTimeout,
  )

  it(
    'fills in what a Certificate does not say, renews nothing when that changes, and takes it up at the next renewal',
    async () => {
      const defaults = (duration: string, size: number): PolicySpec => ({
        selector: forApp('bare'),
        defaults: { duration, privateKey: { algorithm: 'ECDSA', size }, subject: { organizations: ['Example'] } },
      })
      await policy('defaults', defaults('24h', 384))
      // An empty key, so that nothing of it is said.
      await world.ns.certificate('bare', { privateKey: {} }, { labels: { app: 'bare' } })
      await world.ns.ready('bare')
      const first = await leafOf('bare')
      expect(first.publicKey.asymmetricKeyDetails?.namedCurve).toBe('secp384r1')
      expect(first.subject).toBe('O=Example')
      expect(Date.parse(first.validTo) - Date.now()).toBeLessThan(25 * 3_600_000)
      await policy('defaults', { ...defaults('12h', 256), rules: { isCA: false } })
      await policyTold('defaults', ({ selected, observedGeneration }) => selected === 1 && observedGeneration === 2)
      expect((await world.ns.seenCertificate('bare'))?.status?.revision).toBe(1)
      await world.ns.patch('certificates', 'bare', { metadata: { annotations: { 'perennial.dev/renew': '1' } } })
      await world.ns.told('bare', { status: 'True', revision: 2 })
      const second = await leafOf('bare')
      expect(second.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
      expect(Date.parse(second.validTo) - Date.now()).toBeLessThan(13 * 3_600_000)
      await removePolicy('defaults')
      await until('no policy speaks of it', async () => {
        const seen = await world.ns.seenCertificate('bare')
        return seen?.status?.policy === undefined ? true : undefined
      })
      expect((await world.ns.ready('bare')).status?.revision).toBe(2)
    },
    testTimeout,
  )

  it(
    'denies by default in one line, and opens with a policy that selects',
    async () => {
      await policy('closed', { deny: 'Unselected', selector: forApp('guest') })
      await world.ns.certificate('guest', {}, { labels: { app: 'guest' } })
      await judged('guest', 'False', 'Denied')
      expect(await secretsFor('guest')).toEqual([])
      await policy('open', { selector: forApp('guest'), rules: { isCA: false } })
      await world.ns.ready('guest')
    },
    testTimeout,
  )

  it(
    'that contradicts itself says so itself',
    async () => {
      await policy('torn', {
        selector: forApp('nobody'),
        rules: { names: { dns: { allow: ['a.example'], deny: ['*.example'] } } },
      })
      const { status } = await policyTold('torn', ({ conditions }) => conditions?.[0]?.status === 'False')
      expect(status.conditions?.[0]).toMatchObject({ reason: 'Contradictory' })
      await policy('torn', { selector: forApp('nobody'), rules: { isCA: false } })
      await policyTold('torn', ({ conditions }) => conditions?.[0]?.reason === 'SelectsNothing')
    },
    testTimeout,
  )
})

describe('a policy in Audit', () => {
  it(
    'says what it would deny, and lets it go on',
    async () => {
      await policy('watch', {
        mode: 'Audit',
        selector: forApp('watched'),
        rules: { duration: { max: '24h' }, signatureHashes: ['sha512'] },
      })
      await world.ns.certificate('watched', { duration: '48h' }, { labels: { app: 'watched' } })
      const ready = await world.ns.ready('watched')
      const told =
        conditionOf(ready, 'Compliant') ?? conditionOf(await judged('watched', 'False', 'Audited'), 'Compliant')
      expect(told).toMatchObject({ status: 'False', reason: 'Audited' })
      const all = await until('both rules', async () => {
        const { violations = [] } = (await world.ns.seenCertificate('watched'))?.status?.policy ?? {}
        return violations.length === 2 ? violations : undefined
      })
      expect(all.map(({ rule, about }) => `${about} ${rule}`).sort()).toEqual([
        'Certificate rules.signatureHashes',
        'Request rules.duration.max',
      ])
    },
    testTimeout,
  )
})

describe('a policy with onChange: Reissue', () => {
  it(
    'has a certificate replaced that it does not allow',
    async () => {
      const silent = { privateKey: { algorithm: 'ECDSA' as const } }
      await world.ns.certificate('renewed', silent, { labels: { app: 'renewed' } })
      await world.ns.ready('renewed')
      await policy('larger', {
        onChange: 'Reissue',
        selector: forApp('renewed'),
        defaults: { privateKey: { algorithm: 'ECDSA', size: 384 } },
        rules: { privateKey: { allow: [{ algorithm: 'ECDSA', minSize: 384 }] } },
      })
      const after = await world.ns.told('renewed', { status: 'True', revision: 2 })
      expect(conditionOf(after, 'Compliant')).toMatchObject({ status: 'True' })
      expect((await leafOf('renewed')).publicKey.asymmetricKeyDetails?.namedCurve).toBe('secp384r1')
    },
    testTimeout,
  )
})

async function leafOf(secret: string): Promise<X509Certificate> {
  const seen = await world.ns.seenSecret(secret)
  return new X509Certificate(seen?.data['tls.crt'] ?? '')
}
