/** A renewal that is due, and what `reduce` makes of a step of it: for the tests of what follows from results. */
import type { Step } from '../../../src/domain/decide.ts'
import type { Next, Result } from '../../../src/domain/outcome.ts'
import { reduce } from '../../../src/domain/reduce.ts'
import { dueSecret, now, pendingKey, snapshotOf } from './snapshots.ts'
import type { World } from './snapshots.ts'

const wanting = { reason: 'Renewing', message: 'the certificate is due', cause: 'wish' } as const
export const ticket = { version: 1, phase: 'challenges', state: { order: 'https://ca.example/1' } } as const
const enroll: Step = { kind: 'enroll', key: 'pending', violation: wanting }
export const poll: Step = { kind: 'poll', key: 'pending', ticket }

export const due: World = { more: { secret: dueSecret, pending: pendingKey } }

/** @param step - that brought the result; an enrollment when not given */
export const next = (world: World, result: Result, step: Step = enroll): Next =>
  reduce(snapshotOf(world), { step, result }, now)

/** By type: status and reason. */
export const conditionsOf = ({ status }: Next): Record<string, string> =>
  Object.fromEntries((status?.conditions ?? []).map(({ type, status: is, reason }) => [type, `${is} ${reason}`]))
