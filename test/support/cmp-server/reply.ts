/** Replies as they go out: header, protection, and what is wrong with them on command. */
import { randomBytes, X509Certificate } from 'node:crypto'
import { encodeElement, encodeSequence, tags } from '../../../src/pki/der.ts'
import { encodeName } from '../../../src/pki/names.ts'
import { keyIdentifier } from '../../../src/pki/signer.ts'
import { asDer } from '../../../src/std/bytes.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { days, minus, plus } from '../../../src/std/time.ts'
import type { Instant } from '../../../src/std/time.ts'
import { elementOf, identifier, none } from './asn1.ts'
import { subjectOf } from './authority.ts'
import { macAs, macIdentifier } from './mac.ts'
import type { Material } from './material.ts'
import { directory, encodeBody, encodeHeader, encodeMessage } from './message.ts'
import type { Header, Message } from './message.ts'
import { algorithmFor, protect } from './protection.ts'
import type { Guard, Protector } from './protection.ts'
import type { CmpTroubles } from './troubles.ts'

export interface Reply {
  readonly type: string
  readonly content: Uint8Array
  /** InfoTypeAndValue for the header. */
  readonly generalInfo?: readonly Der[]
  /** Instead of the request's nonce. */
  readonly echo?: Uint8Array | undefined
  readonly pvno?: 3
}

export interface Outgoing {
  readonly reply: Reply
  readonly request: Message | undefined
  readonly protector: Protector
  readonly material: Material
  readonly troubles: CmpTroubles
  /** What is wrong with this reply. */
  readonly lies: CmpTroubles
  readonly now: Instant
}

export interface Sent {
  readonly bytes: Uint8Array
  readonly senderNonce: Uint8Array | undefined
}

export async function writeReply(outgoing: Outgoing): Promise<Sent> {
  const { lies, reply, material, troubles } = outgoing
  const guard = guardFor(outgoing)
  const algorithm = algorithmFor(guard)
  const shown = lies.protection === 'otherAlgorithm' ? anotherAlgorithm(guard) : algorithm
  const header = headerOf(outgoing, guard, shown)
  const body = encodeBody(lies.bodyAs ?? reply.type, reply.content)
  const parts = { header: encodeHeader(header), body }
  const covered = encodeSequence(parts.header, parts.body)
  const protection = algorithm && spoil(await protect(guard, algorithm, covered), lies)
  const chain = [...new Set([...(guard.kind === 'signature' ? [guard.certificate] : []), material.ca.certificate])]
  const extraCerts = guard.kind === 'signature' ? (troubles.extraCerts ?? chain) : (troubles.extraCerts ?? [])
  const message = encodeMessage({ ...parts, protection, extraCerts })
  return { bytes: mangle(message, lies), senderNonce: header.senderNonce }
}

function guardFor({ protector, material, troubles, lies, request }: Outgoing): Guard {
  if (lies.protection === 'missing') return { kind: 'none' }
  if (lies.stranger !== undefined) return { kind: 'signature', ...lies.stranger }
  const { guard } = troubles
  const wrong = lies.protection === 'wrongSecret'
  const spelled = (secret: string): string => (wrong ? `not ${secret}` : secret)
  if (guard !== undefined && guard !== 'signature') {
    const { secret, reference = '', choice = { kind: 'pbm' } } = guard
    return { kind: 'mac', secret: spelled(secret), reference, choice }
  }
  const algorithm = request?.header.protectionAlg && elementOf(request.header.protectionAlg)
  if (guard === undefined && protector.kind === 'secret' && algorithm !== undefined) {
    const { secret, reference } = protector
    return { kind: 'mac', choice: troubles.mac ?? macAs(algorithm), secret: spelled(secret), reference }
  }
  if (wrong) return { kind: 'mac', choice: { kind: 'pbm' }, secret: 'a guess', reference: 'guess' }
  return { kind: 'signature', ...material.signer }
}

const anotherAlgorithm = (guard: Guard): Der =>
  guard.kind === 'mac'
    ? macIdentifier({ ...guard.choice, hash: guard.choice.hash === 'sha512' ? 'sha256' : 'sha512' })
    : identifier('1.2.840.113549.1.1.13', none)

const stranger = encodeName([[{ oid: '2.5.4.3', value: 'Mallory' }]])

function headerOf({ reply, request, lies, troubles, now, material }: Outgoing, guard: Guard, alg?: Der): Header {
  const asked = request?.header
  const holder = guard.kind === 'signature' ? guard : material.signer
  const kid = keyIdentifier(
    asDer(new X509Certificate(holder.certificate).publicKey.export({ type: 'spki', format: 'der' })),
  )
  const echoed = reply.echo ?? asked?.senderNonce
  return {
    pvno: troubles.pvno ?? reply.pvno ?? (asked?.pvno === 3 ? 3 : 2),
    sender: directory(lies.wrongSender === true ? stranger : subjectOf(holder.certificate)),
    recipient: asked?.sender ?? directory(encodeElement(tags.sequence)),
    messageTime: messageTime(lies, now),
    protectionAlg: alg,
    senderKid: guard.kind === 'mac' ? Buffer.from(guard.reference) : guard.kind === 'none' ? undefined : kid,
    transactionId: lies.wrongTransaction === true ? randomBytes(16) : asked?.transactionId,
    senderNonce: lies.senderNonce === 'missing' ? undefined : randomBytes(lies.senderNonce === 'short' ? 4 : 16),
    recipNonce: lies.recipNonce === undefined ? echoed : lies.recipNonce === 'wrong' ? randomBytes(16) : undefined,
    generalInfo: reply.generalInfo ?? [],
  }
}

function messageTime({ messageTime: lie }: CmpTroubles, now: Instant): Instant | undefined {
  if (lie === 'absent') return undefined
  if (lie === 'yesterday') return minus(now, days(1))
  return lie === 'tomorrow' ? plus(now, days(1)) : now
}

function spoil(protection: Uint8Array | undefined, { protection: lie }: CmpTroubles): Uint8Array | undefined {
  if (protection === undefined) return undefined
  if (lie === 'truncated') return protection.subarray(0, 4)
  if (lie !== 'spoiled') return protection
  const copy = Uint8Array.from(protection)
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1
  return copy
}

/** What is wrong with the octets, whatever they say. */
function mangle(message: Der, lies: CmpTroubles): Uint8Array {
  const { body, replays, nested, truncatedAt, trailing } = lies
  if (body !== undefined) return body
  if (replays !== undefined) return replays
  if (nested !== undefined) return deep(nested)
  if (truncatedAt !== undefined) return message.subarray(0, truncatedAt)
  return trailing === undefined ? message : Buffer.concat([message, trailing])
}

function deep(levels: number): Uint8Array {
  let inner = encodeSequence()
  for (let level = 1; level < levels; level += 1) inner = encodeSequence(inner)
  return inner
}
