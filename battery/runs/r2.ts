/** R2: kill -9 at random, every one to five seconds, while certificates of every protocol are renewed. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Dice } from '../../test/sim/dice.ts'
import type { BatteryOptions } from '../options.ts'
import { breaches } from '../verdict.ts'
import type { Row } from '../verdict.ts'
import { openWorld } from '../world.ts'
import type { World } from '../world.ts'
import { Churn, patience, recovery, settle, spent } from './fleet.ts'

/** Certificates, shared out among the protocols. */
const fleet = 200
const mostSpent = 1.1
/** Seconds after the last kill. */
const bar = 90

export async function killAtRandom({ protocols, minutes = 10, say }: BatteryOptions): Promise<readonly Row[]> {
  const world = await openWorld({ name: 'r2', houses: protocols })
  try {
    const names = await settle(world, Math.ceil(fleet / protocols.length))
    say(`${names.length} certificates are Ready`)
    const churn = new Churn(world, names)
    churn.start(500)
    await killFor(world, minutes)
    await churn.stop()
    const took = await recovery(world, patience)
    const { issued, least } = await spent(world)
    const lost = [...(await breaches(world)), ...(typeof took === 'string' ? [took] : [])]
    if (typeof took === 'number' && took > bar) lost.push(`it took ${took.toFixed(0)} s until all were Ready`)
    if (issued > least * mostSpent) lost.push(`I3: ${issued} certificates were issued where ${least} would have done`)
    return [
      {
        id: 'R2',
        what: `kill -9 each 1 to 5 s while ${names.length} certificates of ${protocols.join(', ')} are renewed`,
        often: `${world.operator.kills} kills in ${minutes} min, ${churn.requests} renewals asked for`,
        found: `all Ready ${typeof took === 'string' ? 'never' : `${took.toFixed(0)} s`} after the last; ${issued} issued where ${least} had to be (${(issued / least).toFixed(3)}x)`,
        lost,
      },
    ]
  } finally {
    await world.close()
  }
}

async function killFor({ operator }: World, minutes: number): Promise<void> {
  const dice = new Dice(2)
  const ends = performance.now() + minutes * 60_000
  while (performance.now() < ends) {
    await sleep(1000 + dice.below(4000))
    operator.kill()
    await operator.revive()
  }
}
