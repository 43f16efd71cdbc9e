/** Policies that change their mind while the operator is killed and the CA has its moods. */
import { describe, expect, it } from '@jest/globals'
import { days, hours, milliseconds, minutes, plus, scale, seconds } from '../../src/std/time.ts'
import type { Manner } from './authority.ts'
import { kills, moodiness } from './lives.ts'
import { forWorlds, seeds } from './seeds.ts'
import type { World } from './world.ts'

const manners: readonly Manner[] = ['inProcess', 'immediate', 'tickets']

function moody(world: World, names: readonly string[]): void {
  const turn = (): void => {
    world.judge(world.dice.pick(names), world.dice.chance(0.5) ? 'denied' : 'allowed')
    world.agenda.in(scale(minutes(20), 2 * world.dice.fraction()), turn)
  }
  world.agenda.in(milliseconds(1), turn)
}

describe.each(manners)('a CA of the kind %s', (manner) => {
  const practice = { manner, patience: [seconds(1), minutes(2)] as const }

  it('is never asked for what a policy denies, and no key is made for it', () => {
    forWorlds(
      seeds(`denied ${manner}`, 15),
      () => ({ practice, crashes: 0.02 }),
      (world) => {
        const names = ['1h', '2h', '24h'].map((duration) => world.addCertificate({ duration }))
        moody(world, names)
        moodiness(world, { length: days(2), every: hours(3) })
        kills(world, { length: days(2), every: hours(5) })
        world.run(days(2))
        expect(world.defiant).toEqual([])
        expect(world.authority.issuances.length).toBeGreaterThan(10)
      },
    )
  })

  it('is asked again as soon as it is allowed, and what is good stays meanwhile', () => {
    forWorlds(
      seeds(`allowed ${manner}`, 10),
      () => ({ practice }),
      (world) => {
        const name = world.addCertificate({ duration: '24h' })
        world.judge(name, 'denied')
        world.run(hours(5))
        expect(world.secretOf(name)).toBeUndefined()
        expect([...world.api.secrets.values()]).toEqual([])
        expect(world.reasonOf(name, 'Stalled')).toBe('PolicyDenied')
        world.judge(name, 'allowed')
        world.runUntil(plus(world.now, hours(1)), () => world.isReady(name))
        expect(world.isReady(name)).toBe(true)
        world.judge(name, 'denied')
        world.run(hours(10))
        expect(world.isReady(name)).toBe(true)
        expect(world.reasonOf(name, 'Compliant')).toBe('Denied')
      },
    )
  })
})
