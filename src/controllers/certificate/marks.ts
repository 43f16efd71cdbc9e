/**
 * The annotations that a Secret carries about its certificate: some for people and other tools, some for our own checks.
 */
import type { IssuerRef } from '../../api/meta.ts'
import type { CertificateFacts } from '../../domain/facts.ts'
import type { RequestedWish } from '../../domain/snapshot.ts'
import type { SubjectName } from '../../domain/wanted.ts'
import { toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import { annotations } from '../names.ts'
import type { Observation } from './observe.ts'

interface MarkInput {
  readonly wish: RequestedWish
  readonly facts: CertificateFacts
  readonly observation: Observation
  readonly now: Instant
}

/** Annotation values are for reading, not for storing a thousand names. */
const longestList = 4096

/** The marks of a certificate that has just been issued. */
export function marksFor({ wish, facts, observation, now }: MarkInput): Record<string, string> {
  const { renewRequest } = observation.snapshot.certificate
  return {
    ...factMarks(facts),
    ...wishMarks(wish, observation, observation.snapshot.choice.ref),
    [annotations.requestHash]: wish.requestHash,
    [annotations.issuedAt]: toRfc3339(now),
    ...(renewRequest === undefined ? {} : { [annotations.renew]: renewRequest }),
  }
}

/** The marks of a Secret that is written anew around the same certificate: what was issued, for which wish, stays. */
export function marksKept(observation: Observation, wish: RequestedWish): Record<string, string> {
  const marks = observation.secret?.view.marks
  const certificate = observation.secret?.view.certificate
  return {
    ...(certificate?.kind === 'ok' ? factMarks(certificate.facts) : {}),
    ...wishMarks(wish, observation, marks?.issuerRef ?? observation.snapshot.choice.ref),
    ...(marks?.requestHash === undefined ? {} : { [annotations.requestHash]: marks.requestHash }),
    ...(marks?.issuedAt === undefined ? {} : { [annotations.issuedAt]: toRfc3339(marks.issuedAt) }),
    ...(marks?.renewRequest === undefined ? {} : { [annotations.renew]: marks.renewRequest }),
  }
}

function wishMarks(wish: RequestedWish, observation: Observation, issuerRef: IssuerRef): Record<string, string> {
  return {
    [annotations.certificateName]: observation.certificate.metadata.name,
    [annotations.issuerName]: issuerRef.name,
    [annotations.issuerKind]: issuerRef.kind,
    [annotations.issuerGroup]: issuerRef.group,
    [annotations.outputsHash]: wish.outputsHash,
  }
}

function factMarks(facts: CertificateFacts): Record<string, string> {
  const commonName = facts.subject.flat().find((part) => part.oid === '2.5.4.3')?.value ?? ''
  return {
    [annotations.commonName]: commonName,
    [annotations.altNames]: list(facts.names, 'dns'),
    [annotations.ipSans]: list(facts.names, 'ip'),
    [annotations.uriSans]: list(facts.names, 'uri'),
    [annotations.emailSans]: list(facts.names, 'email'),
  }
}

function list(names: readonly SubjectName[], type: SubjectName['type']): string {
  const text = names.filter((name) => name.type === type).map((name) => name.value)
  return text.join(',').slice(0, longestList)
}
