/** Proofs over DNS from end to end: Pebble asks BIND, BIND takes signed updates, and nothing stays behind. */
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { AcmeSpec } from '../../src/api/issuer/acme.ts'
import type { Outcome } from '../../src/enroll/enroller.ts'
import { rfc2136 } from '../../src/enroll/solvers/dns01/rfc2136/provider.ts'
import { generateKey } from '../../src/pki/key.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { silentLogger } from '../../src/std/log.ts'
import { minutes, seconds } from '../../src/std/time.ts'
import { hasBind, missingBind, startBind, tsigKeys } from '../support/bind.ts'
import type { Bind } from '../support/bind.ts'
import { wish } from '../support/customer.ts'
import type { Customer } from '../support/customer.ts'
import { PebbleHouse } from '../support/pebblehouse.ts'
import { noSurroundings } from '../support/surroundings.ts'

const withBind = hasBind ? describe : describe.skip
const testTimeout = 90_000

let bind: Bind
let house: PebbleHouse

beforeAll(async () => {
  if (!hasBind) return
  bind = await startBind({
    zones: ['example.test', 'challenges.test'],
    records: { 'example.test': ['_acme-challenge.shop IN CNAME shop.challenges.test.'] },
  })
  house = await PebbleHouse.open({ dnsServer: `127.0.0.1:${bind.port}`, authzReuse: 0 })
}, testTimeout)

afterAll(async () => {
  await house?.close()
  await bind?.stop()
}, testTimeout)

type Solver = NonNullable<AcmeSpec['solvers']>[number]
type Dns01 = NonNullable<Solver['dns01']>

const update = (): NonNullable<Dns01['rfc2136']> => ({
  nameserver: `127.0.0.1:${bind.port}`,
  tsigKeyName: tsigKeys.HMACSHA256.name,
  tsigSecretSecretRef: { name: 'tsig', key: 'secret' },
})

function customer(solver: Solver, secret: string = tsigKeys.HMACSHA256.secret): Customer {
  const place = 'spec.acme.solvers[0].dns01.rfc2136.tsigSecretSecretRef'
  return house.customer({
    spec: { solvers: [solver] },
    credentials: new Map([[place, { secret: Buffer.from(secret) }]]),
    surroundings: { ...noSurroundings, dns: bind.dns, propagationTimeout: seconds(30) },
  })
}

const namesIn = (chain: readonly Uint8Array[]): readonly string[] =>
  chain
    .slice(0, 1)
    .flatMap((der) => (new X509Certificate(der).subjectAltName ?? '').split(', '))
    .sort()

async function enroll(by: Customer, ...names: readonly string[]): Promise<Outcome> {
  const wanted = wish(...names)
  const key = await generateKey(wanted.key)
  return (await by.enroll({ id: 'uid/hash', wanted, key })).outcome
}

