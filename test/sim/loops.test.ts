import { describe, expect, it } from '@jest/globals'
import { days, hours, milliseconds, minutes, plus, seconds } from '../../src/std/time.ts'
import type { Duration } from '../../src/std/time.ts'
import type { Manner, Mood } from './authority.ts'
import { kills, mostWithin } from './lives.ts'
import { forWorlds, seeds } from './seeds.ts'
import { damageSecret, deleteSecret } from './users.ts'
import type { World } from './world.ts'

const manners: readonly Manner[] = ['inProcess', 'immediate', 'tickets']
const patience = [seconds(1), minutes(1)] as const

const hourly = (world: World): number =>
  mostWithin(
    world.authority.asked.map(({ at }) => at),
    hours(1),
  )

const secretWrites = (world: World): number =>
  world.api.requests.filter((request) => request === 'create certificate' || request === 'patch certificate').length

const again = (world: World, every: Duration, deed: () => void): void => {
  const next = (): void => {
    deed()
    world.agenda.in(every, next)
  }
  world.agenda.in(every, next)
}

describe.each(manners)('a CA of the kind %s', (manner) => {
  const practice = { manner, patience }
  const answers: readonly Mood[] = manner === 'tickets' ? ['refusing', 'wrong', 'losing'] : ['refusing', 'wrong']

  it.each(answers.flatMap((mood) => ['5m', '2160h'].map((duration) => ({ mood, duration }))))(
    'that is always $mood is asked at most three times an hour for a certificate of $duration',
    ({ mood, duration }) => {
      forWorlds(
        seeds(`wrong ${manner} ${mood} ${duration}`, 10),
        () => ({ practice }),
        (world) => {
          const name = world.addCertificate({ duration })
          if (world.dice.chance(0.5)) world.runUntil(plus(world.now, hours(1)), () => world.isReady(name))
          world.turn(mood)
          if (world.isReady(name)) world.requestRenewal(name)
          again(world, seconds(1), () => {
            if (mood === 'losing') world.authority.forget()
          })
          const before = world.authority.asked.length
          kills(world, { length: days(2), every: hours(5) })
          world.run(days(2))
          const asked = world.authority.asked.slice(before).map(({ at }) => at)
          const lost = world.observer.crashesAtCa.get(name) ?? 0
          expect(asked.length).toBeGreaterThan(2)
          expect(mostWithin(asked, hours(1))).toBeLessThanOrEqual(3 + lost)
        },
      )
    },
  )

  it('that hands out certificates which are nearly over is not asked in a loop', () => {
    forWorlds(
      seeds(`stale ${manner}`, 10),
      () => ({ practice }),
      (world) => {
        world.turn('stale')
        world.addCertificate({ duration: world.dice.pick(['24h', '2160h']) })
        world.run(days(20))
        expect(hourly(world)).toBeLessThanOrEqual(3)
      },
    )
  })

  it('that always advises to renew at once is obeyed three times an hour', () => {
    forWorlds(
      seeds(`advice ${manner}`, 5),
      () => ({ practice: { ...practice, advice: 'alwaysNow' } }),
      (world) => {
        world.observer.mayRenewEarly = true
        world.addCertificate({ duration: '2160h' })
        world.run(days(1))
        expect(hourly(world)).toBeLessThanOrEqual(4)
        expect(world.api.writes).toBeLessThan(24 * 3 * 8)
      },
    )
  })

  it('that backdates by more than the certificate lives is asked no more often than it must', () => {
    forWorlds(
      seeds(`backdate ${manner}`, 5),
      () => ({ practice: { ...practice, backdate: hours(1) } }),
      (world) => {
        const name = world.addCertificate({ duration: '5m' })
        world.observer.healthyFor = minutes(1)
        world.run(hours(6))
        expect(world.isReady(name)).toBe(true)
        expect(hourly(world)).toBeLessThanOrEqual(25)
      },
    )
  })

  it('whose answers get lost is asked less and less', () => {
    forWorlds(
      seeds(`silent ${manner}`, 10),
      () => ({ practice }),
      (world) => {
        world.turn('silent')
        world.addCertificate({ duration: '2160h' })
        world.run(days(1))
        expect(world.authority.asked.length).toBeLessThan(70)
      },
    )
  })

  it('that seems to recover after every failure is not asked in a loop', () => {
    forWorlds(
      seeds(`flap ${manner}`, 10),
      () => ({ practice }),
      (world) => {
        world.turn('blocked')
        world.issuer.isFlapping = true
        again(world, seconds(20), () => world.probe())
        world.addCertificate()
        world.run(days(1))
        expect(hourly(world)).toBeLessThanOrEqual(16)
      },
    )
  })

  it.each([
    { title: 'changed', meddle: damageSecret },
    { title: 'removed', meddle: deleteSecret },
  ])('is left alone when its certificates are $title again and again', ({ meddle }) => {
    forWorlds(
      seeds(`contest ${manner}`, 5),
      () => ({ practice }),
      (world) => {
        const name = world.addCertificate()
        world.runUntil(plus(world.now, hours(1)), () => world.isReady(name))
        const before = secretWrites(world)
        again(world, seconds(5), () => meddle(world, name))
        world.run(hours(6))
        expect(world.reasonOf(name, 'Stalled')).toBe('SecretContested')
        expect(hourly(world)).toBeLessThanOrEqual(8)
        expect(secretWrites(world) - before).toBeLessThanOrEqual(6 * 16)
      },
    )
  })

  it('is asked once although something bumps the Certificate all the time', () => {
    forWorlds(
      seeds(`storm ${manner}`, 5),
      () => ({ practice }),
      (world) => {
        const name = world.addCertificate()
        again(world, milliseconds(20), () => world.bump(name))
        world.run(minutes(3))
        expect(world.isReady(name)).toBe(true)
        expect(world.authority.asked.length).toBe(1)
        expect(world.api.requests.length).toBeLessThan(200)
      },
    )
  })
})
