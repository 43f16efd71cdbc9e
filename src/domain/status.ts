/**
 * The status that a Certificate deserves: what its Secret holds, what is being done, and what is remembered of attempts.
 */
import type { CertificateStatus } from '../api/certificate.ts'
import { toRfc3339 } from '../std/time.ts'
import type { Instant } from '../std/time.ts'
import { renewAt } from './checks.ts'
import { conditions } from './conditions.ts'
import type { Activity } from './conditions.ts'
import type { EventDraft } from './outcome.ts'
import type { Snapshot } from './snapshot.ts'

export interface Telling {
  readonly now: Instant
  readonly set?: Partial<CertificateStatus>
  readonly drop?: readonly (keyof CertificateStatus)[]
}

export interface Told {
  readonly status: CertificateStatus
  readonly events: readonly EventDraft[]
}

/** The status that the snapshot deserves, with what is remembered from the one before. */
export function tell(snapshot: Snapshot, activity: Activity, { now, set = {}, drop = [] }: Telling): Told {
  const { certificate, issuer } = snapshot
  const remembered = Object.fromEntries(
    Object.entries(certificate.status).filter(([key]) => !drop.some((dropped) => dropped === key)),
  )
  const held: CertificateStatus = {
    ...remembered,
    ...(issuer.kind === 'ready' ? { protocol: issuer.protocol } : {}),
    ...factsOf(snapshot),
    ...set,
  }
  const view = { ...snapshot, certificate: { ...certificate, status: held } }
  const due = renewAt(view)
  const status: CertificateStatus = {
    ...held,
    ...(due === undefined ? {} : { renewalTime: toRfc3339(due) }),
    observedGeneration: certificate.generation,
    conditions: [...conditions(view, activity, now)],
  }
  return { status, events: [] }
}

function factsOf({ secret, issuer }: Snapshot): Partial<CertificateStatus> {
  if (secret?.certificate.kind !== 'ok') return {}
  const facts = secret.certificate.facts
  const ref = secret.marks.issuerRef
  return {
    notBefore: toRfc3339(facts.notBefore),
    notAfter: toRfc3339(facts.notAfter),
    serialNumber: facts.serialNumber,
    fingerprintSHA256: facts.fingerprint,
    ...(ref === undefined
      ? {}
      : { issuedBy: { ...ref, ...(issuer.kind === 'ready' ? { protocol: issuer.protocol } : {}) } }),
  }
}
