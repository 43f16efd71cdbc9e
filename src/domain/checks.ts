/**
 * The ordered checks that a Certificate's Secret must pass. The first that fails names the reason; none means that there is
 * nothing to do until the certificate is due. The order is cert-manager's, so that people meet the reasons they know.
 */
import type { Instant } from '../std/time.ts'
import { fromRfc3339 } from '../std/time.ts'
import type { CertificateFacts } from './facts.ts'
import { renewalTime } from './renewal.ts'
import type { RequestedWish, SecretView, Snapshot } from './snapshot.ts'

export type CheckReason =
  | 'DoesNotExist'
  | 'MissingData'
  | 'InvalidKeyPair'
  | 'InvalidCertificate'
  | 'IncorrectCertificate'
  | 'IncorrectIssuer'
  | 'SecretMismatch'
  | 'RequestChanged'
  | 'ManuallyTriggered'
  | 'Renewing'
  | 'Expired'
  | 'OutputsChanged'
  | 'SecretDamaged'

export interface Violation {
  readonly reason: CheckReason
  readonly message: string
  /** `issue` needs a certificate from the CA; `publish` only rewrites the Secret around the one that is there. */
  readonly remedy: 'issue' | 'publish'
}

export interface CheckInput {
  readonly uid: string
  readonly name: string
  readonly wish: RequestedWish
  readonly secret: SecretView | undefined
  readonly renewRequest: string | undefined
  readonly renewAt: Instant | undefined
}

type Check = (input: CheckInput, now: Instant) => Violation | undefined

const issue = (reason: CheckReason, message: string): Violation => ({ reason, message, remedy: 'issue' })

const secretExists: Check = ({ secret, wish }) =>
  secret === undefined ? issue('DoesNotExist', `Secret ${wish.secretName} does not exist yet`) : undefined

const dataPresent: Check = ({ secret, wish }) => {
  const missing = [
    ...(secret?.key.kind === 'missing' ? ['tls.key'] : []),
    ...(secret?.certificate.kind === 'missing' ? ['tls.crt'] : []),
  ]
  return missing.length === 0
    ? undefined
    : issue('MissingData', `Secret ${wish.secretName} lacks ${missing.join(' and ')}`)
}

const readable: Check = ({ secret, wish }) => {
  if (secret?.key.kind === 'damaged')
    return issue('InvalidKeyPair', `tls.key in Secret ${wish.secretName}: ${secret.key.message}`)
  if (secret?.certificate.kind === 'damaged')
    return issue('InvalidCertificate', `tls.crt in Secret ${wish.secretName}: ${secret.certificate.message}`)
  return undefined
}

const keyPairMatches: Check = ({ secret, wish }) => {
  if (secret?.key.kind !== 'ok' || secret.certificate.kind !== 'ok') return undefined
  return secret.key.facts.publicKeyHash === secret.certificate.facts.publicKeyHash
    ? undefined
    : issue('InvalidKeyPair', `tls.key in Secret ${wish.secretName} is not the key of its tls.crt`)
}

const rightCertificate: Check = ({ secret, name }) =>
  secret?.owner === undefined || secret.owner === name
    ? undefined
    : issue('IncorrectCertificate', `the Secret was issued for Certificate ${secret.owner}`)

const rightIssuer: Check = ({ secret, wish }) => {
  const marked = secret?.marks.issuerRef
  if (marked === undefined) return undefined
  const accepted = [wish.issuerRef, ...wish.fallbackIssuerRefs]
  const matches = accepted.some(
    (ref) => ref.name === marked.name && ref.kind === marked.kind && ref.group === marked.group,
  )
  return matches
    ? undefined
    : issue(
        'IncorrectIssuer',
        `issued by ${marked.kind} ${marked.name}, wanted from ${wish.issuerRef.kind} ${wish.issuerRef.name}`,
      )
}

const keyFits: Check = ({ secret, wish }) => {
  if (secret?.key.kind !== 'ok') return undefined
  const { shape } = secret.key.facts
  return shape.algorithm === wish.wanted.key.algorithm && shape.size === wish.wanted.key.size
    ? undefined
    : issue('SecretMismatch', `the key is ${keyText(shape)}, wanted is ${keyText(wish.wanted.key)}`)
}

