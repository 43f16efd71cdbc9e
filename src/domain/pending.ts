/** The CA lets us wait: what is written down for the next poll, whoever makes it. */
import type { CertificateStatus } from '../api/certificate.ts'
import { between, fromRfc3339, latest, plus, seconds, toRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import { patience } from './backoff.ts'
import { isReady } from './checks.ts'
import { working } from './conditions.ts'
import type { Step } from './decide.ts'
import { boundTo, sayRef } from './fallback.ts'
import { replacesIn } from './flight.ts'
import type { Next, Result } from './outcome.ts'
import { shortWait } from './patience.ts'
import { issuerKey } from './snapshot.ts'
import type { Snapshot } from './snapshot.ts'
import { clip, lifeLeft, tell, wake, wasReady } from './status.ts'

/** A CA that has nothing new to say is not asked again sooner. */
const leastPollWait = seconds(1)
/** Between two notes in the status, so that it does not change with every poll. */
const longEnough = seconds(30)

type Pending = Extract<Result, { kind: 'pending' }>

export function pending(snapshot: Snapshot, { step, result }: { step: Step; result: Pending }, now: Instant): Next {
  const { issuer, certificate } = snapshot
  if (issuer.kind !== 'ready' || !certificate.wish.ok) throw new Error('pending without an issuer')
  const old = step.kind === 'poll' ? certificate.status.enrollment : undefined
  const isSame = old?.askedAt !== undefined && JSON.stringify(old.ticket) === JSON.stringify(result.ticket)
  const asked = patience(result.wakeAt, { now, lifeLeft: lifeLeft(snapshot, now) })
  const wakeAt = isSame ? latest(asked, plus(now, leastPollWait)) : asked
  const then = wake(snapshot, wakeAt, now)
  const isLasting = between(now, wakeAt) >= shortWait
  if (isSame && !isLasting && !isNews(old, result, now) && wasReady(certificate.status) === isReady(snapshot, now))
    return { status: undefined, events: [], then, hold: wakeAt }
  const enrollment: NonNullable<CertificateStatus['enrollment']> = {
    protocol: issuer.protocol,
    phase: result.ticket.phase,
    note: clip(result.note),
    startedAt: old?.startedAt ?? toRfc3339(now),
    requestHash: certificate.wish.value.requestHash,
    issuer: issuerKey(issuer),
    keyHash: result.keyHash,
    ...boundTo(snapshot, old),
    ...replacesIn(snapshot, old),
    ticket: result.ticket,
    ...(result.unsent === true ? {} : { askedAt: toRfc3339(now) }),
    ...(isLasting ? { nextPollTime: toRfc3339(wakeAt) } : {}),
  }
  const status = tell(snapshot, working('Pending', pendingText(snapshot, result.note)), { now, set: { enrollment } })
  return { status, events: [], then, hold: wakeAt }
}

/** Another reason to wait than the one that is written down, for long enough that somebody may wonder. */
function isNews(old: CertificateStatus['enrollment'], { note }: Pending, now: Instant): boolean {
  const told = old?.askedAt === undefined ? undefined : fromRfc3339(old.askedAt)
  return told !== undefined && old?.note !== clip(note) && between(told, now) >= longEnough
}

/** Where another issuer than the first is asked, that is said together with the reason. */
const pendingText = ({ choice: { ref, because } }: Snapshot, note: string): string =>
  because === undefined ? note : `${note}; asking ${sayRef(ref)}, because of ${because}`
