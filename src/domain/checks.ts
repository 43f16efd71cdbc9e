/**
 * The ordered checks that a Certificate's Secret must pass. The first that fails names the reason; none means that there is
 * nothing to do until the certificate is due. The order is cert-manager's, so that people meet the reasons they know.
 */
import type { Instant } from '../std/time.ts'
import { toRfc3339 } from '../std/time.ts'
import { dueByAge, reissueAt } from './due.ts'
import { breachText } from './policy/telling.ts'
import type { PolicyView } from './policy/telling.ts'
import type { RequestedWish, SecretView, Situation } from './snapshot.ts'
import { keyText, sameShape } from './wanted.ts'

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
  | 'PolicyViolated'
  | 'IssuerCaChanged'
  | 'Renewing'
  | 'Expired'
  | 'NotYetValid'
  | 'OutputsChanged'
  | 'SecretDamaged'

export interface Violation {
  readonly reason: CheckReason
  readonly message: string
  /**
   * `wish`: the spec, the issuer, a person or the calendar asks for it. `meddling`: somebody else changed or removed what we
   * wrote; put right only so often, because whoever did it may do it again.
   */
  readonly cause: 'wish' | 'meddling'
}

export interface CheckInput {
  readonly uid: string
  readonly name: string
  readonly wish: RequestedWish
  readonly secret: SecretView | undefined
  readonly renewRequest: string | undefined
  readonly renewAt: Instant | undefined
  /** When it is re-issued because its CA was replaced. */
  readonly reissueAt?: Instant | undefined
  readonly policy?: PolicyView | undefined
}

/** What is good and is replaced in time can wait a while; whatever is not named here is wanted now. */
const canWaitFor: ReadonlySet<CheckReason> = new Set(['Renewing', 'IssuerCaChanged', 'PolicyViolated'])

/** Whether a renewal for this reason may wait for a window, and stand behind others in line. */
export const canWait = ({ reason }: Violation): boolean => canWaitFor.has(reason)

type Check = (input: CheckInput, now: Instant) => Violation | undefined

const wished = (reason: CheckReason, message: string): Violation => ({ reason, message, cause: 'wish' })
const meddled = (reason: CheckReason, message: string): Violation => ({ reason, message, cause: 'meddling' })

const secretExists: Check = ({ secret, wish }) =>
  secret === undefined ? meddled('DoesNotExist', `Secret ${wish.secretName} does not exist`) : undefined

const dataPresent: Check = ({ secret, wish }) => {
  const missing = [
    ...(secret?.key.kind === 'missing' ? ['tls.key'] : []),
    ...(secret?.certificate.kind === 'missing' ? ['tls.crt'] : []),
  ]
  return missing.length === 0
    ? undefined
    : meddled('MissingData', `Secret ${wish.secretName} lacks ${missing.join(' and ')}`)
}

const readable: Check = ({ secret, wish }) => {
  if (secret?.key.kind === 'damaged')
    return meddled('InvalidKeyPair', `tls.key in Secret ${wish.secretName}: ${secret.key.message}`)
  if (secret?.certificate.kind === 'damaged')
    return meddled('InvalidCertificate', `tls.crt in Secret ${wish.secretName}: ${secret.certificate.message}`)
  return undefined
}

const keyPairMatches: Check = ({ secret, wish }) => {
  if (secret?.key.kind !== 'ok' || secret.certificate.kind !== 'ok') return undefined
  return secret.key.facts.publicKeyHash === secret.certificate.facts.publicKeyHash
    ? undefined
    : meddled('InvalidKeyPair', `tls.key in Secret ${wish.secretName} is not the key of its tls.crt`)
}

const rightCertificate: Check = ({ secret, name }) =>
  secret?.owner === undefined || secret.owner === name
    ? undefined
    : meddled('IncorrectCertificate', `the Secret was issued for Certificate ${secret.owner}`)

const rightIssuer: Check = ({ secret, wish }) => {
  const marked = secret?.marks.issuerRef
  if (marked === undefined) return undefined
  const accepted = [wish.issuerRef, ...wish.fallbackIssuerRefs]
  const matches = accepted.some(
    (ref) => ref.name === marked.name && ref.kind === marked.kind && ref.group === marked.group,
  )
  return matches
    ? undefined
    : wished(
        'IncorrectIssuer',
        `issued by ${marked.kind} ${marked.name}, wanted from ${wish.issuerRef.kind} ${wish.issuerRef.name}`,
      )
}

