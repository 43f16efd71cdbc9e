/**
 * One step, as the controllers carry it out: a chain of effects with time between them. Every `yield` is a moment at which the
 * process may be killed.
 */
import type { KeySource, Step } from '../../src/domain/decide.ts'
import type { CertificateFacts } from '../../src/domain/facts.ts'
import { mayBeSeenLate } from '../../src/domain/flight.ts'
import type { Result } from '../../src/domain/outcome.ts'
import type { RequestedWish, SecretMarks, Snapshot } from '../../src/domain/snapshot.ts'
import { verify } from '../../src/domain/verify.ts'
import { between, minutes, plus, scale } from '../../src/std/time.ts'
import type { Duration, Instant } from '../../src/std/time.ts'
import type { ApiServer } from './apiserver.ts'
import type { Authority, Order, Reply } from './authority.ts'
import { keyFacts, nextKeyName, viewOf } from './objects.ts'
import type { CertificateObject, CertificateSecret, NewSecret, SecretObject } from './objects.ts'

export type Effects<T> = Generator<Duration, T, undefined>

/** What a process can do, and what of it dies with the process. */
export interface Hands {
  readonly api: ApiServer
  /** The CA that a step speaks with. */
  readonly authority: Authority
  /** The process's own clock. */
  now(): Instant
  latency(): Duration
  callTime(): Duration
  freshKey(): number
  /** Keys whose enrollment is under way, by Certificate. */
  readonly keyring: Map<string, string>
  /** Lays our own write over the cache. */
  remember(secret: SecretObject): void
  forget(secretName: string): void
  /** The CA has done something that nothing on the API server tells of yet; or now it does. */
  owe(certificate: string): void
  settled(certificate: string): void
}

export interface Action {
  readonly step: Step
  readonly object: CertificateObject
  readonly wish: RequestedWish
  readonly snapshot: Snapshot
  /** The target Secret as the cache knows it. */
  readonly known: CertificateSecret | undefined
}

export function* call<T>(hands: Hands, effect: () => T): Effects<T> {
  yield hands.latency()
  const result = effect()
  yield hands.latency()
  return result
}

export function* isSeenLate({ snapshot, wish, known }: Action, hands: Hands): Effects<boolean> {
  if (!mayBeSeenLate(snapshot)) return false
  const live = yield* call(hands, () => hands.api.getSecret(wish.secretName))
  if (known === undefined) return live?.role === 'certificate' && live.labelled
  return live?.resourceVersion !== known.resourceVersion
}

export function* act(action: Action, hands: Hands): Effects<Result> {
  const { step, object } = action
  switch (step.kind) {
    case 'idle':
    case 'wait':
    case 'stall':
      return { kind: 'nothing' }
    case 'makeKey':
      return yield* makeKey(action, hands)
    case 'enroll':
    case 'renew':
    case 'poll':
      return yield* exchange(action, step, hands)
    case 'publish':
      return yield* republish(action, hands)
    case 'advise':
      return yield* advise(action, hands)
    case 'abandon':
      yield* call(hands, () => hands.authority.abandon(step.ticket))
      hands.keyring.delete(object.name)
      return { kind: 'abandoned' }
    case 'discardKey':
      yield* discardKey(object, hands)
      return { kind: 'discarded' }
  }
}

function* discardKey(object: CertificateObject, hands: Hands): Effects<void> {
  yield* call(hands, () => hands.api.deleteSecret(nextKeyName(object), 'operator'))
  hands.forget(nextKeyName(object))
  hands.keyring.delete(object.name)
}

function* makeKey({ object, wish, snapshot }: Action, hands: Hands): Effects<Result> {
  if (snapshot.secret === undefined) {
    const found = yield* call(hands, () => hands.api.getSecret(wish.secretName))
    if (found?.role === 'foreign') return { kind: 'secretTaken', message: 'a stranger is there' }
  }
  if (snapshot.pending !== undefined) yield* discardKey(object, hands)
  const key = keyFacts(hands.freshKey(), wish.wanted.key)
  const secret: NewSecret = { role: 'next-key', name: nextKeyName(object), owner: object.name, key }
  const created = yield* call(hands, () => hands.api.createSecret(secret, 'operator'))
  if (created === 'exists') return { kind: 'stale' }
  hands.remember(created)
  hands.keyring.set(object.name, key.publicKeyHash)
  return { kind: 'keyMade' }
}

type Exchange = Extract<Step, { kind: 'enroll' | 'renew' | 'poll' }>

function* exchange(action: Action, step: Exchange, hands: Hands): Effects<Result> {
  const keyHash = yield* takeKey(step.key, action, hands)
  if (keyHash === undefined) return { kind: 'stale' }
  const { name } = action.object
  const order: Order = { certificate: name, wish: action.wish, keyHash }
  yield hands.callTime()
  const signed = hands.authority.issuances.length
  const opened = hands.authority.transactions.size
  const reply = step.kind === 'poll' ? hands.authority.poll(step.ticket) : hands.authority.enroll(order)
  if (hands.authority.issuances.length > signed || hands.authority.transactions.size > opened) hands.owe(name)
  yield hands.callTime()
  return yield* settle(reply, { action, keyHash }, hands)
}

