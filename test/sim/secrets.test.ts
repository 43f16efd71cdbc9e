import { describe, expect, it } from '@jest/globals'
import { days, hours, minutes, plus, seconds } from '../../src/std/time.ts'
import type { Manner } from './authority.ts'
import { watchOver } from './lives.ts'
import { forWorlds, seeds } from './seeds.ts'

const manners: readonly Manner[] = ['inProcess', 'immediate', 'tickets']
const patience = [seconds(1), minutes(1)] as const

describe.each(manners)('with a CA of the kind %s', (manner) => {
  const practice = { manner, patience }

  it("a stranger's Secret is never written, costs one certificate at most, and is waited for", () => {
    forWorlds(
      seeds(`stranger ${manner}`, 20),
      () => ({ practice, crashes: 0.01 }),
      (world) => {
        const name = world.addCertificate()
        const { secretName } = world.certificate(name).spec
        world.agenda.in(world.dice.between(seconds(0), seconds(4)), () => {
          if (!world.api.secrets.has(secretName)) world.api.createSecret({ role: 'foreign', name: secretName }, 'user')
        })
        world.run(days(1))
        if (world.api.secrets.get(secretName)?.role !== 'foreign') return expect(world.isReady(name)).toBe(true)
        expect(world.reasonOf(name, 'Stalled')).toBe('SecretNotOurs')
        const lost = world.observer.crashesAtCa.get(name) ?? 0
        expect(world.authority.issuances.length).toBeLessThanOrEqual(1 + lost)
        world.api.deleteSecret(secretName, 'user')
        world.run(minutes(10))
        expect(world.isReady(name)).toBe(true)
      },
    )
  })

  it('the older of two Certificates keeps their Secret, the newer says so and takes over when it is gone', () => {
    forWorlds(
      seeds(`rivals ${manner}`, 20),
      () => ({ practice, crashes: 0.01 }),
      (world) => {
        const older = world.addCertificate({ secretName: 'shared', duration: '24h' })
        world.run(world.dice.between(seconds(1), minutes(2)))
        const newer = world.addCertificate({ secretName: 'shared', duration: '24h' })
        watchOver(world, hours(1))
        world.run(days(3))
        expect([world.isReady(older), world.isReady(newer)]).toEqual([true, false])
        expect(world.reasonOf(newer, 'Stalled')).toBe('SecretNameTaken')
        expect(world.observer.published.has(newer)).toBe(false)
        world.removeCertificate(older)
        world.run(minutes(20))
        expect(world.isReady(newer)).toBe(true)
        expect(world.secretOf(newer)?.owner).toBe(newer)
      },
    )
  })

  it('a Secret whose outputs are to change is rewritten while the CA is away, with the same certificate', () => {
    forWorlds(
      seeds(`outputs ${manner}`, 10),
      () => ({ practice }),
      (world) => {
        const name = world.addCertificate({ duration: '24h' })
        world.run(hours(1))
        world.turn('down')
        world.run(hours(17))
        const before = world.secretOf(name)
        world.edit(name, { secretTemplate: { labels: { team: 'web' } } })
        world.run(minutes(5))
        expect(world.secretOf(name)?.certificate).toEqual(before?.certificate)
        expect(world.secretOf(name)?.marks.outputsHash).not.toEqual(before?.marks.outputsHash)
      },
    )
  })
})

describe('what it costs', () => {
  it.each([
    { manner: 'inProcess' as const, most: ['create certificate', 'apply status'] },
    {
      manner: 'immediate' as const,
      most: ['get secret', 'create next-key', 'create certificate', 'apply status', 'delete secret'],
    },
    {
      manner: 'tickets' as const,
      most: ['get secret', 'create next-key', 'apply status', 'create certificate', 'apply status', 'delete secret'],
    },
  ])('an issuance from a CA of the kind $manner is $most', ({ manner, most }) => {
    forWorlds(
      seeds(`budget ${manner}`, 5),
      () => ({ practice: { manner, patience: [seconds(2), seconds(5)] } }),
      (world) => {
        world.addCertificate()
        world.run(minutes(1))
        expect(world.api.requests).toEqual(most)
        expect(world.authority.issuances.length).toBe(1)
      },
    )
  })

  it('nothing is written while nothing is due, though everything is looked at', () => {
    forWorlds(
      seeds('rest', 20),
      (seed) => ({ practice: { manner: manners[seed % 3] ?? 'tickets', patience } }),
      (world) => {
        const names = Array.from({ length: 5 }, () => world.addCertificate())
        world.run(hours(1))
        const { writes } = world.api
        for (let i = 0; i < 20; i++) {
          for (const name of names) world.bump(name)
          if (i % 5 === 0) world.kill()
          world.run(days(1))
        }
        expect(world.api.writes).toBe(writes)
        expect(world.isResting).toBe(true)
      },
    )
  })

  it('a clock that jumps does not renew what is not due', () => {
    forWorlds(
      seeds('mass', 2),
      () => ({ practice: { manner: 'immediate', patience } }),
      (world) => {
        const count = 200
        for (let i = 0; i < count; i++) {
          world.addCertificate()
          world.run(hours(7))
        }
        const issued = world.authority.issuances.length
        for (const jump of [minutes(10), minutes(-10), days(-1), seconds(0)]) {
          world.setClock(jump)
          world.run(minutes(5))
        }
        expect(world.authority.issuances.length - issued).toBeLessThanOrEqual(count / 100)
        world.run(days(60))
        for (const { notAfter } of world.certificates()) expect(plus(world.now, days(20))).toBeLessThan(notAfter)
      },
    )
  })
})
