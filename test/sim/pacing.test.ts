/** Windows and budgets over the life of a fleet, while the operator is killed and the CA has its moods. */
import { describe, expect, it } from '@jest/globals'
import { readWindows } from '../../src/domain/windows.ts'
import { days, hours, minutes, plus, scale, seconds } from '../../src/std/time.ts'
import type { Manner } from './authority.ts'
import { kills, mostWithin, watchOver } from './lives.ts'
import { forWorlds, seeds } from './seeds.ts'
import type { World } from './world.ts'

const manners: readonly Manner[] = ['inProcess', 'immediate', 'tickets']
const perHour = 6
const nights = readWindows('nights', [{ schedule: '0 1 * * *', duration: '5h', timeZone: 'Europe/Berlin' }])
const windows = nights.ok ? nights.value : []
const length = days(12)

const fleetOf = (world: World, count: number): readonly string[] =>
  Array.from({ length: count }, () => world.addCertificate({ duration: '96h' }))

describe.each(manners)('a fleet at a CA of the kind %s', (manner) => {
  const practice = { manner, patience: [seconds(1), minutes(20)] as const }
  // What was asked for within an hour may be issued within as much less as a ticket waits.
  const span = manner === 'tickets' ? minutes(40) : hours(1)

  it('keeps alive at night and within its budget, whenever the operator is killed', () => {
    forWorlds(
      seeds(`paced ${manner}`, 2),
      () => ({ practice, crashes: 0.005, pace: { limits: { perHour }, windows } }),
      (world) => {
        const names = fleetOf(world, 14)
        watchOver(world, hours(3))
        world.run(hours(6))
        world.observer.healthyFor = hours(12)
        kills(world, { length, every: hours(30) })
        world.run(length)
        const moments = world.authority.issuances.map(({ at }) => at)
        // A request that dies with the process is not known to the next: one for each death at the door of the CA.
        const lost = names.reduce((sum, name) => sum + (world.observer.crashesAtCa.get(name) ?? 0), 0)
        expect(mostWithin(moments, span)).toBeLessThanOrEqual(perHour + lost)
        for (const name of names) expect(world.isReady(name)).toBe(true)
        expect(moments.length).toBeGreaterThan(14 * 3)
      },
    )
  })

  it('is renewed at night, where nothing is amiss', () => {
    forWorlds(
      seeds(`nightly ${manner}`, 2),
      () => ({ practice, pace: { windows } }),
      (world) => {
        fleetOf(world, 6)
        world.run(length)
        const renewals = world.authority.issuances
          .map(({ at }) => at)
          .filter((at) => at > plus(world.now, scale(length, -0.95)))
        const hoursOfDay = renewals.map((at) => new Date(at).getUTCHours())
        expect(new Set(hoursOfDay.filter((hour) => hour > 5))).toEqual(new Set())
        expect(renewals.length).toBeGreaterThan(10)
      },
    )
  })
})
