/** The answer to "why is it not ready". Pure. */
import type { Certificate } from '../../api/certificate.ts'
import type { Condition } from '../../api/meta.ts'
import type { Instant } from '../../std/time.ts'
import type { Fallback, Gathered } from './gather.ts'
import { agoOrAhead } from './layout.ts'
import { conditionOf, refText } from './story.ts'

/** The answer to "why is it not ready": what is so, what happens next, what to do. */
export function whyLines(gathered: Gathered, now: Instant): readonly string[] {
  const { certificate } = gathered
  const { status, metadata } = certificate
  const ready = conditionOf(certificate, 'Ready')
  const stalled = conditionOf(certificate, 'Stalled')
  const failure = status?.lastFailure
  if (ready === undefined)
    return [
      `Perennial has not looked at ${metadata.name} yet. Is the operator running, and does it watch namespace ${metadata.namespace}?`,
      'See: kubectl get pods -A -l app.kubernetes.io/name=perennial',
    ]
  const lines = [
    ready.status === 'True'
      ? `${metadata.name} is ready. ${ready.message}`
      : `${metadata.name} is not ready (${ready.reason}). ${ready.message}`,
  ]
  const end =
    stalled?.status === 'True' ? ['Nothing more happens by itself: change what the sentence above names.'] : []
  const isSaid = stalled !== undefined && ready.message.includes(stalled.message)
  if (isSaid) lines.push(...end)
  lines.push(...policyLines(certificate, ready))
  if (failure !== undefined) {
    lines.push(`The last attempt failed ${agoOrAhead(failure.time, now)} (${failure.code}): ${failure.message}`)
    lines.push(nextStep(failure.nextTryTime, now))
  }
  lines.push(...issuerLines(gathered, ready))
  if (status?.enrollment !== undefined)
    lines.push(`An enrollment is under way: ${status.enrollment.note ?? status.enrollment.phase}`)
  if (!isSaid) lines.push(...end)
  const ignored = conditionOf(certificate, 'WindowsIgnored')
  if (ignored?.status === 'True') lines.push(`Its renewal windows are not waited for: ${ignored.message}`)
  const waiting = waitingFor(certificate, ready)
  if (waiting !== undefined) lines.push(waiting)
  else if (ready.status === 'True' && failure === undefined && status?.renewalTime !== undefined)
    lines.push(`It is renewed ${agoOrAhead(status.renewalTime, now)}, at ${status.renewalTime}.`)
  return lines
}

/** What is wrong at the issuer, unless that is said already; and at those to fall back to, where one of them is needed. */
function issuerLines({ certificate: { spec }, issuer, fallbacks }: Gathered, ready: Condition): readonly string[] {
  const first = troubleAt({ ref: spec.issuerRef, issuer }, 'spec.issuerRef')
  if (first === undefined) return []
  const others =
    ready.status === 'True'
      ? []
      : fallbacks.flatMap((one) => {
          const trouble = troubleAt(one, 'spec.fallbackIssuerRefs')
          return trouble === undefined ? [] : [`Nor can it fall back: ${trouble}`]
        })
  const isSaid = ready.message.includes(first) || ready.reason === 'IssuerNotFound'
  return [...(isSaid ? [] : [first]), ...others]
}

/** @returns undefined where all is well */
function troubleAt({ ref, issuer }: Fallback, field: string): string | undefined {
  if (issuer === undefined) return `${refText(ref)} is not there, or you may not read it; make it, or correct ${field}.`
  const ready = conditionOf(issuer, 'Ready')
  return ready?.status === 'True'
    ? undefined
    : `${refText(ref)} is not ready: ${ready?.message ?? 'it was not looked at yet.'}`
}

/** A renewal that waits for its turn, which a certificate that is ready says nothing of. */
function waitingFor(certificate: Certificate, ready: Condition): string | undefined {
  const issuing = conditionOf(certificate, 'Issuing')
  const isWaiting = issuing?.reason === 'BudgetSpent' || issuing?.reason === 'OutsideWindow'
  return ready.status === 'True' && isWaiting ? `It is due for renewal. ${issuing.message}` : undefined
}

/** What policies say, unless that is said already as the reason for not being ready. */
function policyLines(certificate: Certificate, ready: Condition): readonly string[] {
  const told = conditionOf(certificate, 'Compliant')
  if (told?.status !== 'False' || ready.message.includes(told.message)) return []
  const isDenied = told.reason === 'Denied'
  const so = isDenied ? 'Policies do not allow it' : 'Policies that only watch do not allow it'
  return [`${so}: ${told.message}`]
}

const nextStep = (nextTry: string | undefined, now: Instant): string =>
  nextTry === undefined
    ? 'It is not tried again until the spec, the issuer or the renew annotation changes.'
    : `It is tried again ${agoOrAhead(nextTry, now)}, at ${nextTry}; at once after a change of the spec.`
