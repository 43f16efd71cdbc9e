/**
 * Carries out one step: at most one effect outside, translated into a plain result. What a CA sent is verified here, before
 * anything is written.
 */
import type { Certificate } from '../../api/certificate.ts'
import type { KeySource, Step } from '../../domain/decide.ts'
import { fault } from '../../domain/fault.ts'
import type { Result } from '../../domain/outcome.ts'
import type { RequestedWish } from '../../domain/snapshot.ts'
import type { Ctx, Order, Outcome } from '../../enroll/enroller.ts'
import { generateKey } from '../../pki/key.ts'
import type { PrivateKey } from '../../pki/key.ts'
import { exhaustive } from '../../std/exhaustive.ts'
import type { IssuerSession } from '../issuer/live.ts'
import type { Keyring } from './keyring.ts'
import type { Observation } from './observe.ts'
import type { Publisher } from './publish.ts'
import type { CertificateSecrets } from './secrets.ts'

export interface Actors {
  readonly secrets: CertificateSecrets
  readonly publisher: Publisher
  readonly keyring: Keyring
}

/** One step to carry out, with everything it needs. */
export interface Action {
  readonly step: Step
  readonly observation: Observation
  readonly wish: RequestedWish
  /** Absent for steps that need no issuer. For `abandon` that of the issuer that gave the ticket out. */
  readonly session: IssuerSession | undefined
  readonly ctx: Ctx
}

interface KeyInHand {
  readonly key: PrivateKey
  readonly source: KeySource
  readonly keptRequest?: Uint8Array | undefined
}

/** @returns what became of the step; throws only for a bug or when the API server cannot be reached */
export async function act(action: Action, actors: Actors): Promise<Result> {
  const { step, observation, ctx } = action
  switch (step.kind) {
    case 'idle':
    case 'wait':
    case 'stall':
      return { kind: 'nothing' }
    case 'makeKey':
      return makeKey(action, actors)
    case 'enroll':
    case 'renew':
    case 'poll':
      return exchange(action, step, actors)
    case 'publish':
      return actors.publisher.republish(observation, action.wish, ctx.signal)
    case 'advise':
      return advise(action)
    case 'abandon':
      await action.session?.enroller.abandon?.(step.ticket, ctx)
      actors.keyring.drop(observation.snapshot.certificate.uid)
      return { kind: 'abandoned' }
    case 'discardKey':
      await actors.secrets.next.discard(observation.certificate, ctx.signal)
      actors.keyring.drop(observation.snapshot.certificate.uid)
      return { kind: 'discarded' }
    default:
      return exhaustive(step)
  }
}

/** The key is stored before the first request that uses it, and only once the target Secret is known to be ours to write. */
async function makeKey({ observation, wish, ctx }: Action, { secrets, keyring }: Actors): Promise<Result> {
  const { certificate, snapshot } = observation
  if (snapshot.secret === undefined) {
    const found = await secrets.lookUp(certificate, ctx.signal)
    if (found.kind === 'taken') return { kind: 'secretTaken', message: found.message }
    if (found.kind === 'ours') return { kind: 'stale' }
  }
  if (snapshot.pending !== undefined) await secrets.next.discard(certificate, ctx.signal)
  const key = await generateKey(wish.wanted.key)
  const stored = await secrets.next.store(certificate, key, ctx.signal)
  if (stored) keyring.hold(snapshot.certificate.uid, key)
  return stored ? { kind: 'keyMade' } : { kind: 'stale' }
}

type Exchange = Extract<Step, { kind: 'enroll' | 'renew' | 'poll' }>

/** One exchange with the CA. */
async function exchange(action: Action, step: Exchange, actors: Actors): Promise<Result> {
  const { session, observation, ctx } = action
  if (session === undefined) return { kind: 'stale' }
  const obstacle = step.kind === 'poll' ? undefined : await actors.publisher.obstacle(observation, ctx.signal)
  if (obstacle !== undefined) return { kind: 'failed', how: 'refused', fault: obstacle }
  const inHand = await takeKey(step.key, action, actors)
  if (inHand === undefined) return { kind: 'stale' }
  const order = orderFor(action, inHand)
  const outcome = await call(session, step, { order, action, actors })
  if (outcome === undefined) return { kind: 'stale' }
  return settle(outcome, { action, inHand, actors, certificate: observation.certificate, ctx })
}

function orderFor({ observation, wish }: Action, { key, keptRequest }: KeyInHand): Order {
  const { certificate, secret } = observation.snapshot
  const replaces = secret?.certificate.kind === 'ok' ? secret.certificate.facts : undefined
  return {
    id: `${certificate.uid}/${wish.requestHash}`,
    wanted: wish.wanted,
    key,
    labels: observation.certificate.metadata.labels ?? {},
    ...(replaces === undefined ? {} : { replaces }),
    ...(keptRequest === undefined ? {} : { keptRequest }),
  }
}

