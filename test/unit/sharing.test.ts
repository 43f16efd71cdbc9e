import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { everywhere } from '../../src/controllers/challenge/sweeper.ts'
import { HeldShards } from '../../src/runtime/ownership.ts'
import type { Priority } from '../../src/runtime/queue.ts'
import { NeededIssuers, admission, kinds, onlyOf, whileFirst } from '../../src/sharing.ts'
import type { Adders, Kind } from '../../src/sharing.ts'

const shards = 8

function holding(...held: readonly number[]): HeldShards {
  const all = new HeldShards(shards)
  for (const shard of held) all.gain(shard)
  return all
}

/** Replicas that hold all shards between them. */
const replicas = [holding(0, 3, 6), holding(1, 4, 7), holding(2, 5)]

const names = fc.stringMatching(/^[a-z]{1,12}$/)
const keysOf: Readonly<Record<Kind, fc.Arbitrary<string>>> = {
  certificate: fc.tuple(names, names).map((parts) => parts.join('/')),
  issuer: fc.oneof(
    fc.tuple(fc.constant('Issuer'), names, names).map((parts) => parts.join('/')),
    names.map((name) => `ClusterIssuer/${name}`),
  ),
  ingress: fc.tuple(fc.constantFrom('Ingress', 'Gateway'), names, names).map((parts) => parts.join('/')),
  revocation: fc
    .tuple(fc.constantFrom('CertificateRevocation', 'Certificate'), names, names)
    .map((parts) => parts.join('/')),
  challenge: names,
  policy: names,
}

const admits = (kind: Kind, held: HeldShards, key: string, needed = new NeededIssuers()): boolean =>
  admission(kind, held, needed)(key)

describe('replicas that hold all shards between them', () => {
  it.each(kinds)('work on every key of the queue %s, each on its own', (kind) => {
    fc.assert(fc.property(keysOf[kind], (key) => replicas.filter((held) => admits(kind, held, key)).length === 1))
  })

  it('all look for leftovers of challenges', () => {
    expect(replicas.map((held) => admits('challenge', held, everywhere))).toEqual([true, true, true])
  })

  it('have one decide on the Ingresses and Gateways of a namespace', () => {
    fc.assert(
      fc.property(names, names, (one, two) =>
        replicas.every(
          (held) => admits('ingress', held, `Ingress/team/${one}`) === admits('ingress', held, `Gateway/team/${two}`),
        ),
      ),
    )
  })

  it('have the farewell of a Certificate said by who works on it', () => {
    fc.assert(
      fc.property(keysOf.certificate, (key) =>
        replicas.every((held) => admits('revocation', held, `Certificate/${key}`) === admits('certificate', held, key)),
      ),
    )
  })

  it('probe each the issuers that they need, whosever they are', () => {
    const needed = new NeededIssuers()
    expect(needed.add('ClusterIssuer/le')).toBe(true)
    expect(needed.add('ClusterIssuer/le')).toBe(false)
    expect(replicas.map((held) => admits('issuer', held, 'ClusterIssuer/le', needed))).toEqual([true, true, true])
    expect(replicas.filter((held) => admits('issuer', held, 'ClusterIssuer/other', needed))).toHaveLength(1)
  })
})

describe('a shard that is gained', () => {
  it('brings its own keys and no others into the queues', () => {
    const put: string[] = []
    const adder = { add: (key: string, _priority?: Priority) => void put.push(key) }
    const queues: Adders = {
      certificate: adder,
      issuer: adder,
      ingress: adder,
      revocation: adder,
      challenge: adder,
      policy: adder,
    }
    const held = holding(3)
    const all = Array.from({ length: 200 }, (_, index) => `team/web-${index}`)
    for (const key of all) onlyOf(3, queues, shards).certificate.add(key, 'resync')
    expect(put).toEqual(all.filter((key) => held.owns(key)))
    expect(put.length).toBeGreaterThan(10)
  })
})

describe('the shards that are held', () => {
  it('are told to who comes late', () => {
    const told: number[] = []
    const held = holding(2, 5)
    held.watch({ gained: (shard) => void told.push(shard), lost: () => Promise.resolve() })
    held.gain(7)
    expect(told).toEqual([2, 5, 7])
  })

  it('give a share that is never nothing', () => {
    expect(holding().share).toBe(1 / shards)
    expect(holding(1, 2).share).toBe(2 / shards)
  })

  it('own nothing of a shard from the moment it is to be left, whoever is not done with it yet', async () => {
    const held = holding(...Array.from({ length: shards }, (_, shard) => shard))
    let done = (): void => undefined
    held.watch({ gained: () => undefined, lost: () => new Promise((resolve) => (done = resolve)) })
    let isLeft = false
    const leaving = Promise.all(Array.from({ length: shards }, (_, shard) => held.lose(shard))).then(
      () => (isLeft = true),
    )
    expect(held.owns('team/web')).toBe(false)
    expect(isLeft).toBe(false)
    done()
    await Promise.race([leaving, Promise.resolve()])
  })

  it('are shown one by one', () => {
    expect([...holding(1).samples()].filter(({ isHeld }) => isHeld)).toEqual([{ shard: 1, isHeld: true }])
    expect([...holding(1).samples()]).toHaveLength(shards)
  })
})

describe('what only one replica may do', () => {
  function scene(held: HeldShards) {
    const runs: AbortSignal[] = []
    const first = whileFirst(held, (signal) => {
      runs.push(signal)
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    })
    return { runs, first }
  }

  it('is done while the first shard is held', async () => {
    const held = holding(1)
    const { runs, first } = scene(held)
    expect(runs).toHaveLength(0)
    held.gain(0)
    expect(runs.map(({ aborted }) => aborted)).toEqual([false])
    await held.lose(0)
    expect(runs.map(({ aborted }) => aborted)).toEqual([true])
    held.gain(0)
    expect(runs).toHaveLength(2)
    await first.end()
    expect(runs.map(({ aborted }) => aborted)).toEqual([true, true])
  })

  it('ends although it never began', async () => {
    const { runs, first } = scene(holding())
    await first.end()
    expect(runs).toEqual([])
  })
})
