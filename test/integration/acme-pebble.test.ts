/** Orders at a real ACME server, which fetches every answer over HTTP and resolves every name over DNS. */
import { X509Certificate } from 'node:crypto'
import { afterEach, describe, expect, it } from '@jest/globals'
import type { Outcome } from '../../src/enroll/enroller.ts'
import { certificateFacts } from '../../src/pki/certificate.ts'
import { assembleChain } from '../../src/pki/chain.ts'
import { generateKey } from '../../src/pki/key.ts'
import { asDer } from '../../src/std/bytes.ts'
import { wish } from '../support/customer.ts'
import type { Customer, Issued } from '../support/customer.ts'
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

/** The leaf, once the whole chain was verified up to one of the roots. */
async function leafOf({ chain, key }: Issued, house: PebbleHouse): Promise<X509Certificate> {
  const roots = await house.roots()
  const path = unwrap(assembleChain({ certificates: chain, publicKeyHash: key.publicKeyHash, roots }))
  expect(roots).toContainEqual(path.root)
  return new X509Certificate(path.leaf)
}

async function enroll(customer: Customer, ...names: readonly string[]): Promise<Outcome> {
  const wanted = wish(...names)
  const key = await generateKey(wanted.key)
  return (await customer.enroll({ id: 'uid/hash', wanted, key })).outcome
}

describe('an order', () => {
  it(
    'for names and an address is proven over HTTP and issued, in few polls with one unchanging ticket',
    async () => {
      const house = await open()
      const issued = await house.customer().issue(wish('a.example.test', 'b.example.test', '127.0.0.1'))
      const leaf = await leafOf(issued, house)
      expect(leaf.subjectAltName?.split(', ').sort()).toEqual([
        'DNS:a.example.test',
        'DNS:b.example.test',
        'IP Address:127.0.0.1',
      ])
      expect(new Set(issued.tickets.map((ticket) => JSON.stringify(ticket))).size).toBe(1)
      expect(issued.tickets.length).toBeLessThan(10)
      expect(house.website.looks).toBeGreaterThanOrEqual(3)
      expect(house.website.posted).toEqual([])
    },
    testTimeout,
  )

  it(
    'succeeds where nine of ten nonces are refused',
    async () => {
      const house = await open({ nonceReject: 90 })
      const customer = house.customer()
      const issued = await customer.issue(wish('nonce.example.test'))
      expect(customer.statuses.filter((status) => status === 400).length).toBeGreaterThan(10)
      expect((await leafOf(issued, house)).subjectAltName).toBe('DNS:nonce.example.test')
    },
    testTimeout,
  )

  it(
    'proves every name again where authorizations are never used again',
    async () => {
      const house = await open({ authzReuse: 0 })
      const customer = house.customer()
      const first = await customer.issue(wish('again.example.test'))
      const second = await customer.issue(wish('again.example.test'))
      expect(first.tickets[0]?.answers).toHaveLength(1)
      expect(second.tickets[0]?.answers).toHaveLength(1)
    },
    testTimeout,
  )

  it(
    'needs no answer for names that the CA knows already',
    async () => {
      const house = await open({ authzReuse: 100 })
      const customer = house.customer()
      await customer.issue(wish('known.example.test'))
      const { looks } = house.website
      const second = await customer.issue(wish('known.example.test'))
      expect(second.tickets[0]).toMatchObject({ phase: 'ready' })
      expect(second.tickets[0]).not.toHaveProperty('answers')
      expect(house.website.looks).toBe(looks)
    },
    testTimeout,
  )

  it(
    'is carried to its end by processes that each live for one step',
    async () => {
      const house = await open()
      const customer = house.customer()
      const wanted = wish('restart.example.test')
      const order = { id: 'uid/hash', wanted, key: await generateKey(wanted.key) }
      const began = await customer.enroller.enroll(order, customer.ctx())
      if (began.kind !== 'pending') throw new Error(`expected a ticket, got ${JSON.stringify(began)}`)
      const outcomes: string[] = []
      for (let polls = 0; polls < 200 && outcomes.at(-1) !== 'issued'; polls++) {
        customer.restart()
        outcomes.push((await customer.enroller.poll(began.ticket, order, customer.ctx())).kind)
      }
      expect(new Set(outcomes)).toEqual(new Set(['pending', 'issued']))
      expect(house.pebble.log(10_000).match(/Issued certificate serial/g)).toHaveLength(1)
    },
    testTimeout,
  )

  it(
    'is refused with the name and what the CA saw when the answer is wrong',
    async () => {
      const house = await open()
      house.website.defaced = 'somebody else lives here'
      const outcome = await enroll(house.customer(), 'wrong.example.test')
      expect(outcome).toMatchObject({ kind: 'refused', fault: { code: 'ValidationFailed' } })
      expect(outcome).toHaveProperty('fault.message', expect.stringContaining('wrong.example.test (http-01): '))
      expect(outcome).toHaveProperty('fault.message', expect.stringContaining('somebody else lives here'))
      expect(house.website.posted).toEqual([])
    },
    testTimeout,
  )

  it(
    'for a name that the CA does not issue for is refused with that name',
    async () => {
      const house = await open({ blockedNames: ['blocked.test'] })
      const outcome = await enroll(house.customer(), 'www.blocked.test')
      expect(outcome).toMatchObject({ kind: 'refused', fault: { code: 'NamesRejected' } })
      expect(outcome).toHaveProperty('fault.message', expect.stringContaining('www.blocked.test'))
    },
    testTimeout,
  )

  it(
    'that is abandoned leaves no authorization pending',
    async () => {
      const house = await open()
      const customer = house.customer()
      const wanted = wish('left.example.test')
      const order = { id: 'uid/hash', wanted, key: await generateKey(wanted.key) }
      const began = await customer.enroller.enroll(order, customer.ctx())
      if (began.kind !== 'pending') throw new Error(`expected a ticket, got ${JSON.stringify(began)}`)
      await customer.enroller.abandon?.(began.ticket, customer.ctx())
      const after = await customer.enroller.poll(began.ticket, order, customer.ctx())
      expect(['refused', 'deferred']).toContain(after.kind)
      expect(house.website.looks).toBe(0)
    },
    testTimeout,
  )
})

