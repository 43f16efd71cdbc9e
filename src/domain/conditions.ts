/**
 * The conditions of a Certificate. `Ready` and `Issuing` are always there; `Reconciling` and `Stalled` appear only while
 * they are true, as kstatus wants them (so that Flux, Argo CD and `kubectl wait` agree with us). `Reconciling` is left out
 * while the certificate is good: a renewal that takes its time must not hold up a deployment.
 *
 * `Ready` speaks of what lies in the Secret at this very moment, not of how the last attempt went: a renewal that fails
 * leaves `Ready` true until the certificate expires.
 */
import type { Condition } from '../api/meta.ts'
import { toRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import { checkInput, firstUnreadiness } from './checks.ts'
import type { Step } from './decide.ts'
import { windowTrouble } from './due.ts'
import { isFallbackOf } from './flight.ts'
import { compliance } from './policy/telling.ts'
import type { Snapshot } from './snapshot.ts'

/** What is being done about the Certificate. */
export type Activity =
  | { readonly kind: 'none' }
  | { readonly kind: 'working'; readonly reason: string; readonly message: string }
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string }
  | { readonly kind: 'stalled'; readonly reason: string; readonly message: string }

export const working = (reason: string, message: string): Extract<Activity, { kind: 'working' }> => ({
  kind: 'working',
  reason,
  message,
})

/** What a step amounts to, for whoever reads the conditions. */
export function activityOf(step: Step): Activity {
  switch (step.kind) {
    case 'wait':
      return step.reason === 'Pending'
        ? working('Pending', step.message)
        : { kind: 'waiting', reason: step.reason, message: step.message }
    case 'stall':
      return { kind: 'stalled', reason: step.reason, message: step.message }
    case 'enroll':
    case 'renew':
      return working('Issuing', step.violation.message)
    default:
      return { kind: 'none' }
  }
}

type Draft = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>

/** Longest condition message; a message is for reading, the log has the rest. */
const longestMessage = 1024

/**
 * @param snapshot - with the Secret as it is now
 * @param activity - what the step of this reconcile amounts to
 * @param now - the moment of judgement
 * @returns all conditions, transition times kept where the status of a condition did not change
 */
export function conditions(snapshot: Snapshot, activity: Activity, now: Instant): readonly Condition[] {
  const readiness = ready(snapshot, activity, now)
  const drafts: readonly Draft[] = [
    readiness,
    issuing(activity),
    ...kstatus(activity, readiness.status === 'True'),
    ...compliance(snapshot.policy),
    ...windowsIgnored(snapshot),
  ]
  const before = snapshot.certificate.status.conditions ?? []
  return drafts.map((draft) => complete(draft, before, { generation: snapshot.certificate.generation, now }))
}

function complete(draft: Draft, before: readonly Condition[], at: { generation: number; now: Instant }): Condition {
  const old = before.find((condition) => condition.type === draft.type)
  return {
    ...draft,
    message: draft.message.slice(0, longestMessage),
    observedGeneration: at.generation,
    lastTransitionTime: old?.status === draft.status ? old.lastTransitionTime : toRfc3339(at.now),
  }
}

function ready(snapshot: Snapshot, activity: Activity, now: Instant): Draft {
  const input = checkInput(snapshot)
  const violation = input === undefined ? undefined : firstUnreadiness(input, now)
  if (input !== undefined && violation === undefined) return readyFor(snapshot)
  const cause = violation?.message ?? 'the spec cannot be understood'
  if (activity.kind === 'none')
    return { type: 'Ready', status: 'False', reason: violation?.reason ?? 'InvalidSpec', message: sentence(cause) }
  const isOfTime = violation?.reason === 'Expired' || violation?.reason === 'NotYetValid'
  const reason = isOfTime ? violation.reason : activity.reason
  const message = activity.message === cause ? sentence(cause) : `${sentence(cause)} ${sentence(activity.message)}`
  return { type: 'Ready', status: 'False', reason, message }
}

function readyFor({ secret, certificate }: Snapshot): Draft {
  if (secret?.certificate.kind !== 'ok') throw new Error('ready without a certificate')
  const { notAfter } = secret.certificate.facts
  const by = secret.marks.issuerRef
  const isFallback = certificate.wish.ok && by !== undefined && isFallbackOf(certificate.wish.value, by)
  const from = isFallback ? `, issued by ${by.kind} ${by.name}, to which it fell back` : ''
  return { type: 'Ready', status: 'True', reason: 'Ready', message: `Valid until ${toRfc3339(notAfter)}${from}.` }
}

function issuing(activity: Activity): Draft {
  if (activity.kind === 'none')
    return { type: 'Issuing', status: 'False', reason: 'UpToDate', message: 'No issuance is under way.' }
  const status = activity.kind === 'working' ? 'True' : 'False'
  return { type: 'Issuing', status, reason: activity.reason, message: sentence(activity.message) }
}

/** Shown only while true. */
function windowsIgnored(snapshot: Snapshot): readonly Draft[] {
  const trouble = windowTrouble(snapshot)
  if (trouble === undefined) return []
  return [{ type: 'WindowsIgnored', status: 'True', reason: trouble.reason, message: sentence(trouble.message) }]
}

function kstatus(activity: Activity, isReady: boolean): readonly Draft[] {
  switch (activity.kind) {
    case 'none':
      return []
    case 'working':
    case 'waiting':
      if (isReady) return []
      return [{ type: 'Reconciling', status: 'True', reason: activity.reason, message: sentence(activity.message) }]
    case 'stalled':
      return [{ type: 'Stalled', status: 'True', reason: activity.reason, message: sentence(activity.message) }]
  }
}

/** Upper-case first letter and a full stop, so that messages of different origin read alike. Paths of fields stay as they are. */
export function sentence(text: string): string {
  const capital = text.trim().replace(/^[a-z](?=[a-z]*[\s,;'])/, (first) => first.toUpperCase())
  return /[.!?)]$/.test(capital) ? capital : `${capital}.`
}
