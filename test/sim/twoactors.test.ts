/**
 * Replicas that act at once, each on late sight of its own and none knowing of the others: what Leases should keep from happening. The
 * observer objects to a certificate that is replaced early, to a key that is used twice and to a key that does not fit.
 */
import { describe, expect, it } from '@jest/globals'
import { hours, minutes, plus } from '../../src/std/time.ts'
import { forWorlds, seeds } from './seeds.ts'
import type { World } from './world.ts'

const manners = ['inProcess', 'immediate', 'tickets'] as const

const count = (world: World, name: string): number => world.observer.published.get(name)?.length ?? 0

/** One issuance counts, whoever asked the CA how often: each that was stored was told once. */
function expectCounted(world: World, names: readonly string[]): void {
  for (const name of names) {
    expect([name, world.certificate(name).status.revision]).toEqual([name, count(world, name)])
    expect(world.isReady(name)).toBe(true)
    expect(world.secretOf(name)?.certificate).toMatchObject({ kind: 'ok' })
  }
}

describe.each(manners)('two that act at once at a CA that is %s', (manner) => {
  it('count one issuance at a time as current, and lose no key', () => {
    forWorlds(
      seeds(`two ${manner}`, 5),
      () => ({ practice: { manner }, actors: 2 }),
      (world) => {
        const names = [1, 2, 3].map(() => world.addCertificate({ duration: '1h' }))
        world.runUntil(plus(world.now, minutes(20)), () => names.every((name) => world.isReady(name)))
        world.run(minutes(1))
        expectCounted(world, names)
        expect(names.map((name) => count(world, name))).toEqual([1, 1, 1])
        world.run(hours(3))
        world.runUntil(plus(world.now, hours(1)), () => world.isResting)
        expectCounted(world, names)
        // Renewed at two thirds of their hour, and not twice as often.
        for (const name of names) expect(count(world, name)).toBeLessThanOrEqual(7)
      },
    )
  })

  it('do so when they die in the middle of it, too', () => {
    forWorlds(
      seeds(`two dying ${manner}`, 4),
      () => ({ practice: { manner }, actors: 2, crashes: 0.02 }),
      (world) => {
        const names = [1, 2].map(() => world.addCertificate({ duration: '1h' }))
        world.run(hours(4))
        world.crashes = 0
        world.run(minutes(10))
        for (const name of names) {
          expect(world.isReady(name)).toBe(true)
          expect(count(world, name)).toBeLessThanOrEqual(10)
          // Two that were stored may be told as one by who comes after a death.
          expect(world.certificate(name).status.revision).toBeLessThanOrEqual(count(world, name))
        }
      },
    )
  })

  it('obey a request to renew once', () => {
    forWorlds(
      seeds(`two asked ${manner}`, 6),
      () => ({ practice: { manner }, actors: 3 }),
      (world) => {
        const name = world.addCertificate({ duration: '2160h' })
        world.runUntil(plus(world.now, minutes(20)), () => world.isReady(name))
        world.run(minutes(2))
        world.requestRenewal(name)
        world.run(minutes(20))
        expect(count(world, name)).toBe(2)
        expectCounted(world, [name])
      },
    )
  })
})