async function call(
  { enroller }: IssuerSession,
  step: Exchange,
  { order, action, actors }: { order: Order; action: Action; actors: Actors },
): Promise<Outcome | undefined> {
  switch (step.kind) {
    case 'enroll':
      return enroller.enroll(order, action.ctx)
    case 'poll':
      return enroller.poll(step.ticket, order, action.ctx)
    case 'renew': {
      const current = await actors.publisher.currentIdentity(action.observation, action.ctx.signal)
      return current === undefined ? undefined : enroller.renew(order, current, action.ctx)
    }
  }
}

async function takeKey(source: KeySource, action: Action, actors: Actors): Promise<KeyInHand | undefined> {
  const { observation, wish, ctx } = action
  const { certificate, snapshot } = observation
  switch (source) {
    case 'fresh':
      return { key: await generateKey(wish.wanted.key), source }
    case 'current': {
      const key = await actors.secrets.loadCurrentKey(certificate, ctx.signal)
      return key === undefined ? undefined : { key, source }
    }
    case 'pending':
      return pendingKey(snapshot.pending, { action, actors })
  }
}

/** From memory while the enrollment is fresh, from its Secret after a restart or when request bytes are kept with it. */
async function pendingKey(
  pending: Observation['snapshot']['pending'],
  { action, actors }: { action: Action; actors: Actors },
): Promise<KeyInHand | undefined> {
  const { certificate, snapshot } = action.observation
  if (pending?.key === undefined) return undefined
  const held = actors.keyring.find(snapshot.certificate.uid, pending.key.publicKeyHash)
  if (held !== undefined && !pending.keepsRequest) return { key: held, source: 'pending' }
  const loaded = await actors.secrets.next.load(certificate, keeperOf(action), action.ctx.signal)
  if (loaded?.key.publicKeyHash !== pending.key.publicKeyHash) return undefined
  actors.keyring.hold(snapshot.certificate.uid, loaded.key)
  return { key: loaded.key, keptRequest: loaded.request, source: 'pending' }
}

/** Request bytes are good for the issuer that they were made for, and no other. */
const keeperOf = ({ session }: Action): string => session?.uid ?? ''

interface Settling {
  readonly action: Action
  readonly inHand: KeyInHand
  readonly actors: Actors
  readonly certificate: Certificate
  readonly ctx: Ctx
}

async function settle(outcome: Outcome, { action, inHand, actors, certificate, ctx }: Settling): Promise<Result> {
  switch (outcome.kind) {
    case 'issued':
      return actors.publisher.publish(outcome, { ...action, key: outcome.key ?? inHand.key })
    case 'pending':
      if (outcome.keepRequest !== undefined && inHand.source !== 'current') {
        const { publicKeyHash: keyHash } = inHand.key
        const kept = { bytes: outcome.keepRequest, by: keeperOf(action), keyHash }
        if (!(await actors.secrets.next.keepRequest(certificate, kept, ctx.signal))) return { kind: 'stale' }
      }
      return {
        kind: 'pending',
        ticket: outcome.ticket,
        wakeAt: outcome.wakeAt,
        note: outcome.note,
        keyHash: inHand.key.publicKeyHash,
        ...(outcome.unsent === undefined ? {} : { unsent: outcome.unsent }),
      }
    case 'deferred':
      return { kind: 'failed', how: 'deferred', fault: outcome.fault, wakeAt: outcome.wakeAt, ticket: outcome.ticket }
    case 'refused':
      return { kind: 'failed', how: 'refused', fault: outcome.fault, wakeAt: outcome.wakeAt }
    case 'blocked':
      return { kind: 'failed', how: 'blocked', fault: outcome.fault }
    default:
      return exhaustive(outcome)
  }
}

async function advise({ session, observation, ctx }: Action): Promise<Result> {
  const { secret } = observation.snapshot
  if (session?.enroller.advise === undefined || secret?.certificate.kind !== 'ok') return { kind: 'stale' }
  const { facts } = secret.certificate
  const advice = await session.enroller.advise(facts, ctx)
  return {
    kind: 'advised',
    advice: {
      serialNumber: facts.serialNumber,
      window: advice.window,
      askAgainAt: advice.askAgainAt,
      message: advice.fault?.message,
    },
  }
}

/** A bug must not take the Certificate down with it: it is told, and tried again later. */
export const unexpected = (error: unknown): Result => ({
  kind: 'failed',
  how: 'deferred',
  fault: fault('Internal', 'something unexpected happened inside Perennial; its log has the details', String(error)),
})
