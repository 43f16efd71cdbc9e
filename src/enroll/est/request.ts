/**
 * What a request says: what the Certificate wants, what the CA wishes in /csrattrs, and in a renewal what the old certificate
 * said, octet for octet, because servers compare it so (RFC 7030 section 4.2.2).
 */
import type { EstSpec } from '../../api/issuer/est.ts'
import type { CertificateFacts } from '../../domain/facts.ts'
import { keyText } from '../../domain/wanted.ts'
import type { DistinguishedName, SubjectName } from '../../domain/wanted.ts'
import type { TlsSession } from '../../net/http.ts'
import { buildCsr } from '../../pki/csr.ts'
import type { RequestAttribute } from '../../pki/csr.ts'
import { extensionIds } from '../../pki/extensions.ts'
import type { HashName } from '../../pki/key.ts'
import { encodeName } from '../../pki/names.ts'
import type { Der } from '../../std/bytes.ts'
import { SecretText } from '../../std/secret.ts'
import type { Order } from '../enroller.ts'
import type { CsrWishes } from './csrattrs.ts'
import { changeSubjectName, encodedNames, namesIn } from './subjectname.ts'

export type Binding = NonNullable<EstSpec['channelBinding']>

/** What a request is made of besides the wish and the key. */
export interface Blueprint {
  /** A Name, DER, in place of the wish's. */
  readonly subject: Der | undefined
  /** Extensions, DER. */
  readonly extensions: readonly Der[]
  readonly attributes: readonly RequestAttribute[]
  readonly hash: HashName | undefined
  readonly binding: Binding
}

export interface Design {
  readonly blueprint: Blueprint
  /** Where the CA and the Certificate disagree, a clause each. */
  readonly conflicts: readonly string[]
}

export interface Inputs {
  readonly order: Order
  readonly wishes: CsrWishes
  readonly spec: EstSpec
  /** The certificate that is being renewed. */
  readonly current?: { readonly der: Der; readonly facts: CertificateFacts } | undefined
}

/** Puts together what the request will say. Nothing random, nothing signed yet. */
export function designRequest({ order, wishes, spec, current }: Inputs): Design {
  const renewal = current === undefined ? undefined : renewalParts(order, current)
  const filled = wishes.extensions.filter((one) => one.encoded !== undefined)
  const { taken, conflicts } = sortExtensions(order, filled)
  const subject = renewal === undefined ? completeSubject(order.wanted.subject, wishes.subject) : undefined
  const binding = spec.channelBinding ?? (wishes.bindsChannel ? 'Auto' : 'None')
  return {
    blueprint: {
      subject: renewal?.subject ?? subject?.encoded,
      extensions: [...(renewal?.extensions ?? []), ...taken],
      attributes: [...(renewal?.attributes ?? []), ...wishes.attributes],
      hash: wishes.hash,
      binding,
    },
    conflicts: [
      ...keyConflict(order, wishes),
      ...(subject?.conflicts ?? []),
      ...conflicts,
      ...(wishes.bindsChannel && spec.channelBinding === 'None'
        ? ['the CA wants requests bound to their TLS session, and spec.est.channelBinding is None']
        : []),
    ],
  }
}

function keyConflict({ wanted }: Order, { key }: CsrWishes): readonly string[] {
  if (
    key === undefined ||
    (key.algorithm === wanted.key.algorithm && (key.size ?? wanted.key.size) === wanted.key.size)
  )
    return []
  const asked = key.size === undefined ? key.algorithm : keyText({ algorithm: key.algorithm, size: key.size })
  return [`the CA wants a key of ${asked}, and spec.privateKey of the Certificate says ${keyText(wanted.key)}`]
}

/** Extensions that the Certificate speaks of itself stay as it has them; others are taken from the CA. */
function sortExtensions(
  { wanted }: Order,
  filled: CsrWishes['extensions'],
): { readonly taken: readonly Der[]; readonly conflicts: readonly string[] } {
  const taken: Der[] = []
  const conflicts: string[] = []
  for (const { type, value, encoded } of filled) {
    if (encoded === undefined || type === extensionIds.basicConstraints) continue
    const isOwnNames = type === extensionIds.subjectAltName && wanted.names.length > 0
    const isOwnUsage =
      (type === extensionIds.keyUsage || type === extensionIds.extKeyUsage) && wanted.encodeUsagesInRequest
    if (isOwnNames && value !== undefined && !sameNames(namesIn(value), wanted.names))
      conflicts.push('the CA wants other subject alternative names than the Certificate has')
    if (!isOwnNames && !isOwnUsage) taken.push(encoded)
  }
  return { taken, conflicts }
}