describe('a profile', () => {
  it(
    'that the CA offers decides the lifetime',
    async () => {
      const house = await open({ profiles: { default: 90 * 86_400, short: 6 * 3600 } })
      const issued = await house.customer({ spec: { profile: 'short' } }).issue(wish('short.example.test'))
      const leaf = await leafOf(issued, house)
      expect((Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)) / 3_600_000).toBeCloseTo(6, 1)
    },
    testTimeout,
  )

  it(
    'that the CA does not offer is told with those that it does',
    async () => {
      const house = await open({ profiles: { default: 90 * 86_400, short: 6 * 3600 } })
      const customer = house.customer({ spec: { profile: 'eternal' } })
      const readiness = await customer.enroller.prepare(customer.ctx())
      expect(readiness).toMatchObject({ kind: 'notReady', fault: { code: 'Misconfigured' } })
      expect(readiness).toHaveProperty('fault.message', expect.stringMatching(/eternal.*default, short/))
      expect(await enroll(customer, 'eternal.example.test')).toMatchObject({ kind: 'blocked' })
    },
    testTimeout,
  )
})

describe('among several chains', () => {
  it(
    'the preferred one is taken, by the name of its root or by the fingerprint of a certificate in it',
    async () => {
      const house = await open({ alternateRoots: 2 })
      const facts = (await house.roots()).map((root) => unwrap(certificateFacts(root)))
      const names = facts.map(({ subject }) => subject.flat()[0]?.value ?? '')
      expect(new Set(names).size).toBe(3)
      for (const [index, preferredChain] of names.entries()) {
        const issued = await house.customer({ spec: { preferredChain } }).issue(wish(`chain${index}.example.test`))
        expect(issued.warning).toBeUndefined()
        const top = unwrap(certificateFacts(issued.chain.at(-1) ?? asDer(new Uint8Array())))
        expect(top.issuer).toEqual(facts[index]?.subject)
        const preferredChainFingerprint = top.fingerprint.toUpperCase()
        const again = await house.customer({ spec: { preferredChainFingerprint } }).issue(wish('print.example.test'))
        expect(again.chain.at(-1)).toEqual(issued.chain.at(-1))
      }
    },
    testTimeout,
  )

  it(
    'one that is not offered gives the default with a warning',
    async () => {
      const house = await open({ alternateRoots: 1 })
      const issued = await house.customer({ spec: { preferredChain: 'No Such Root' } }).issue(wish('a.example.test'))
      expect(issued.warning).toContain('No Such Root')
      await leafOf(issued, house)
    },
    testTimeout,
  )
})
