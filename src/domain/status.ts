/**
 * The status that a Certificate deserves: what its Secret holds, what is being done, and what is remembered of attempts.
 */
import type { CertificateStatus } from '../api/certificate.ts'
import { between, earliest, toRfc3339 } from '../std/time.ts'
import type { Duration, Instant } from '../std/time.ts'
import { conditions } from './conditions.ts'
import type { Activity } from './conditions.ts'
import { renewAt } from './due.ts'
import { flightOf, sameRef } from './flight.ts'
import type { Next } from './outcome.ts'
import { policyStatus } from './policy/telling.ts'
import type { Situation, Snapshot } from './snapshot.ts'

export interface Telling {
  readonly now: Instant
  readonly set?: Partial<CertificateStatus>
  readonly drop?: readonly (keyof CertificateStatus)[]
}

/** Longest text of ours in a status or an Event: it is for reading, the log has the rest. */
const longestText = 1024

export const clip = (text: string): string => text.slice(0, longestText)

/** What is said of the certificate in the Secret and by policies, and no longer when there is none. */
const factNames: readonly (keyof CertificateStatus)[] = ['notBefore', 'notAfter', 'renewalTime', 'policy']

/** The status that the snapshot deserves, with what is remembered from the one before. */
export function tell(snapshot: Snapshot, activity: Activity, { now, set = {}, drop = [] }: Telling): CertificateStatus {
  const { certificate, issuer } = snapshot
  const dropped = new Set<string>([...drop, ...factNames, ...outdated(snapshot)])
  const remembered = Object.fromEntries(Object.entries(certificate.status).filter(([key]) => !dropped.has(key)))
  const held: CertificateStatus = {
    ...remembered,
    ...(issuer.kind === 'ready' ? { protocol: issuer.protocol } : {}),
    ...factsOf(snapshot),
    ...policyStatus(snapshot.policy),
    ...set,
  }
  const view = withStatus(snapshot, held)
  const due = renewAt(view)
  return {
    ...held,
    ...(due === undefined ? {} : { renewalTime: toRfc3339(due) }),
    observedGeneration: certificate.generation,
    conditions: [...conditions(view, activity, now)],
  }
}

export const withStatus = (snapshot: Snapshot, status: CertificateStatus): Snapshot => ({
  ...snapshot,
  certificate: { ...snapshot.certificate, status },
})

/** Remembered parts that speak of a certificate or an enrollment that is no more. */
function outdated(snapshot: Snapshot): readonly (keyof CertificateStatus)[] {
  const { enrollment, renewalInfo } = snapshot.certificate.status
  const { secret } = snapshot
  const serialNumber = secret?.certificate.kind === 'ok' ? secret.certificate.facts.serialNumber : undefined
  return [
    ...(enrollment !== undefined && flightOf(snapshot) === undefined ? (['enrollment'] as const) : []),
    ...(renewalInfo !== undefined && renewalInfo.serialNumber !== serialNumber ? (['renewalInfo'] as const) : []),
  ]
}

function factsOf({ secret, issuer, choice }: Snapshot): Partial<CertificateStatus> {
  if (secret?.certificate.kind !== 'ok') return {}
  const facts = secret.certificate.facts
  const ref = secret.marks.issuerRef
  const isFromIssuer = ref !== undefined && sameRef(ref, choice.ref)
  return {
    notBefore: toRfc3339(facts.notBefore),
    notAfter: toRfc3339(facts.notAfter),
    serialNumber: facts.serialNumber,
    fingerprintSHA256: facts.fingerprint,
    ...(ref === undefined
      ? {}
      : { issuedBy: { ...ref, ...(isFromIssuer && issuer.kind === 'ready' ? { protocol: issuer.protocol } : {}) } }),
  }
}

export const wasReady = ({ conditions: told = [] }: CertificateStatus): boolean =>
  told.some(({ type, status }) => type === 'Ready' && status === 'True')

/** What is left of the certificate in the Secret; undefined when there is none or it has expired. */
export function lifeLeft({ secret }: Situation, now: Instant): Duration | undefined {
  if (secret?.certificate.kind !== 'ok') return undefined
  const { notAfter } = secret.certificate.facts
  return notAfter > now ? between(now, notAfter) : undefined
}

/** The earliest of what is waited for, the renewal, and the moments at which `Ready` changes by itself. */
export function wake(snapshot: Snapshot, at: Instant | undefined, now: Instant): Next['then'] {
  const moments: Instant[] = at === undefined ? [] : [at]
  if (snapshot.secret?.certificate.kind === 'ok') {
    const { notBefore, notAfter } = snapshot.secret.certificate.facts
    const due = renewAt(snapshot) ?? notAfter
    moments.push(...[notBefore, notAfter, due].filter((moment) => moment > now))
  }
  const [first, ...rest] = moments
  return first === undefined ? { kind: 'rest' } : { kind: 'at', at: earliest(first, ...rest) }
}
