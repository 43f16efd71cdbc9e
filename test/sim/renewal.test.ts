import { describe, expect, it } from '@jest/globals'
import { hours, milliseconds, minutes, plus, scale, seconds } from '../../src/std/time.ts'
import type { Manner } from './authority.ts'
import { calm, kills, meddling, moodiness, watchOver, wrongClocks } from './lives.ts'
import { forWorlds, seeds } from './seeds.ts'
import { lifetimes } from './world.ts'

const manners: readonly Manner[] = ['inProcess', 'immediate', 'tickets']
const everyKind = lifetimes.flatMap((lifetime) => manners.map((manner) => ({ lifetime, manner, text: lifetime.text })))
const patienceFor = (length: (typeof lifetimes)[number]['length']) =>
  [seconds(1), milliseconds(Math.min(minutes(30), length / 30))] as const

describe.each(everyKind)('certificates of $text from a CA of the kind $manner', ({ lifetime, manner }) => {
  const practice = { manner, patience: patienceFor(lifetime.length) }

  it('stay alive whenever the operator is killed, and cost the CA no more than one issuance for each crash at its door', () => {
    const all = seeds(`alive ${lifetime.text} ${manner}`, 15)
    forWorlds(
      all,
      () => ({ practice, crashes: 0.02 }),
      (world) => {
        world.observer.healthyFor = scale(lifetime.length, 0.5)
        const name = world.addCertificate({ duration: lifetime.text })
        watchOver(world, scale(lifetime.length, 0.1))
        world.api.troubles = 0.03
        world.run(scale(lifetime.length, 12))
        const published = world.observer.published.get(name)?.length ?? 0
        expect(published).toBeGreaterThanOrEqual(15)
        const lost = world.observer.crashesAtCa.get(name) ?? 0
        expect(world.authority.issuances.length).toBeLessThanOrEqual(published + lost + 1)
      },
    )
  })

  it('come back to life and to rest after whatever has happened', () => {
    const all = seeds(`calm ${lifetime.text} ${manner}`, 20)
    forWorlds(
      all,
      () => ({ practice, crashes: 0.01 }),
      (world) => {
        const names = [
          world.addCertificate({ duration: lifetime.text }),
          world.addCertificate({ duration: lifetime.text }),
        ]
        watchOver(world, scale(lifetime.length, 0.1))
        world.api.troubles = 0.03
        const length = scale(lifetime.length, 6)
        const every = scale(lifetime.length, 0.15)
        meddling(world, names, { length, every })
        moodiness(world, { length, every })
        wrongClocks(world, { length, every })
        kills(world, { length, every })
        world.run(length)
        calm(world)
        world.runUntil(plus(world.now, hours(30)), () => names.every((name) => world.isReady(name)))
        for (const name of names) {
          const ready = world.certificate(name).status.conditions?.find(({ type }) => type === 'Ready')
          expect(`${name} ${ready?.status} ${ready?.reason}: ${ready?.message}`).toMatch(/True/)
        }
      },
    )
  })
})
