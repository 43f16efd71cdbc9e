/** Who wants to ask for a certificate, and what is said while it waits for the budget of its issuer. Pure. */
import { minutes, toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import { canWait, checkInput, firstTrigger } from '../checks.ts'
import type { Step } from '../decide.ts'
import { isPressing } from '../due.ts'
import { sayRef } from '../fallback.ts'
import type { Snapshot } from '../snapshot.ts'
import type { BudgetLimits } from './ledger.ts'
import type { Claim, Lane, Turn } from './line.ts'
import { limitsText } from './shares.ts'

/** @returns the claim behind a step that begins something new at the CA; undefined for other steps */
export function claimOf(snapshot: Snapshot, step: Step, now: Instant): Claim | undefined {
  if (step.kind !== 'makeKey' && step.kind !== 'enroll' && step.kind !== 'renew') return undefined
  const { certificate, secret } = snapshot
  const notAfter = secret?.certificate.kind === 'ok' ? secret.certificate.facts.notAfter : undefined
  return { key: `${certificate.namespace}/${certificate.name}`, lane: laneOf(snapshot, now), notAfter }
}

function laneOf(snapshot: Snapshot, now: Instant): Lane {
  const input = checkInput(snapshot)
  const violation = input === undefined ? undefined : firstTrigger(input, now)
  if (violation?.reason === 'Expired') return 'expiring'
  if (violation === undefined || !canWait(violation)) return 'fresh'
  return isPressing(snapshot, now) ? 'expiring' : 'routine'
}

/** A wait that is over so soon is not told: the status would change for nothing. */
const shortWait = minutes(1)

/** @returns the step of who waits; undefined when the wait is too short to be told */
export function waitingStep(
  { choice: { ref } }: Pick<Snapshot, 'choice'>,
  { turn, limits }: { readonly turn: Extract<Turn, { kind: 'wait' }>; readonly limits: BudgetLimits },
  now: Instant,
): Extract<Step, { kind: 'wait' }> | undefined {
  if (turn.until - now < shortWait) return undefined
  const others = turn.before === 0 ? '' : `, and up to ${turn.before} others go first`
  const message = `waits for the budget of ${sayRef(ref)}: ${limitsText(limits)}; next at ${toRfc3339(turn.until)}${others}`
  return { kind: 'wait', reason: 'BudgetSpent', message, wakeAt: undefined }
}
