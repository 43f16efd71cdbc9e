/** What to write into DNS where a CAA record keeps the CA from issuing (RFC 8659), bound to the account (RFC 8657). */
import type { Outcome } from '../enroller.ts'
import type { Desk } from './desk.ts'
import { caaCure } from './problem.ts'

/** The methods of the solvers in the words of RFC 8657 section 4, which are those of ACME. */
const methods = { http01: 'http-01', dns01: 'dns-01', tlsAlpn01: 'tls-alpn-01' } as const

/** @returns the outcome, with the record to add where it is about one */
export function withCaaRecord(outcome: Outcome, desk: Desk): Outcome {
  if (outcome.kind !== 'refused' || !outcome.fault.message.includes(caaCure)) return outcome
  const message = outcome.fault.message.replace(caaCure, `${caaCure}, for example: ${caaRecord(desk)}`)
  return { ...outcome, fault: { ...outcome.fault, message } }
}

function caaRecord({ directory, account, spec }: Desk): string {
  const [ca = "<the CA's domain>"] = directory.meta.caaIdentities
  const used = Object.entries(methods).flatMap(([solver, method]) =>
    (spec.solvers ?? []).some((one) => Object.hasOwn(one, solver)) ? [method] : [],
  )
  const by = used.length === 0 ? '' : `; validationmethods=${used.join(',')}`
  return `0 issue "${ca}; accounturi=${account.url}${by}"`
}
