/** Accounts, renewal and revocation at a real ACME server. */
import { Agent, request } from 'undici'
import { afterEach, describe, expect, it } from '@jest/globals'
import type { CertificateFacts } from '../../src/domain/facts.ts'
import { certificateFacts } from '../../src/pki/certificate.ts'
import { certificatesPem } from '../../src/pki/pem.ts'
import { asDer } from '../../src/std/bytes.ts'
import { instant, toRfc3339 } from '../../src/std/time.ts'
import { wish } from '../support/customer.ts'
import type { Customer, Issued } from '../support/customer.ts'
import { Killed, deathsIn, mortal } from '../support/mortalvault.ts'
import { PebbleHouse } from '../support/pebblehouse.ts'
import { unwrap } from '../support/unwrap.ts'

const testTimeout = 60_000

const houses: PebbleHouse[] = []

async function open(options: Parameters<typeof PebbleHouse.open>[0] = {}): Promise<PebbleHouse> {
  const house = await PebbleHouse.open(options)
  houses.push(house)
  return house
}

afterEach(async () => {
  for (const house of houses.splice(0)) await house.close()
}, testTimeout)

const factsOf = ({ chain }: Issued): CertificateFacts => unwrap(certificateFacts(chain[0] ?? asDer(new Uint8Array())))

async function accountOf(customer: Customer): Promise<unknown> {
  const readiness = await customer.enroller.prepare(customer.ctx())
  if (readiness.kind !== 'ready') throw new Error(readiness.fault.message)
  return readiness.details?.['accountURL']
}

describe('an account', () => {
  it.each(['ES256', 'ES384', 'RS256'] as const)(
    'with a key for %s is made once and found again by the next process',
    async (accountKeyAlgorithm) => {
      const house = await open()
      const customer = house.customer({ spec: { accountKeyAlgorithm, email: 'platform@example.com' } })
      const url = await accountOf(customer)
      customer.restart()
      expect(await accountOf(customer)).toBe(url)
      await customer.issue(wish('account.example.test'))
    },
    testTimeout,
  )

  it(
    'with a key that the CA does not take is refused with a cure',
    async () => {
      const house = await open()
      const customer = house.customer({ spec: { accountKeyAlgorithm: 'EdDSA' } })
      const readiness = await customer.enroller.prepare(customer.ctx())
      expect(readiness).toMatchObject({ kind: 'notReady', fault: { code: 'Misconfigured' } })
      expect(readiness).toHaveProperty('fault.message', expect.stringContaining('accountKeyAlgorithm'))
    },
    testTimeout,
  )

  it(
    'that the CA has forgotten is made again with the same key',
    async () => {
      const first = await open()
      const before = first.customer()
      const forgotten = await accountOf(before)
      await before.issue(wish('before.example.test'))
      const second = await open()
      const after = second.customer({ vault: before.vault })
      await after.issue(wish('after.example.test'))
      expect(await accountOf(after)).not.toBe(forgotten)
    },
    testTimeout,
  )

  it(
    'keeps its URL when its key is replaced, and the old key is good for nothing afterwards',
    async () => {
      const house = await open()
      const customer = house.customer()
      const url = await accountOf(customer)
      const old = await customer.vault.load('account')
      const later = house.customer({ vault: customer.vault, spec: { accountKeyRevision: 1 } })
      expect(await accountOf(later)).toBe(url)
      await later.issue(wish('rolled.example.test'))
      const thief = house.customer({ spec: { disableAccountKeyGeneration: true } })
      await thief.vault.create('account', old ?? {})
      expect(await accountOf(thief)).not.toBe(url)
    },
    testTimeout,
  )
})

describe('a process that dies while it replaces the account key', () => {
  it(
    'at any point loses neither account nor key',
    async () => {
      const house = await open()
      for (const death of deathsIn(2)) {
        const customer = house.customer()
        const url = await accountOf(customer)
        const spec = { accountKeyRevision: 1 }
        const dying = house.customer({ vault: mortal(customer.vault, death), spec })
        await expect(dying.enroller.prepare(dying.ctx())).rejects.toThrow(Killed)
        const next = house.customer({ vault: customer.vault, spec })
        expect(await accountOf(next)).toBe(url)
        expect(Object.keys((await customer.vault.load('account')) ?? {}).sort()).toEqual(['revision', 'tls.key'])
        // The issuer of the old key, which shares the Secret, goes on with the new one.
        await customer.issue(wish('shared.example.test'))
      }
    },
    testTimeout,
  )
})