const keyFits: Check = ({ secret, wish }) => {
  if (secret?.key.kind !== 'ok') return undefined
  const { shape } = secret.key.facts
  if (wish.keyIsOpen === true && secret.marks.requestHash === wish.requestHash) return undefined
  return sameShape(shape, wish.wanted.key)
    ? undefined
    : wished('SecretMismatch', `the key is ${keyText(shape)}, wanted is ${keyText(wish.wanted.key)}`)
}

const sameRequest: Check = ({ secret, wish }) => {
  const marked = secret?.marks.requestHash
  if (marked === wish.requestHash) return undefined
  return marked === undefined
    ? meddled('RequestChanged', `Secret ${wish.secretName} no longer says which spec its certificate was issued for`)
    : wished('RequestChanged', 'the spec has changed since the certificate was issued')
}

const notAskedFor: Check = ({ secret, renewRequest }) =>
  renewRequest === undefined || renewRequest === secret?.marks.renewRequest
    ? undefined
    : wished('ManuallyTriggered', `renewal was requested (${renewRequest.slice(0, 40)})`)

const notExpired: Check = ({ secret }, now) => {
  if (secret?.certificate.kind !== 'ok' || now < secret.certificate.facts.notAfter) return undefined
  return wished('Expired', 'the certificate has expired')
}

const alreadyValid: Check = ({ secret }, now) => {
  if (secret?.certificate.kind !== 'ok' || secret.certificate.facts.notBefore <= now) return undefined
  return wished('NotYetValid', `the certificate is not valid before ${toRfc3339(secret.certificate.facts.notBefore)}`)
}

const caStands: Check = ({ reissueAt: due }, now) =>
  due === undefined || now < due
    ? undefined
    : wished('IssuerCaChanged', 'the CA that issued it was replaced by another')

const notDue: Check = ({ renewAt: due }, now) =>
  due === undefined || now < due ? undefined : wished('Renewing', 'the certificate is due for renewal')

const keepsPolicy: Check = ({ policy }) =>
  policy?.reissues === true
    ? wished('PolicyViolated', breachText(policy.breaches.filter(({ about }) => about === 'Certificate')))
    : undefined

const outputsCurrent: Check = ({ secret, wish }) => {
  if (secret === undefined) return undefined
  const marked = secret.marks.outputsHash
  if (marked !== undefined && marked !== wish.outputsHash)
    return wished('OutputsChanged', 'formats, keystores or template have changed')
  if (secret.intact && marked !== undefined) return undefined
  return meddled('SecretDamaged', `Secret ${wish.secretName} was changed by someone else`)
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

/** What asks for a new certificate, in the order in which it is looked for. */
const trigger: readonly Check[] = [...fitness, notAskedFor, notExpired, notDue, caStands, keepsPolicy]

/** What makes `Ready` false: a certificate that is merely due is still good. */
const readiness: readonly Check[] = [...fitness, notExpired, alreadyValid]

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

/** Whether the Secret holds what is asked for, be it due, expired or early. */
export const isFit = (input: CheckInput, now: Instant): boolean => firstViolation(fitness, input, now) === undefined

/** @returns why the Secret must be written anew although its certificate may stay; undefined when its certificate is unfit */
export const firstRewrite = (input: CheckInput, now: Instant): Violation | undefined =>
  isFit(input, now) ? outputsCurrent(input, now) : undefined

export function isReady(snapshot: Situation, now: Instant): boolean {
  const input = checkInput(snapshot)
  return input !== undefined && firstUnreadiness(input, now) === undefined
}

/** The input of the checks, or undefined while the spec cannot be understood. */
export function checkInput(snapshot: Situation): CheckInput | undefined {
  const { certificate, secret } = snapshot
  if (!certificate.wish.ok) return undefined
  return {
    uid: certificate.uid,
    name: certificate.name,
    wish: certificate.wish.value,
    secret,
    renewRequest: certificate.renewRequest,
    renewAt: dueByAge(snapshot),
    reissueAt: reissueAt(snapshot),
    policy: snapshot.policy,
  }
}
