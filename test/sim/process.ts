/** One life of the operator: caches fed by late watches, a queue, and reconciles, step by step. */
import type { CertificateStatus } from '../../src/api/certificate.ts'
import { decide } from '../../src/domain/decide.ts'
import type { Step } from '../../src/domain/decide.ts'
import type { Next, Result } from '../../src/domain/outcome.ts'
import { reduce } from '../../src/domain/reduce.ts'
import type { Situation } from '../../src/domain/snapshot.ts'
import { Store } from '../../src/kube/store.ts'
import { between, milliseconds, minutes, plus, seconds } from '../../src/std/time.ts'
import type { Duration, Instant } from '../../src/std/time.ts'
import { act, call, isSeenLate } from './act.ts'
import type { Action, Effects, Hands } from './act.ts'
import type { Agenda } from './agenda.ts'
import type { ApiServer, Change } from './apiserver.ts'
import type { Dice } from './dice.ts'
import { isWatched, nextKeyName, pendingOf, rivalOf, sameStatus, seenAs, wishOf } from './objects.ts'
import type { CertificateObject, SecretObject } from './objects.ts'
import { Pacing } from './pacing.ts'
import type { Pace } from './pacing.ts'
import { Sight } from './sight.ts'
import type { House } from './sight.ts'
import { storyOf } from './trace.ts'
import type { Trace } from './trace.ts'
import { Worklist } from './worklist.ts'

export interface ProcessParts {
  readonly agenda: Agenda
  readonly dice: Dice
  readonly api: ApiServer
  /** The issuers, each before its CA: the first, and whatever Certificates may fall back to. */
  readonly houses: readonly House[]
  readonly trace: Trace
  /** Windows and budget of the first issuer. */
  readonly pace: Pace
  /** How far this machine's clock is ahead. */
  readonly skew: () => Duration
  readonly freshKey: () => number
  /** Asked between any two effects: whether the process dies here. */
  readonly dies: () => boolean
  readonly died: () => void
  /** The CA has done something for these Certificates of which nothing on the API server tells, and nothing will. */
  readonly lost: (names: readonly string[]) => void
  readonly onStep: (name: string, step: Step) => void
}

type Told = 'written' | 'stale' | 'unavailable' | 'contended'

interface Telling {
  readonly object: CertificateObject
  readonly next: Next
  readonly isStale: boolean
}

export class Process {
  readonly #parts: ProcessParts
  readonly #certificates = new Store<CertificateObject>({})
  readonly #secrets = new Store<SecretObject>({})
  readonly #work: Worklist
  readonly #holds = new Map<string, Instant>()
  readonly #keyring = new Map<string, string>()
  readonly #owed = new Set<string>()
  readonly #untold = new Map<string, Telling>()
  readonly #sight: Sight
  readonly #pacing: Pacing
  #isAlive = true
  readonly #unwatch: () => void