const sameRequest: Check = ({ secret, wish }) =>
  secret?.marks.requestHash === wish.requestHash
    ? undefined
    : issue('RequestChanged', 'the spec has changed since the certificate was issued')

const notAskedFor: Check = ({ secret, renewRequest }) =>
  renewRequest === undefined || renewRequest === secret?.marks.renewRequest
    ? undefined
    : issue('ManuallyTriggered', `renewal was requested (${renewRequest.slice(0, 40)})`)

const notExpired: Check = ({ secret }, now) => {
  if (secret?.certificate.kind !== 'ok' || now < secret.certificate.facts.notAfter) return undefined
  return issue('Expired', 'the certificate has expired')
}

const notDue: Check = ({ renewAt }, now) =>
  renewAt === undefined || now < renewAt ? undefined : issue('Renewing', 'the certificate is due for renewal')

const outputsCurrent: Check = ({ secret, wish }) => {
  if (secret === undefined) return undefined
  if (!secret.intact)
    return {
      reason: 'SecretDamaged',
      message: `Secret ${wish.secretName} was changed by someone else`,
      remedy: 'publish',
    }
  if (secret.marks.outputsHash === wish.outputsHash) return undefined
  return { reason: 'OutputsChanged', message: 'formats, keystores or template have changed', remedy: 'publish' }
}

/** Whether the Secret holds what the spec asks for, whatever its age. */
const fitness: readonly Check[] = [
  secretExists,
  dataPresent,
  readable,
  keyPairMatches,
  rightCertificate,
  rightIssuer,
  keyFits,
  sameRequest,
]

/** What must be done, in the order in which it is looked for. */
const trigger: readonly Check[] = [...fitness, notAskedFor, notExpired, notDue, outputsCurrent]

/** What makes `Ready` false: a certificate that is merely due is still good. */
const readiness: readonly Check[] = [...fitness, notExpired]

const firstViolation = (checks: readonly Check[], input: CheckInput, now: Instant): Violation | undefined => {
  for (const check of checks) {
    const violation = check(input, now)
    if (violation !== undefined) return violation
  }
  return undefined
}

export const firstTrigger = (input: CheckInput, now: Instant): Violation | undefined =>
  firstViolation(trigger, input, now)
export const firstUnreadiness = (input: CheckInput, now: Instant): Violation | undefined =>
  firstViolation(readiness, input, now)

/** The input of the checks, or undefined while the spec cannot be understood. */
export function checkInput(snapshot: Snapshot): CheckInput | undefined {
  const { certificate, secret } = snapshot
  if (!certificate.wish.ok) return undefined
  return {
    uid: certificate.uid,
    name: certificate.name,
    wish: certificate.wish.value,
    secret,
    renewRequest: certificate.renewRequest,
    renewAt: renewAt(snapshot),
  }
}

/** When the certificate in the Secret is due; undefined when there is none to renew. */
export function renewAt(snapshot: Snapshot): Instant | undefined {
  const { certificate, secret } = snapshot
  if (!certificate.wish.ok || secret?.certificate.kind !== 'ok') return undefined
  const facts = secret.certificate.facts
  return renewalTime({
    uid: certificate.uid,
    serialNumber: facts.serialNumber,
    notBefore: facts.notBefore,
    notAfter: facts.notAfter,
    issuedAt: secret.marks.issuedAt ?? facts.notBefore,
    renewBefore: certificate.wish.value.renewBefore,
    renewBeforePercentage: certificate.wish.value.renewBeforePercentage,
    window: suggestedWindow(snapshot, facts),
  })
}

/** The CA's window, only if it was given for the very certificate that is there now. */
function suggestedWindow(snapshot: Snapshot, facts: CertificateFacts): { start: Instant; end: Instant } | undefined {
  const info = snapshot.certificate.status.renewalInfo
  if (info === undefined || info.serialNumber !== facts.serialNumber) return undefined
  const start = info.windowStart === undefined ? undefined : fromRfc3339(info.windowStart)
  const end = info.windowEnd === undefined ? undefined : fromRfc3339(info.windowEnd)
  return start === undefined || end === undefined || end <= start ? undefined : { start, end }
}

function keyText(shape: { algorithm: string; size: number }): string {
  return shape.size === 0 ? shape.algorithm : `${shape.algorithm} ${shape.size}`
}