/** RFC 9908 section 3.4: what the CA gives a value goes in, what it leaves empty is for the Certificate to fill. */
function completeSubject(
  wanted: DistinguishedName,
  wishes: CsrWishes['subject'],
): { readonly encoded: Der | undefined; readonly conflicts: readonly string[] } {
  const own = wanted.flat()
  const given = wishes.filter(({ value }) => value !== '')
  const missing = given.filter(({ oid }) => !own.some((one) => one.oid === oid))
  const other = given.filter(
    ({ oid, value }) =>
      own.some((one) => one.oid === oid) && !own.some((one) => one.oid === oid && one.value === value),
  )
  const empty = wishes.filter(({ oid, value }) => value === '' && !own.some((one) => one.oid === oid))
  const conflicts = [
    ...other.map(
      ({ oid, value }) =>
        `the CA wants "${value.slice(0, 60)}" in the subject (${oid}), and the Certificate says otherwise`,
    ),
    ...empty.map(({ oid }) => `the CA wants a value in the subject for ${oid}, and the Certificate has none`),
  ]
  if (missing.length === 0) return { encoded: undefined, conflicts }
  return { encoded: encodeName([...missing.map((one) => [one]), ...wanted]), conflicts }
}

/** Subject and names of the old certificate; where they shall change, the new ones stand beside (RFC 6402 section 2.8). */
function renewalParts(
  { wanted }: Order,
  { der, facts }: NonNullable<Inputs['current']>,
): Pick<Blueprint, 'subject' | 'extensions' | 'attributes'> {
  const old = encodedNames(der)
  const keepsSubject = wanted.subject
    .flat()
    .every(({ oid, value }) => facts.subject.flat().some((one) => one.oid === oid && one.value === value))
  const changes = !keepsSubject || !sameNames(facts.names, wanted.names)
  return {
    subject: old.subject,
    extensions: old.alternativeNames === undefined ? [] : [old.alternativeNames],
    attributes: changes ? [changeSubjectName(wanted)] : [],
  }
}

const textOf = (name: SubjectName): string => `${name.type} ${'oid' in name ? name.oid : ''} ${name.value}`

const sameNames = (a: readonly SubjectName[], b: readonly SubjectName[]): boolean =>
  [...new Set(a.map(textOf))].sort().join('\n') === [...new Set(b.map(textOf))].sort().join('\n')

/** @param session - the TLS session that the request is bound to; undefined for a request that is bound to none */
export function writeRequest({ wanted, key }: Order, blueprint: Blueprint, session?: TlsSession): Promise<Der> {
  const { subject, extensions, attributes, hash, binding } = blueprint
  const password = session === undefined ? undefined : bindingValue(session, binding)
  return buildCsr({
    wanted,
    key,
    extensions,
    attributes,
    ...(subject === undefined ? {} : { subject }),
    ...(hash === undefined ? {} : { hash }),
    ...(password === undefined ? {} : { challengePassword: new SecretText(password) }),
  })
}

/** RFC 9266 section 2: the label and the length of tls-exporter. */
const exporter = { label: 'EXPORTER-Channel-Binding', length: 32 } as const

/** A session that the CA or the spec wants bound, and cannot be. */
export class Unbindable extends Error {}

/** @returns base64, as it goes into the challengePassword (RFC 7030 section 3.5) */
function bindingValue(session: TlsSession, binding: Binding): string | undefined {
  if (binding === 'None') return undefined
  const unique = binding === 'TLSExporter' ? undefined : session.tlsUnique()
  if (unique === undefined && binding === 'TLSUnique')
    throw new Unbindable(
      `spec.est.channelBinding is TLSUnique, and the server speaks ${session.version}, which has no such value; set TLSExporter, or let the server speak TLS 1.2`,
    )
  return Buffer.from(unique ?? session.exporter(exporter.label, exporter.length)).toString('base64')
}