  constructor(parts: ProcessParts) {
    this.#parts = parts
    const { api } = parts
    this.#sight = new Sight(parts.houses, parts.dice)
    this.#work = new Worklist({
      later: (wait, run) => this.#later(wait, run),
      start: (name) => this.#advance(name, this.#reconcile(name)),
    })
    for (const object of api.certificates.values()) this.#certificates.put(object.name, object)
    for (const secret of api.secrets.values()) if (isWatched(secret)) this.#secrets.put(secret.name, secret)
    this.#pacing = new Pacing({
      pace: parts.pace,
      issuer: parts.houses[0]?.issuer.name ?? '',
      certificates: this.#certificates,
      secrets: this.#secrets,
      now: () => this.#now(),
      later: (wait, run) => this.#later(wait, run),
      wake: (name) => this.#work.add(name),
    })
    this.#certificates.subscribe((name, before) => this.#certificateChanged(name, before))
    this.#secrets.subscribe((name) => this.#secretChanged(name))
    this.#unwatch = api.watch((change) => this.#learn(change))
    this.probe()
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  /** Whether nothing runs or waits to run. */
  get isResting(): boolean {
    return this.#work.isResting
  }

  kill(): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    this.#unwatch()
    this.#work.clear()
    this.#parts.lost([...this.#owed])
    this.#parts.died()
  }

  /** The wall clock was set: noticed within a minute, and everybody who waits for it decides anew. */
  clockWasSet(): void {
    this.#later(minutes(1), () => this.#addAll())
  }

  /** Asks every issuer how it is. */
  probe(): void {
    this.#later(this.#parts.dice.between(milliseconds(20), seconds(2)), () => {
      if (this.#sight.probe(this.#now())) this.#addAll()
    })
  }

  #now(): Instant {
    return plus(this.#parts.agenda.now, this.#parts.skew())
  }

  #later(wait: Duration, run: () => void): () => void {
    return this.#parts.agenda.in(wait, () => {
      if (this.#isAlive) run()
    })
  }

  #learn(change: Change): void {
    if (change.kind === 'certificate') {
      if (change.object === undefined) this.#certificates.remove(change.name, change.version)
      else this.#certificates.put(change.name, change.object)
    } else if (change.object === undefined) this.#secrets.remove(change.name, change.version)
    else this.#secrets.put(change.name, change.object)
  }

  #addAll(): void {
    for (const name of this.#certificates.keys()) this.#work.add(name)
  }

  /** Who shares a Secret with a Certificate may have won or lost it. */
  #certificateChanged(name: string, before: CertificateObject | undefined): void {
    if (this.#certificates.get(name) !== undefined) this.#work.add(name)
    for (const object of [this.#certificates.get(name), before])
      if (object !== undefined) this.#addNaming(object.spec.secretName)
  }

  #secretChanged(secretName: string): void {
    this.#addNaming(secretName)
    const secret = this.#secrets.get(secretName)
    if (secret?.role === 'next-key' && this.#certificates.get(secret.owner) !== undefined) this.#work.add(secret.owner)
  }

  #addNaming(secretName: string): void {
    for (const object of this.#certificates.values())
      if (object.spec.secretName === secretName) this.#work.add(object.name)
  }

  #wakeAt(name: string, at: Instant): void {
    this.#work.addIn(name, milliseconds(Math.max(0, at - this.#now())))
  }

  #advance(name: string, effects: Effects<void>): void {
    if (this.#parts.dies()) {
      this.#parts.trace.note(this.#parts.agenda.now, () => `${name}: killed`)
      return this.kill()
    }
    const { done, value } = effects.next()
    if (done !== true) return void this.#later(value, () => this.#advance(name, effects))
    this.#work.done(name)
  }

  *#reconcile(name: string): Effects<void> {
    const untold = this.#untold.get(name)
    if (untold !== undefined) return yield* this.#tell(untold)
    const action = this.#observe(name)
    if (action === undefined) return
    if (yield* isSeenLate(action, this.#hands())) return this.#work.retry(name)
    const turn = this.#pacing.inTurn(action.snapshot, action.step, this.#now())
    const step = turn ?? action.step
    this.#parts.onStep(name, turn ?? { kind: 'idle', wakeAt: undefined })
    const result: Result =
      turn === undefined ? { kind: 'queued' } : yield* act({ ...action, step }, this.#handsFor(action))
    this.#exchanged({ ...action, step }, result)
    const next = reduce(action.snapshot, { step, result }, this.#now())
    this.#note(name, { step, result, next })
    if (next.hold === undefined) this.#holds.delete(name)
    else this.#holds.set(name, next.hold)
    const isWasted = result.kind === 'stale' || result.kind === 'secretTaken'
    if (isWasted && this.#owed.has(name)) this.#parts.lost([name])
    yield* this.#tell({ object: action.object, next, isStale: result.kind === 'stale' })
  }

  *#tell(telling: Telling): Effects<void> {
    const { object, next, isStale } = telling
    const { name } = object
    this.#untold.set(name, telling)
    const written = next.status === undefined ? 'written' : yield* this.#writeStatus(object, next.status)
    if (written === 'unavailable') return this.#work.retry(name)
    if (written === 'contended') return this.#wakeAt(name, plus(this.#now(), seconds(1)))
    this.#untold.delete(name)
    if (written === 'stale' && this.#owed.has(name)) this.#parts.lost([name])
    this.#owed.delete(name)
    if (written === 'stale' || isStale) return this.#work.retry(name)
    this.#work.forget(name)
    if (next.then.kind === 'again') this.#wakeAt(name, this.#now())
    if (next.then.kind === 'at') this.#wakeAt(name, next.then.at)
  }

  #observe(name: string): Action | undefined {
    const object = this.#certificates.get(name)
    if (object === undefined) return undefined
    const wish = wishOf(object.spec)
    const secret = this.#secrets.get(wish.secretName)
    const next = this.#secrets.get(nextKeyName(object))
    const known = secret?.role === 'certificate' ? secret : undefined
    const situation: Situation = {
      certificate: seenAs(object, wish),
      secret: known,
      pending: pendingOf(next),
      rival: rivalOf(object, this.#certificates.values()),
      hold: this.#holds.get(name),
      pacing: this.#pacing.view(this.#now()),
    }
    const chosen = this.#sight.choose(situation, wish, this.#now())
    if (chosen === undefined) return undefined
    const snapshot = { ...situation, ...chosen }
    return { step: decide(snapshot, this.#now()), object, wish, snapshot, known }
  }

  /** A new status outdates ours. */
  *#writeStatus(object: CertificateObject, status: CertificateStatus): Effects<Told> {
    if (sameStatus(status, object.status)) return 'written'
    const { api } = this.#parts
    const { name } = object
    for (let tries = 0; tries < 5; tries++) {
      const answer = yield* call(this.#hands(), () => api.applyStatus(name, status, object))
      if (answer !== 'conflict') return this.#remember(name, answer)
      const found = yield* call(this.#hands(), () => api.getCertificate(name))
      if (found?.uid !== object.uid) return 'stale'
      if (sameStatus(found.status, status)) return this.#remember(name, found)
      if (!sameStatus(found.status, object.status)) return 'stale'
    }
    return 'contended'
  }

  #remember(name: string, answer: CertificateObject | 'notFound' | 'unavailable'): Told {
    if (typeof answer === 'string') return answer === 'notFound' ? 'stale' : answer
    this.#certificates.overlay(name, answer)
    return 'written'
  }

  /** A ticket goes back to whoever gave it out. */
  #handsFor({ step, object, snapshot }: Action): Hands {
    const ref = step.kind === 'abandon' ? object.status.enrollment?.issuerRef : snapshot.choice.ref
    return this.#hands(this.#sight.authorityOf(ref?.name))
  }

  /** An issuer that fails again and again is left alone. */
  #exchanged({ step, snapshot }: Action, result: Result): void {
    if (!['enroll', 'renew', 'poll', 'advise'].includes(step.kind)) return
    const turned = this.#sight.exchanged(snapshot.choice.ref.name, result, this.#now())
    if (turned === undefined) return
    this.#addAll()
    if (turned.state === 'open') this.#later(between(this.#now(), turned.until), () => this.probe())
  }

  #hands(authority = this.#parts.houses[0]?.authority): Hands {
    const { api, dice, freshKey } = this.#parts
    if (authority === undefined) throw new Error('a world without a CA')
    return {
      api,
      authority,
      freshKey,
      keyring: this.#keyring,
      now: () => this.#now(),
      latency: () => dice.between(milliseconds(1), milliseconds(30)),
      callTime: () => dice.between(milliseconds(5), seconds(2)),
      remember: (secret) => this.#secrets.overlay(secret.name, secret),
      forget: (name) => this.#secrets.overlayDeleted(name),
      owe: (name) => void this.#owed.add(name),
      settled: (name) => void this.#owed.delete(name),
    }
  }

  #note(name: string, { step, result, next }: { step: Step; result: Result; next: Next }): void {
    const { trace, agenda, houses } = this.#parts
    if (result.kind === 'failed' && result.how === 'blocked') this.probe()
    const mood = houses.map(({ authority }) => authority.mood).join('/')
    trace.note(agenda.now, () => `${name}: ${storyOf(step, result, next)} [CA ${mood}]`)
  }
}