withBind(`an order over DNS${missingBind}`, () => {
  it(
    'proves a name, its wildcard and another one, and takes every record away again',
    async () => {
      const issued = await customer({ dns01: { rfc2136: update() } }).issue(
        wish('example.test', '*.example.test', 'deep.www.example.test'),
      )
      expect(namesIn(issued.chain)).toEqual(['DNS:*.example.test', 'DNS:deep.www.example.test', 'DNS:example.test'])
      for (const name of ['_acme-challenge.example.test', '_acme-challenge.deep.www.example.test'])
        expect(await bind.texts(name)).toEqual([])
    },
    testTimeout,
  )

  it(
    'follows a CNAME into the zone that is for challenges alone',
    async () => {
      const issued = await customer({ dns01: { cnameStrategy: 'Follow', rfc2136: update() } }).issue(
        wish('*.shop.example.test'),
      )
      expect(namesIn(issued.chain)).toEqual(['DNS:*.shop.example.test'])
      expect(await bind.texts('shop.challenges.test')).toEqual([])
    },
    testTimeout,
  )

  it(
    'is proven below a label of the account (dns-account-01)',
    async () => {
      const issued = await customer({ dns01: { challengeType: 'dns-account-01', rfc2136: update() } }).issue(
        wish('account.example.test', '*.account.example.test'),
      )
      expect(issued.tickets[0]?.answers?.[0]).toMatchObject({
        type: 'dns-account-01',
        label: expect.stringMatching(/^_[a-z2-7]{16}$/),
      })
      expect(namesIn(issued.chain)).toHaveLength(2)
    },
    testTimeout,
  )

  it(
    'waits for the record that a person puts there once, and needs nobody the next time (dns-persist-01)',
    async () => {
      const by = customer({ dnsPersist01: {} })
      const wanted = wish('*.persist.example.test')
      const order = { id: 'uid/hash', wanted, key: await generateKey(wanted.key) }
      const begun = await by.enroller.enroll(order, by.ctx())
      if (begun.kind !== 'pending') throw new Error(JSON.stringify(begun))
      const waiting = await by.enroller.poll(begun.ticket, order, by.ctx())
      const note = waiting.kind === 'pending' ? waiting.note : JSON.stringify(waiting)
      const [, name = '', value = ''] = /^put a TXT record at (\S+) with the value "([^"]+)"/.exec(note) ?? []
      expect(note).toContain('_validation-persist.persist.example.test')
      expect(value).toMatch(/^\S+; accounturi=https:\S+; policy=wildcard$/)
      await put(name, value)
      expect(namesIn((await by.issue(wanted)).chain)).toEqual(['DNS:*.persist.example.test'])
      expect(namesIn((await by.issue(wish('persist.example.test'))).chain)).toEqual(['DNS:persist.example.test'])
      expect(await bind.texts(name)).toEqual([value])
    },
    testTimeout,
  )

  it(
    'goes on after a restart between any two polls, with the record that is there',
    async () => {
      const by = customer({ dns01: { rfc2136: update() } })
      const wanted = wish('restart.example.test')
      const order = { id: 'uid/hash', wanted, key: await generateKey(wanted.key) }
      let outcome = await by.enroller.enroll(order, by.ctx())
      for (let polls = 0; outcome.kind === 'pending' && polls < 60; polls += 1) {
        by.restart()
        outcome = await by.enroller.poll(outcome.ticket, order, by.ctx())
      }
      expect(outcome.kind).toBe('issued')
      expect(await bind.texts('_acme-challenge.restart.example.test')).toEqual([])
    },
    testTimeout,
  )

  it(
    'that is given up leaves no record',
    async () => {
      const by = customer({ dns01: { rfc2136: update() } })
      const wanted = wish('given-up.example.test')
      const order = { id: 'uid/hash', wanted, key: await generateKey(wanted.key) }
      const begun = await by.enroller.enroll(order, by.ctx())
      if (begun.kind !== 'pending') throw new Error(JSON.stringify(begun))
      const [answer] = begun.ticket.answers ?? []
      await put('_acme-challenge.given-up.example.test', 'of another')
      await by.enroller.poll(begun.ticket, order, by.ctx())
      by.restart()
      await by.enroller.abandon?.(begun.ticket, by.ctx())
      expect(answer?.identifier).toBe('given-up.example.test')
      expect(await bind.texts('_acme-challenge.given-up.example.test')).toEqual(['of another'])
    },
    testTimeout,
  )

  it(
    'with a wrong key is refused with the sentence of the name server',
    async () => {
      const outcome = await enroll(customer({ dns01: { rfc2136: update() } }, 'd3Jvbmc='), 'refused.example.test')
      expect(outcome).toMatchObject({
        kind: 'refused',
        fault: { code: 'CredentialsRejected', message: expect.stringContaining('(BADSIG)') },
      })
    },
    testTimeout,
  )

  it(
    'of a hundred names is proven in few polls',
    async () => {
      const names = Array.from({ length: 100 }, (_, i) => `n${i}.many.example.test`)
      const issued = await customer({ dns01: { rfc2136: update() } }).issue(wish(...names))
      expect(namesIn(issued.chain)).toHaveLength(100)
      expect(issued.tickets.length).toBeLessThan(20)
    },
    testTimeout,
  )
})

/** By hand, as a person would with nsupdate. */
async function put(name: string, value: string): Promise<void> {
  const place = 'dns01.rfc2136.tsigSecretSecretRef'
  const made = rfc2136.create(
    update(),
    'dns01',
    new Map([[place, { secret: Buffer.from(tsigKeys.HMACSHA256.secret) }]]),
  )
  if ('code' in made) throw new Error(made.message)
  const ctx = {
    ...noSurroundings,
    dns: bind.dns,
    now: () => systemClock.now(),
    signal: AbortSignal.timeout(10_000),
    log: silentLogger,
  }
  const txt = { name, zone: 'example.test', value, ttl: minutes(1), identifier: name }
  expect(await made.present(txt, ctx)).toEqual({ kind: 'done' })
}