function* takeKey(source: KeySource, { object, wish, snapshot }: Action, hands: Hands): Effects<string | undefined> {
  switch (source) {
    case 'fresh':
      return keyFacts(hands.freshKey(), wish.wanted.key).publicKeyHash
    case 'current': {
      const found = yield* call(hands, () => hands.api.getSecret(wish.secretName))
      return found?.role === 'certificate' && found.key.kind === 'ok' ? found.key.facts.publicKeyHash : undefined
    }
    case 'pending': {
      const wanted = snapshot.pending?.key?.publicKeyHash
      if (wanted !== undefined && hands.keyring.get(object.name) === wanted) return wanted
      const found = yield* call(hands, () => hands.api.getSecret(nextKeyName(object)))
      const key = found?.role === 'next-key' ? found.key?.publicKeyHash : undefined
      return key === wanted ? key : undefined
    }
  }
}

function* settle(
  reply: Reply,
  { action, keyHash }: { action: Action; keyHash: string },
  hands: Hands,
): Effects<Result> {
  switch (reply.kind) {
    case 'issued':
      return yield* publish(reply.facts, { action, keyHash }, hands)
    case 'pending':
      return { ...reply, keyHash }
    default:
      return { ...reply, kind: 'failed', how: reply.kind }
  }
}

function* publish(
  facts: CertificateFacts,
  { action, keyHash }: { action: Action; keyHash: string },
  hands: Hands,
): Effects<Result> {
  const { object, wish } = action
  const verdict = verify({ wanted: wish.wanted, publicKeyHash: keyHash, facts }, hands.now())
  if (verdict.kind === 'rejected') return { kind: 'failed', how: 'refused', fault: verdict.fault }
  const marks: SecretMarks = {
    requestHash: wish.requestHash,
    outputsHash: wish.outputsHash,
    issuerRef: action.snapshot.choice.ref,
    issuedAt: hands.now(),
    renewRequest: object.renewRequest,
  }
  const key = { shape: wish.wanted.key, encoding: wish.keyEncoding, publicKeyHash: keyHash }
  const content = { certificate: { kind: 'ok', facts }, key: { kind: 'ok', facts: key }, marks } as const
  const written = yield* write(action, content, hands)
  if (written.kind !== 'written') return written
  hands.settled(object.name)
  return { kind: 'issued', secret: viewOf(written.secret), remarks: verdict.differences }
}

type Content = Pick<CertificateSecret, 'certificate' | 'key' | 'marks'>
type Written =
  { readonly kind: 'written'; readonly secret: CertificateSecret } | Extract<Result, { kind: 'stale' | 'secretTaken' }>

function* write({ object, wish, known }: Action, content: Content, hands: Hands): Effects<Written> {
  const full = {
    ...content,
    role: 'certificate',
    name: wish.secretName,
    labelled: true,
    owner: object.name,
    intact: true,
  } as const
  let current = known
  let looked: CertificateSecret | undefined
  for (let tries = 0; tries < 3; tries++) {
    const [now, basis] = [current, looked]
    const answer = yield* call(hands, () =>
      now === undefined
        ? hands.api.createSecret(full, 'operator')
        : hands.api.replaceSecret({ ...now, ...full, resourceVersion: now.resourceVersion }, 'operator', basis),
    )
    if (typeof answer === 'object' && answer.role === 'certificate') {
      hands.remember(answer)
      return { kind: 'written', secret: answer }
    }
    const found = yield* call(hands, () => hands.api.getSecret(wish.secretName))
    if (found?.role === 'foreign') return { kind: 'secretTaken', message: 'a stranger is there' }
    if (found !== undefined && (found.role !== 'certificate' || !holdsSame(found, known))) return { kind: 'stale' }
    current = looked = found
  }
  return { kind: 'stale' }
}

function holdsSame(found: CertificateSecret, known: CertificateSecret | undefined): boolean {
  if (known === undefined) return found.certificate.kind !== 'ok'
  return JSON.stringify([found.certificate, found.key]) === JSON.stringify([known.certificate, known.key])
}

const fits = ({ certificate, key }: CertificateSecret): boolean =>
  certificate.kind === 'ok' && key.kind === 'ok' && certificate.facts.publicKeyHash === key.facts.publicKeyHash

function* republish(action: Action, hands: Hands): Effects<Result> {
  const { wish, known } = action
  const found = yield* call(hands, () => hands.api.getSecret(wish.secretName))
  if (found?.role !== 'certificate' || known === undefined || !holdsSame(found, known)) return { kind: 'stale' }
  // A key that was damaged behind a late watch is not written back: the bytes are read, and have to fit.
  if (!fits(found)) return { kind: 'stale' }
  const marks = { ...known.marks, outputsHash: wish.outputsHash }
  const written = yield* write(action, { certificate: found.certificate, key: found.key, marks }, hands)
  return written.kind === 'written' ? { kind: 'published', secret: viewOf(written.secret) } : written
}

function* advise({ snapshot }: Action, hands: Hands): Effects<Result> {
  const { secret } = snapshot
  if (secret?.certificate.kind !== 'ok') return { kind: 'stale' }
  const { facts } = secret.certificate
  yield hands.callTime()
  const now = hands.now()
  const life = between(facts.notBefore, facts.notAfter)
  const window =
    hands.authority.practice.advice === 'alwaysNow'
      ? { start: facts.notBefore, end: plus(facts.notBefore, minutes(1)) }
      : { start: plus(facts.notBefore, scale(life, 0.5)), end: plus(facts.notBefore, scale(life, 0.6)) }
  const askAgainAt = hands.authority.practice.advice === 'alwaysNow' ? now : plus(now, minutes(360))
  return { kind: 'advised', advice: { serialNumber: facts.serialNumber, window, askAgainAt } }
}
