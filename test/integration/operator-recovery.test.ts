/** A CA that was away and comes back, on a real API server: it is left alone meanwhile, and not met by all who wait at once. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { sha256Hex } from '../../src/pki/hash.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { someCa } from '../support/ca-material.ts'
import { conditionOf, until } from '../support/cluster.ts'
import type { SeenCertificate } from '../support/cluster.ts'
import { FakeEst } from '../support/est-server/fake.ts'
import type { FakeReply, FakeRequest } from '../support/est-server/fake.ts'
import { serveEst } from '../support/est-server/serve.ts'
import { serverCertificate } from '../support/estserver.ts'
import { openWorld, startTimeout, testTimeout } from '../support/operatorworld.ts'
import type { OperatorWorld } from '../support/operatorworld.ts'
import type { LocalServer } from '../support/servers.ts'

const concurrency = 8
/** As many faults in a row open the circuit. */
const threshold = 5
const names = Array.from({ length: 30 }, (_, i) => `waiter-${i}`)

interface Arrival {
  readonly operation: string
  readonly wasAway: boolean
  /** Enrollments that are being answered when this one comes, itself among them. */
  readonly atOnce: number
  /** Enrollments that were answered before. */
  readonly answered: number
}

/** Counts who comes to a CA that takes its time for each, so that those who come together are seen together. */
class Porter {
  isAway = false
  readonly arrivals: Arrival[] = []
  readonly #fake: FakeEst
  #atOnce = 0
  #answered = 0

  constructor(fake: FakeEst) {
    this.#fake = fake
  }

  async handle(request: FakeRequest): Promise<FakeReply> {
    const operation = request.target.split('/').at(-1) ?? ''
    const isEnrollment = operation === 'simpleenroll' && !this.isAway
    if (isEnrollment) this.#atOnce += 1
    this.arrivals.push({ operation, wasAway: this.isAway, atOnce: this.#atOnce, answered: this.#answered })
    if (this.isAway) return { status: 503, body: 'out of order' }
    if (!isEnrollment) return this.#fake.handle(request)
    await sleep(300)
    const reply = await this.#fake.handle(request)
    this.#atOnce -= 1
    this.#answered += 1
    return reply
  }

  get whileAway(): number {
    return this.arrivals.filter(({ wasAway }) => wasAway).length
  }
}

let world: OperatorWorld
let server: LocalServer
let porter: Porter

beforeAll(async () => {
  const ca = await someCa('EST CA')
  porter = new Porter(new FakeEst({ ca, now: () => systemClock.now() }))
  const { certificate, key } = await serverCertificate(ca)
  server = await serveEst(porter, { certificate, key })
  // The server of this test is on this machine, which issuers may not name otherwise.
  world = await openWorld('recovery', { flags: ['--allow-addresses=127.0.0.0/8'] })
  const url = server.url.replace('localhost', '127.0.0.1')
  const est = { server: url, caFingerprint: sha256Hex(ca.certificate), csrAttributes: 'Ignore' }
  await world.ns.issuer('remote', { est, limits: { concurrency } })
  await world.ns.issuerTold('remote', 'True')
}, startTimeout)

afterAll(async () => {
  await world?.close()
  await server?.close()
}, testTimeout)

const everyone = async (): Promise<readonly SeenCertificate[]> =>
  (await world.ns.list<SeenCertificate>('certificates')).filter(({ metadata }) => names.includes(metadata.name))

describe('a CA that is away', () => {
  it(
    'is asked by a few of all who want a certificate, and then left alone',
    async () => {
      porter.isAway = true
      const issuerRef = { name: 'remote', kind: 'Issuer', group: 'perennial.dev' } as const
      await Promise.all(names.map((name) => world.ns.certificate(name, { issuerRef })))
      const told = await world.ns.issuerTold('remote', 'False')
      expect(told.message).toMatch(/calls in a row failed.*it is left alone until .* and then tried again/)
      const waiting = await until('all wait', async () => {
        const all = await everyone()
        return all.every((one) => conditionOf(one, 'Issuing')?.status === 'False') ? all : undefined
      })
      expect(waiting).toHaveLength(names.length)
      expect(porter.whileAway).toBeGreaterThanOrEqual(threshold)
      // Those that were on their way when the last of the five failed.
      expect(porter.whileAway).toBeLessThan(threshold + concurrency)
    },
    testTimeout,
  )
})

describe('a CA that has come back', () => {
  it(
    'is asked how it is, then for one certificate, and by one more at a time for each that it gives, until all have theirs',
    async () => {
      const before = porter.arrivals.length
      porter.isAway = false
      await until(
        'all are ready',
        async () =>
          (await everyone()).every((one) => conditionOf(one, 'Ready')?.status === 'True') ? true : undefined,
        100_000,
      )
      const [first, ...others] = porter.arrivals.slice(before)
      expect(first).toMatchObject({ operation: 'cacerts' })
      const enrollments = others.filter(({ operation }) => operation === 'simpleenroll')
      expect(enrollments).toHaveLength(names.length)
      expect(enrollments.filter(({ atOnce, answered }) => atOnce > Math.min(1 + answered, concurrency))).toEqual([])
      expect(Math.max(...enrollments.map(({ atOnce }) => atOnce))).toBeGreaterThan(2)
    },
    testTimeout,
  )
})
