import { describe, expect, it } from '@jest/globals'
import { hours, minutes, plus, scale, seconds } from '../../src/std/time.ts'
import type { Mood } from './authority.ts'
import { calm, kills, watchOver } from './lives.ts'
import { forWorlds, seeds } from './seeds.ts'
import { lifetimes, refTo } from './world.ts'
import type { World } from './world.ts'

const fallbackIssuerRefs = [refTo('spare')]
const passing: readonly Mood[] = ['down', 'blocked', 'limiting']
const lives = lifetimes.slice(1, 4)

/** The first CA has bad days; the spare one is well all the time. */
const badDays = (world: World, { every, length }: { every: number; length: number }): void => {
  const until = world.now + length
  const next = (): void => {
    if (world.now >= until) return world.turn('healthy')
    world.turn(world.authority.mood === 'healthy' ? world.dice.pick(passing) : 'healthy')
    world.agenda.in(seconds((every / 1000) * 2 * world.dice.fraction()), next)
  }
  world.agenda.in(seconds(every / 1000), next)
}

const issuerOf = (world: World, name: string): string | undefined => world.secretOf(name)?.marks.issuerRef?.name

describe.each(lives)('certificates of $text with an issuer to fall back to', ({ text, length }) => {
  it.each(['immediate', 'tickets'] as const)(
    'never expire while it works, whatever happens to the first (%s) and to the operator',
    (manner) => {
      const practice = { manner, patience: [seconds(1), minutes(1)] as const }
      forWorlds(
        seeds(`fallback ${text} ${manner}`, 12),
        () => ({ practice, crashes: 0.02 }),
        (world) => {
          const name = world.addCertificate({ duration: text, fallbackIssuerRefs })
          world.observer.spareIsWell(scale(length, 0.1))
          watchOver(world, scale(length, 0.05))
          world.api.troubles = 0.03
          badDays(world, { every: scale(length, 0.8), length: scale(length, 12) })
          kills(world, { every: scale(length, 2), length: scale(length, 12) })
          world.run(scale(length, 12))
          const published = world.observer.published.get(name)?.length ?? 0
          const lost = (world.observer.crashesAtCa.get(name) ?? 0) + (world.observer.abandoned.get(name) ?? 0)
          const issued = world.authority.issuances.length + world.spare.issuances.length
          expect(published).toBeGreaterThanOrEqual(12)
          expect(issued).toBeLessThanOrEqual(published + lost + 1)
        },
      )
    },
  )

  it('come from the first issuer again at the renewal after its recovery', () => {
    forWorlds(
      seeds(`return ${text}`, 10),
      (seed) => ({ practice: { manner: seed % 2 === 0 ? 'immediate' : 'tickets' }, crashes: 0.01 }),
      (world) => {
        world.turn('down')
        const name = world.addCertificate({ duration: text, fallbackIssuerRefs })
        world.runUntil(plus(world.now, minutes(20)), () => world.isReady(name))
        expect(issuerOf(world, name)).toBe('spare')
        calm(world)
        const before = world.spare.issuances.length
        world.run(scale(length, 1.2))
        expect(issuerOf(world, name)).toBe('ca')
        expect(world.spare.issuances.length).toBeLessThanOrEqual(before + 1)
      },
    )
  })
})

describe('a Certificate with an issuer to fall back to', () => {
  it.each(['immediate', 'tickets'] as const)('stays with a CA (%s) that refuses what it asks for', (manner) => {
    forWorlds(
      seeds(`refused ${manner}`, 5),
      () => ({ practice: { manner } }),
      (world) => {
        world.turn('refusing')
        world.addCertificate({ fallbackIssuerRefs })
        world.run(hours(24))
        expect(world.spare.asked).toEqual([])
      },
    )
  })

  it('asks neither in a loop while both are down', () => {
    forWorlds(
      seeds('both down', 10),
      () => ({ practice: { manner: 'immediate' } }),
      (world) => {
        world.addCertificate({ fallbackIssuerRefs })
        world.authority.mood = 'limiting'
        world.spare.mood = 'limiting'
        world.run(hours(24))
        expect(world.authority.asked.length).toBeLessThanOrEqual(30)
        expect(world.spare.asked.length).toBeLessThanOrEqual(30)
      },
    )
  })
})
