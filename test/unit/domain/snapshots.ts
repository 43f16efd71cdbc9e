/** Builds what `decide` and `reduce` look at: everything is well unless a test says otherwise. */
import type { CertificateSpec, CertificateStatus } from '../../../src/api/certificate.ts'
import type { CertificateFacts, KeyFacts } from '../../../src/domain/facts.ts'
import type { ReadyIssuer, RequestedWish, SecretMarks, SecretView, Snapshot } from '../../../src/domain/snapshot.ts'
import { readWish } from '../../../src/domain/wish.ts'
import { days, instant, minus, plus, toRfc3339 } from '../../../src/std/time.ts'
import type { Instant } from '../../../src/std/time.ts'

export const now = instant(Date.UTC(2026, 5, 1, 12))
export const at = (moment: Instant): string => toRfc3339(moment)

export const caRef = { name: 'ca', kind: 'Issuer', group: 'perennial.dev' } as const

export const baseSpec: CertificateSpec = {
  secretName: 'web-tls',
  issuerRef: caRef,
  dnsNames: ['www.example.com'],
  privateKey: { algorithm: 'ECDSA' },
}

/** Hashes are the texts themselves. */
export function wishOf(spec: Partial<CertificateSpec> = {}): RequestedWish {
  const wish = readWish({ ...baseSpec, ...spec })
  if (!wish.ok) throw new Error(wish.error)
  return { ...wish.value, requestHash: wish.value.requestText, outputsHash: wish.value.outputsText }
}

export const keyFacts = (publicKeyHash = 'key-1'): KeyFacts => ({
  shape: { algorithm: 'ECDSA', size: 256 },
  encoding: 'PKCS1',
  publicKeyHash,
})

/** A certificate of 90 days, ten of which have passed. */
export function factsOf(more: Partial<CertificateFacts> = {}): CertificateFacts {
  return {
    serialNumber: 'AA',
    fingerprint: 'f-AA',
    subject: [],
    issuer: [],
    names: [{ type: 'dns', value: 'www.example.com' }],
    notBefore: minus(now, days(10)),
    notAfter: plus(now, days(80)),
    key: { algorithm: 'ECDSA', size: 256 },
    publicKeyHash: 'key-1',
    usages: ['digital signature', 'key encipherment'],
    isCA: false,
    signatureHash: 'sha256',
    subjectKeyId: undefined,
    authorityKeyId: undefined,
    selfSigned: false,
    ...more,
  }
}

export function marksOf(more: Partial<SecretMarks> = {}, wish = wishOf()): SecretMarks {
  return {
    requestHash: wish.requestHash,
    outputsHash: wish.outputsHash,
    issuerRef: caRef,
    issuedAt: minus(now, days(10)),
    renewRequest: undefined,
    ...more,
  }
}

export function secretOf(more: Partial<SecretView> = {}): SecretView {
  return {
    resourceVersion: '7',
    owner: 'web',
    certificate: { kind: 'ok', facts: factsOf() },
    key: { kind: 'ok', facts: keyFacts() },
    intact: true,
    marks: marksOf(),
    ...more,
  }
}

export const secretWith = (facts: Partial<CertificateFacts>, marks: Partial<SecretMarks> = {}): SecretView =>
  secretOf({ certificate: { kind: 'ok', facts: factsOf(facts) }, marks: marksOf(marks) })

/** Two thirds of its life and all of its jitter have passed. */
export const dueSecret = secretWith(
  { notBefore: minus(now, days(70)), notAfter: plus(now, days(20)) },
  { issuedAt: minus(now, days(70)) },
)

export const network: ReadyIssuer = {
  kind: 'ready',
  protocol: 'acme',
  uid: 'issuer-uid',
  generation: 3,
  inProcess: false,
  renewsWithCurrent: false,
  advises: false,
  readySince: minus(now, days(100)),
}
export const inProcess: ReadyIssuer = { ...network, protocol: 'ca', inProcess: true }

export const pendingKey = { resourceVersion: '8', key: keyFacts('key-2'), keepsRequest: false } as const

/** A status that tells of the certificate in {@link secretOf}. */
export const toldStatus: CertificateStatus = { revision: 1, fingerprintSHA256: 'f-AA', serialNumber: 'AA' }

export interface World {
  readonly spec?: Partial<CertificateSpec>
  readonly invalid?: string
  readonly status?: CertificateStatus
  readonly renewRequest?: string
  readonly deleting?: boolean
  readonly more?: Partial<Snapshot>
}

export function snapshotOf({
  spec = {},
  invalid,
  status = toldStatus,
  more = {},
  ...certificate
}: World = {}): Snapshot {
  return {
    certificate: {
      namespace: 'team',
      name: 'web',
      uid: 'web-uid',
      generation: 2,
      deleting: certificate.deleting ?? false,
      wish: invalid === undefined ? { ok: true, value: wishOf(spec) } : { ok: false, error: invalid },
      status,
      renewRequest: certificate.renewRequest,
    },
    issuer: network,
    choice: { ref: caRef, because: undefined, reconsiderAt: undefined },
    secret: secretOf(),
    pending: undefined,
    rival: undefined,
    hold: undefined,
    ...more,
  }
}

/** An enrollment in flight, with the pending key. */
export function flightOf(
  more: Partial<NonNullable<CertificateStatus['enrollment']>> = {},
): NonNullable<CertificateStatus['enrollment']> {
  return {
    protocol: 'acme',
    phase: 'challenges',
    note: 'waiting for the CA',
    startedAt: at(minus(now, days(1))),
    requestHash: wishOf().requestHash,
    issuer: 'issuer-uid/3',
    keyHash: 'key-2',
    replaces: 'AA',
    ticket: { version: 1, phase: 'challenges', state: { order: 'https://ca.example/1' } },
    ...more,
  }
}

/** A failure of the same wish at the same issuer, an hour ago. */
export function failureOf(
  more: Partial<NonNullable<CertificateStatus['lastFailure']>> = {},
): NonNullable<CertificateStatus['lastFailure']> {
  const { requestHash, outputsHash } = wishOf()
  return {
    code: 'Unreachable',
    message: 'the CA cannot be reached',
    time: at(minus(now, days(1 / 24))),
    attempts: 1,
    recent: [],
    requestHash: `${requestHash}/${outputsHash}`,
    issuer: 'issuer-uid/3',
    nextTryTime: at(plus(now, days(1 / 24))),
    ...more,
  }
}
