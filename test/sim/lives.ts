/** Stories of worlds: what happens to them, and what is looked at while it happens. */
import { days, milliseconds, minutes, scale, seconds } from '../../src/std/time.ts'
import type { Duration } from '../../src/std/time.ts'
import type { Mood } from './authority.ts'
import { meddle } from './users.ts'
import type { World } from './world.ts'

/** Looks at every Certificate again and again. */
export function watchOver(world: World, every: Duration): void {
  const look = (): void => {
    for (const name of world.api.certificates.keys()) {
      world.observer.checkHonesty(name)
      world.observer.checkAlive(name)
    }
    world.agenda.in(scale(every, 0.5 + world.dice.fraction()), look)
  }
  world.agenda.in(every, look)
}

/** Does something again and again, at random intervals around `every`, until `length` has passed. */
function again(world: World, { every, length }: { every: Duration; length: Duration }, deed: () => void): void {
  const until = world.now + length
  const next = (): void => {
    if (world.now >= until) return
    deed()
    world.agenda.in(scale(every, 2 * world.dice.fraction()), next)
  }
  world.agenda.in(scale(every, 2 * world.dice.fraction()), next)
}

export interface Weather {
  readonly length: Duration
  readonly every: Duration
}

/** Users edit and delete, at random. */
export function meddling(world: World, names: readonly string[], weather: Weather): void {
  again(world, weather, () => meddle(world, world.dice.pick(names)))
}

/** Trouble of months tells no more than trouble of days. */
const briefly = (length: Duration): Duration => milliseconds(Math.min(length, days(2)))

const moods: readonly Mood[] = ['down', 'refusing', 'wrong', 'blocked', 'stale', 'limiting', 'losing', 'silent']

/** The CA falls into a bad mood now and then, for a while. */
export function moodiness(world: World, weather: Weather): void {
  again(world, weather, () => {
    world.turn(world.dice.pick(moods))
    world.agenda.in(scale(briefly(weather.every), world.dice.fraction()), () => world.turn('healthy'))
  })
}

const skews: readonly Duration[] = [minutes(10), minutes(-10), days(1), days(-1), seconds(30)]

/** The clock of the operator is set wrong now and then, and right again. */
export function wrongClocks(world: World, weather: Weather): void {
  again(world, weather, () => {
    world.setClock(world.dice.pick(skews))
    world.agenda.in(scale(briefly(weather.every), world.dice.fraction()), () => world.setClock(milliseconds(0)))
  })
}

/** The operator is killed now and then. */
export function kills(world: World, weather: Weather): void {
  again(world, weather, () => world.kill())
}

/** Everything becomes well again. */
export function calm(world: World): void {
  world.note('calm')
  world.crashes = 0
  world.api.troubles = 0
  world.turn('healthy')
  world.setClock(milliseconds(0))
  // A key that does not fit under rotationPolicy Never waits for a person.
  for (const name of world.api.certificates.keys()) world.edit(name, { privateKey: { algorithm: 'ECDSA' } })
}

/** @returns the most of these moments that lie within one span of that length */
export function mostWithin(moments: readonly number[], span: Duration): number {
  let most = 0
  for (let first = 0, last = 0; last < moments.length; last++) {
    while ((moments[last] ?? 0) - (moments[first] ?? 0) >= span) first += 1
    most = Math.max(most, last - first + 1)
  }
  return most
}