describe('an external account', () => {
  const macKey = Buffer.alloc(32, 0x5a).toString('base64url')
  const binding = { keyID: 'customer-1', keySecretRef: { name: 'binding', key: 'hmac' } }

  it(
    'is asked for in a sentence where the CA demands one',
    async () => {
      const house = await open({ eab: { 'customer-1': macKey } })
      const customer = house.customer()
      const readiness = await customer.enroller.prepare(customer.ctx())
      expect(readiness).toMatchObject({ kind: 'notReady', fault: { code: 'Misconfigured' } })
      expect(readiness).toHaveProperty('fault.message', expect.stringContaining('spec.acme.externalAccountBinding'))
    },
    testTimeout,
  )

  it(
    'is bound with the key as the CA gave it out, and needed only once',
    async () => {
      const house = await open({ eab: { 'customer-1': macKey } })
      const customer = house.customer({ spec: { externalAccountBinding: binding }, macKey: ` ${macKey}=\n` })
      const url = await accountOf(customer)
      await customer.issue(wish('bound.example.test'))
      const unbound = house.customer({ vault: customer.vault })
      expect(await accountOf(unbound)).toBe(url)
    },
    testTimeout,
  )

  it(
    'with another key is refused',
    async () => {
      const house = await open({ eab: { 'customer-1': macKey } })
      const wrong = Buffer.alloc(32, 1).toString('base64url')
      const customer = house.customer({ spec: { externalAccountBinding: binding }, macKey: wrong })
      const readiness = await customer.enroller.prepare(customer.ctx())
      expect(readiness).toMatchObject({ kind: 'notReady' })
      expect(readiness).toHaveProperty('fault.message', expect.stringMatching(/the CA says \w+: /))
    },
    testTimeout,
  )
})

/** Has Pebble suggest a window for the renewal of a certificate. */
async function suggest({ pebble }: PebbleHouse, { chain }: Issued, info: unknown): Promise<void> {
  const certificate = certificatesPem(chain.slice(0, 1))
  const dispatcher = new Agent({ connect: { ca: pebble.caBundle } })
  const body = JSON.stringify({ certificate, ariResponse: JSON.stringify(info) })
  const url = `${pebble.managementUrl}/set-renewal-info/`
  const headers = { 'user-agent': 'perennial-test' }
  const { statusCode, body: reply } = await request(url, { method: 'POST', dispatcher, headers, body })
  expect([statusCode, await reply.text()]).toEqual([200, ''])
  await dispatcher.close()
}

describe('renewal', () => {
  it(
    'is advised by the CA, within the lifetime of the certificate',
    async () => {
      const house = await open()
      const customer = house.customer()
      const facts = factsOf(await customer.issue(wish('advice.example.test')))
      const advice = await customer.enroller.advise?.(facts, customer.ctx())
      expect(advice?.fault).toBeUndefined()
      expect(advice?.window?.start).toBeGreaterThan(facts.notBefore)
      expect(advice?.window?.end).toBeLessThan(facts.notAfter)
    },
    testTimeout,
  )

  it(
    'is advised as the CA says, with its explanation',
    async () => {
      const house = await open()
      const customer = house.customer()
      const issued = await customer.issue(wish('moved.example.test'))
      const [start, end] = [instant(Date.UTC(2026, 0, 1)), instant(Date.UTC(2026, 0, 2))]
      const suggestedWindow = { start: toRfc3339(start), end: toRfc3339(end) }
      await suggest(house, issued, { suggestedWindow, explanationURL: 'https://example.com/incident' })
      const advice = await customer.enroller.advise?.(factsOf(issued), customer.ctx())
      expect(advice?.window).toEqual({ start, end, explanationUrl: 'https://example.com/incident' })
    },
    testTimeout,
  )

  it(
    'is left to the lifetime when the CA suggests a window that ends before it begins',
    async () => {
      const house = await open()
      const customer = house.customer()
      const issued = await customer.issue(wish('nonsense.example.test'))
      await suggest(house, issued, { suggestedWindow: { start: '2026-01-02T00:00:00Z', end: '2026-01-01T00:00:00Z' } })
      const advice = await customer.enroller.advise?.(factsOf(issued), customer.ctx())
      expect(advice).toMatchObject({ fault: { code: 'ReplyMalformed' } })
      expect(advice?.window).toBeUndefined()
    },
    testTimeout,
  )

  it(
    'says what it replaces, and goes on without saying so where that was replaced already',
    async () => {
      const house = await open()
      const customer = house.customer()
      const replaces = factsOf(await customer.issue(wish('renew.example.test')))
      await customer.issue(wish('renew.example.test'), { replaces })
      expect(house.pebble.log(2000)).toMatch(/ARI: order "\S+" is a replacement of "\S+"/)
      expect(customer.statuses).not.toContain(409)
      await customer.issue(wish('renew.example.test'), { replaces })
      expect(customer.statuses.filter((status) => status === 409)).toHaveLength(1)
    },
    testTimeout,
  )
})

describe('revocation', () => {
  it(
    'is done by the account, and again without harm',
    async () => {
      const house = await open()
      const customer = house.customer()
      const identity = await customer.issue(wish('revoked.example.test'))
      const revoke = () => customer.enroller.revoke?.(identity, 'superseded', customer.ctx())
      expect(await revoke()).toEqual({ kind: 'revoked' })
      expect(await revoke()).toEqual({ kind: 'revoked' })
    },
    testTimeout,
  )

  it(
    "is done by the certificate's key where the account is another",
    async () => {
      const house = await open()
      const identity = await house.customer().issue(wish('foreign.example.test'))
      const stranger = house.customer()
      expect(await stranger.enroller.revoke?.(identity, 'keyCompromise', stranger.ctx())).toEqual({ kind: 'revoked' })
    },
    testTimeout,
  )
})
