/** The points of a life at which a process can die: each write to the API server and each call of a CA, before it and after it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { isWrite } from '../faults/asked.ts'
import type { Asked } from '../faults/asked.ts'
import type { House } from '../houses/house.ts'
import type { World } from '../world.ts'

export interface Point {
  readonly at: 'write' | 'call'
  /** From 1 on. */
  readonly nth: number
  readonly when: 'before' | 'after'
}

export const sayPoint = ({ at, nth, when }: Point): string => `${when} ${at} ${nth}`

/** Events and the status of issuers go along with everything, and nothing depends on them. */
const aside = ['events', 'issuers/status', 'leases']

const countsAsWrite = (asked: Asked): boolean => isWrite(asked) && !aside.includes(asked.resource)

export interface Tally {
  readonly writes: number
  readonly calls: number
}

/** Writes and calls so far. */
export const tallyOf = ({ proxy }: World, house: House): Tally => ({
  writes: proxy.passed.filter(countsAsWrite).length,
  calls: house.passed.length,
})

export function pointsOf({ writes, calls }: Tally): readonly Point[] {
  const all = (at: Point['at'], count: number): readonly Point[] =>
    Array.from({ length: count }, (_, i) => i + 1).flatMap((nth) => [
      { at, nth, when: 'before' },
      { at, nth, when: 'after' },
    ])
  return [...all('write', writes), ...all('call', calls)]
}

/** @returns how to take the fault away, and a promise that is kept when it strikes */
export function aim(world: World, house: House, { at, nth, when }: Point): { lift: () => void; struck: Promise<void> } {
  const plan = at === 'write' ? world.plan : house.plan
  const isMeant = at === 'write' ? countsAsWrite : () => true
  return plan.lay({ isMeant, nth, fault: { kind: 'kill', when } })
}

const quietFor = 300

/** Resolves when nothing has been written or called for a while. */
export async function quiet(world: World, house: House): Promise<void> {
  const look = (): string => JSON.stringify(tallyOf(world, house))
  for (let before = ''; before !== look();) {
    before = look()
    await sleep(quietFor)
  }
}
