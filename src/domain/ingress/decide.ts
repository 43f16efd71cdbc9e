/**
 * What is to be done about the Certificates of one claimant. Pure.
 *
 *   nobody has it        the oldest claimant of the Secret makes the Certificate
 *   it is this one's     it is kept as wanted, and taken away when it is no longer wanted
 *   it is another's      it is left alone, and everybody who wants it is told
 */
import { isDeepStrictEqual } from 'node:util'
import { isJsonObject } from '../../std/json.ts'
import type { JsonObject } from '../../std/json.ts'
import type { Claimant, Complaint } from './claimant.ts'
import type { Wanted, WantedCertificate } from './wanted.ts'

/** A Certificate that is there. */
export interface Existing {
  readonly name: string
  readonly secretName: string
  /** The uid of the object that controls it. */
  readonly controller: string | undefined
  /** What it was last made from; see {@link Apply.hash}. */
  readonly hash: string | undefined
  readonly isEnding: boolean
  readonly object: JsonObject
}

export interface Surroundings {
  readonly find: (name: string) => Existing | undefined
  /** Certificates that this claimant controls. */
  readonly owned: readonly Existing[]
  /** Certificates that write this Secret. */
  readonly writersOf: (secretName: string) => readonly Existing[]
  /** Other claimants that want a certificate in this Secret. */
  readonly rivalsFor: (secretName: string) => readonly Claimant[]
  readonly hashOf: (wanted: WantedCertificate) => string
}

export interface Apply {
  /** `mend`: what was written as it is wanted has been changed by somebody else. */
  readonly kind: 'create' | 'update' | 'mend'
  readonly wanted: WantedCertificate
  /** Of everything that was wanted: a part that is wanted no longer cannot be seen from the Certificate alone. */
  readonly hash: string
}

export interface Remove {
  readonly kind: 'remove'
  readonly name: string
}

export type IngressStep = Apply | Remove

export interface Decision {
  readonly steps: readonly IngressStep[]
  readonly complaints: readonly Complaint[]
}

export function decideCertificates(claimant: Claimant, wanted: Wanted, around: Surroundings): Decision {
  const verdicts = wanted.certificates.map((one) => judge(claimant, one, around))
  const kept = new Set([...wanted.frozen, ...wanted.certificates.map(({ name }) => name)])
  const removals = around.owned
    .filter(({ name, isEnding }) => !isEnding && !kept.has(name))
    .map(({ name }): Remove => ({ kind: 'remove', name }))
  return {
    steps: [...verdicts.flatMap(({ steps }) => steps), ...removals],
    complaints: [...wanted.complaints, ...verdicts.flatMap(({ complaints }) => complaints)],
  }
}

const idle: Decision = { steps: [], complaints: [] }

function judge(claimant: Claimant, wanted: WantedCertificate, around: Surroundings): Decision {
  const existing = around.find(wanted.name)
  const rivals = around.rivalsFor(wanted.name)
  // It is about to go; its end is news, and then it is made anew.
  if (existing?.isEnding === true) return idle
  if (existing !== undefined && existing.controller !== claimant.uid) return leftAlone(claimant, existing, rivals)
  const [stranger] = around.writersOf(wanted.name).filter(({ name }) => name !== wanted.name)
  if (existing === undefined && stranger !== undefined) return leftAlone(claimant, stranger, rivals)
  const elder = existing === undefined ? rivals.find((rival) => isElder(rival, claimant)) : undefined
  if (elder !== undefined) return conflict(wanted.name, elder)
  const step = stepFor(wanted, existing, around)
  return { steps: step, complaints: rivals.map((rival) => shared(wanted.name, rival)) }
}

function stepFor(wanted: WantedCertificate, existing: Existing | undefined, around: Surroundings): readonly Apply[] {
  const hash = around.hashOf(wanted)
  if (existing === undefined) return [{ kind: 'create', wanted, hash }]
  if (existing.hash !== hash) return [{ kind: 'update', wanted, hash }]
  return carries(existing.object, wanted) ? [] : [{ kind: 'mend', wanted, hash }]
}

/** Whether a Certificate says all that is wanted; what others added to it is theirs. */
function carries(object: JsonObject, { spec, labels, annotations }: WantedCertificate): boolean {
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {}
  return has(object['spec'], spec) && has(metadata['labels'], labels) && has(metadata['annotations'], annotations)
}

function has(value: unknown, wanted: JsonObject): boolean {
  const members = isJsonObject(value) ? value : {}
  return Object.entries(wanted).every(([key, part]) =>
    isJsonObject(part) ? has(members[key], part) : isDeepStrictEqual(members[key], part),
  )
}

function leftAlone(claimant: Claimant, existing: Existing, rivals: readonly Claimant[]): Decision {
  const holder = rivals.find(({ uid }) => uid === existing.controller)
  if (holder !== undefined) return conflict(existing.secretName, holder)
  const message = `The Secret ${existing.secretName} belongs to the Certificate ${existing.name}, which this ${claimant.kind} did not make; it is left alone. Delete that Certificate, take the annotation away, or name another Secret.`
  return { steps: [], complaints: [{ reason: 'SecretTaken', message }] }
}

function conflict(secretName: string, holder: Claimant): Decision {
  const message = `The Secret ${secretName} is kept by the ${holder.kind} ${holder.name}, which names it too; here nothing is done about it. Name another Secret, or take the issuer annotation away here.`
  return { steps: [], complaints: [{ reason: 'SecretConflict', message }] }
}

function shared(secretName: string, rival: Claimant): Complaint {
  const message = `The Secret ${secretName} is named by the ${rival.kind} ${rival.name} too; its certificate is made as it is asked for here. Name another Secret in one of the two, or take the issuer annotation away in one.`
  return { reason: 'SecretConflict', message }
}

/** Times of creation have whole seconds, and the uid decides within one: everybody comes to the same answer. */
function isElder(one: Claimant, than: Claimant): boolean {
  return one.createdAt === than.createdAt ? one.uid < than.uid : one.createdAt < than.createdAt
}
