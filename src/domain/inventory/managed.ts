/** Certificates of ours as items of the inventory: what their status says, and what lies in their Secret. */
import type { Certificate } from '../../api/certificate.ts'
import type { Condition } from '../../api/meta.ts'
import { fromRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { CertificateFacts } from '../facts.ts'
import type { SubjectName } from '../wanted.ts'
import type { ItemSource, ItemState, Management } from './item.ts'

/** What was read from the Secret of a Certificate. */
export interface Held {
  readonly facts: CertificateFacts | undefined
  readonly chain: readonly CertificateFacts[]
  /** See {@link ItemSource.unreadAbove}. */
  readonly unreadAbove: number
  /** See {@link ItemSource.issuedAt}. */
  readonly issuedAt?: Instant | undefined
  readonly unreadable: string | undefined
}

/** Nothing was read, or there is nothing. */
export const nothingHeld: Held = { facts: undefined, chain: [], unreadAbove: 0, unreadable: undefined }

/** Labels that say who owns a certificate; the first that is there counts. */
const ownerLabels = ['perennial.dev/owner', 'app.kubernetes.io/managed-by-team', 'owner', 'team'] as const

/** @returns the owner that labels name */
export function ownerIn(labels: Readonly<Record<string, string>> | undefined): string | undefined {
  const name = ownerLabels.find((one) => (labels?.[one] ?? '') !== '')
  return name === undefined ? undefined : labels?.[name]
}

/**
 * @param certificate - as the API server has it
 * @param held - what its Secret holds, as far as it was read
 */
export function managedSource({ metadata, spec, status }: Certificate, held: Held): ItemSource {
  const conditionOf = (wanted: string): Condition | undefined => status?.conditions?.find(({ type }) => type === wanted)
  const ready = conditionOf('Ready')
  const { name, kind } = status?.issuedBy ?? spec.issuerRef
  return {
    kind: 'Certificate',
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    entry: '',
    secretName: spec.secretName,
    state: stateOf({ ready, issuing: conditionOf('Issuing'), hasFailed: status?.lastFailure !== undefined }),
    owner: ownerIn(metadata.labels),
    ...held,
    others: 0,
    management: {
      uid: metadata.uid ?? '',
      issuer: { kind, name },
      protocol: status?.issuedBy?.protocol ?? status?.protocol,
      renewalTime: moment(status?.renewalTime),
      revision: status?.revision,
      past: pastIn(status),
      message: ready?.message,
      waits: waitsIn(conditionOf('Issuing')),
      windowsIgnored: conditionOf('WindowsIgnored')?.message,
      failure: failureIn(status),
      enrollment: enrollmentIn(status),
      violations: status?.policy?.violations ?? noViolations,
    },
  }
}

const noPast: Management['past'] = []

function pastIn(status: Certificate['status']): Management['past'] {
  return (
    status?.history?.flatMap(({ serialNumber, notBefore, issuer }) => {
      const at = moment(notBefore)
      return at === undefined ? [] : [{ serialNumber, notBefore: at, issuer }]
    }) ?? noPast
  )
}

const noViolations: Management['violations'] = []

interface Told {
  readonly ready: Condition | undefined
  readonly issuing: Condition | undefined
  readonly hasFailed: boolean
}

const turnReasons = ['BudgetSpent', 'OutsideWindow'] as const

function waitsIn(issuing: Condition | undefined): Management['waits'] {
  if (issuing?.status !== 'False') return undefined
  const reason = turnReasons.find((one) => one === issuing.reason)
  return reason && { reason, message: issuing.message }
}

/**
 * Ready as the operator says it: a certificate that is good while its renewal fails is ready, and has a finding. One that
 * waits for an issuer, or for its spec to be corrected, is not being issued; one that waits for its turn is.
 */
function stateOf({ ready, issuing, hasFailed }: Told): ItemState {
  if (ready?.status === 'True') return 'ready'
  const isStuck = issuing?.status === 'False' && waitsIn(issuing) === undefined
  return hasFailed || isStuck ? 'failing' : 'issuing'
}

function failureIn(status: Certificate['status']): Management['failure'] {
  const failure = status?.lastFailure
  if (failure === undefined) return undefined
  const { code, message, time, nextTryTime } = failure
  return { code, message, time: moment(time), nextTry: moment(nextTryTime) }
}

function enrollmentIn(status: Certificate['status']): Management['enrollment'] {
  const enrollment = status?.enrollment
  if (enrollment === undefined) return undefined
  return { phase: enrollment.phase, note: enrollment.note, startedAt: moment(enrollment.startedAt) }
}

const moment = (text: string | undefined): Instant | undefined => (text === undefined ? undefined : fromRfc3339(text))

/**
 * What the status tells of the certificate in the Secret, for those who cannot or will not read Secrets. Its names are those
 * that were asked for; who signed it and what its key is stays unknown.
 */
export function toldBy({ metadata, spec, status }: Certificate): Held {
  const [notBefore, notAfter] = [moment(status?.notBefore), moment(status?.notAfter)]
  if (notBefore === undefined || notAfter === undefined) return nothingHeld
  const { serialNumber = '', fingerprintSHA256: fingerprint = '' } = status ?? {}
  const facts: CertificateFacts = {
    serialNumber,
    fingerprint,
    subject: [],
    issuer: [],
    names: namesAsked(spec),
    notBefore,
    notAfter,
    key: undefined,
    // No key is known, and unknown keys are no shared ones.
    publicKeyHash: metadata.uid ?? `${metadata.namespace}/${metadata.name}`,
    usages: [],
    isCA: spec.isCA === true,
    signatureHash: '',
    subjectKeyId: undefined,
    authorityKeyId: undefined,
    selfSigned: false,
  }
  return { ...nothingHeld, facts }
}

function namesAsked({ dnsNames, ipAddresses, uris, emailAddresses }: Certificate['spec']): readonly SubjectName[] {
  const of = (type: 'dns' | 'ip' | 'uri' | 'email', values: readonly string[] = []): readonly SubjectName[] =>
    values.map((value) => ({ type, value }))
  return [...of('dns', dnsNames), ...of('ip', ipAddresses), ...of('uri', uris), ...of('email', emailAddresses)]
}
