/**
 * Watches from outside, knowing only what lies on the API server and what the CA has logged, and objects to every broken
 * promise.
 */
import type { Step } from '../../src/domain/decide.ts'
import { wasReady } from '../../src/domain/status.ts'
import { between, hours, minus, minutes, plus, scale, seconds } from '../../src/std/time.ts'
import type { Duration, Instant } from '../../src/std/time.ts'
import type { Agenda } from './agenda.ts'
import type { ApiServer, SecretWritten } from './apiserver.ts'
import type { Authority } from './authority.ts'
import type { CertificateSecret, SecretObject } from './objects.ts'
import { wishOf } from './objects.ts'

class BrokenPromise extends Error {}

interface Published {
  readonly at: Instant
  readonly keyHash: string
  readonly fingerprint: string
  readonly notAfter: Instant
}

/** How long after a turn `Ready` may still say otherwise: a call to the CA may be under way, the watch may be late. */
const honestyDelay = seconds(60)

export class Observer {
  /** What was published for each Certificate, in order. */
  readonly published = new Map<string, Published[]>()
  /** Moments since which nobody but the operator has touched anything of a Certificate. */
  readonly touched = new Map<string, Instant>()
  /** Issuances or orders that may be lost: crashes between the CA and the API server. */
  readonly crashesAtCa = new Map<string, number>()
  readonly abandoned = new Map<string, number>()
  /** Since when the operator has been alive without a break. */
  soundSince: Instant
  isClockRight = true
  /** Several act at once on sight of their own: one may begin what another has begun, and none may keep it. */
  haveSeveral = false
  /** The CA may advise to renew what is quite new. */
  mayRenewEarly = false
  /** How long a CA must have been healthy, and the Certificate untouched, for an expiry to be our fault. */
  healthyFor: Duration | undefined
  /** Whether an issuer to fall back to works all the time, so that the mood of the first is no excuse. */
  #hasSpare = false
  readonly #agenda: Agenda
  readonly #api: ApiServer
  readonly #authority: Authority

  constructor(agenda: Agenda, api: ApiServer, authority: Authority) {
    this.#agenda = agenda
    this.#api = api
    this.#authority = authority
    this.soundSince = agenda.now
    api.onSecret = (written) => this.#secretWritten(written)
  }

  spareIsWell(healthyFor: Duration): void {
    this.#hasSpare = true
    this.healthyFor = healthyFor
  }

  touch(name: string): void {
    this.touched.set(name, this.#agenda.now)
  }

  touchAll(): void {
    for (const name of this.#api.certificates.keys()) this.touch(name)
  }

  lostAtCa(names: readonly string[]): void {
    for (const name of names) this.crashesAtCa.set(name, (this.crashesAtCa.get(name) ?? 0) + 1)
  }

  stepped(name: string, step: Step): void {
    if (step.kind === 'abandon') this.abandoned.set(name, (this.abandoned.get(name) ?? 0) + 1)
    if (!this.haveSeveral && (step.kind === 'enroll' || step.kind === 'renew')) this.#resumes(name)
  }

  /** An order that the API server knows of is gone on with, never made a second time. */
  #resumes(name: string): void {
    const object = this.#api.certificates.get(name)
    const order = this.#authority.transactions.get(Number(object?.status.enrollment?.ticket?.state['id']))
    if (object === undefined || order === undefined || order.isOver) return
    const isServed = (this.published.get(name) ?? []).some(
      ({ fingerprint }) => fingerprint === order.facts?.fingerprint,
    )
    if (isServed || order.wish.requestHash !== wishOf(object.spec).requestHash) return
    this.#object(`${name} starts again although order ${order.id} is under way`)
  }

  #secretWritten({ before, after, by }: SecretWritten): void {
    if (by !== 'operator') return
    if (before?.role === 'foreign') this.#object(`a stranger's Secret ${before.name} was written`)
    if (before?.role === 'certificate' && after === undefined) this.#object(`Secret ${before.name} was removed by us`)
    if (after?.role === 'certificate') this.#stored(before, after)
  }

  #stored(before: SecretObject | undefined, after: CertificateSecret): void {
    const { certificate, key, owner } = after
    if (certificate.kind !== 'ok' || key.kind !== 'ok') return this.#object(`${owner} stored what cannot be read`)
    if (certificate.facts.publicKeyHash !== key.facts.publicKeyHash)
      this.#object(`${owner} stored a key that does not fit`)
    if (certificate.facts.names.some(({ value }) => value.startsWith('evil')))
      this.#object(`${owner} stored a certificate that nobody asked for`)
    const { fingerprint, notAfter } = certificate.facts
    if (
      before?.role === 'certificate' &&
      before.certificate.kind === 'ok' &&
      before.certificate.facts.fingerprint === fingerprint
    )
      return
    this.#replaced(owner, { at: this.#agenda.now, keyHash: key.facts.publicKeyHash, fingerprint, notAfter })
  }

  #replaced(owner: string, next: Published): void {
    const all = this.published.get(owner) ?? []
    this.published.set(owner, [...all, next])
    const last = all.at(-1)
    const object = this.#api.certificates.get(owner)
    if (object === undefined) return
    const rotates = object.spec.privateKey?.rotationPolicy !== 'Never' && !this.#wasTouchedWithin(owner, minutes(10))
    if (rotates && all.some(({ keyHash }) => keyHash === next.keyHash))
      this.#object(`${owner} uses ${next.keyHash} again`)
    if (last === undefined) return
    if (next.at > last.notAfter) this.#expired(owner, last.notAfter)
    // What was asked for while the last one was on its way asks for a successor too.
    if (this.mayRenewEarly || (this.touched.get(owner) ?? 0) >= minus(last.at, hours(1))) return
    // Nobody touched anything: only time may have asked for a successor.
    const kept = between(last.at, next.at)
    const usable = between(last.at, last.notAfter)
    if (kept < scale(usable, 0.45)) this.#object(`${owner} was renewed after ${kept / 1000} s of ${usable / 1000} s`)
  }

  /** Looks at how honest `Ready` is. */
  checkHonesty(name: string): void {
    const { now } = this.#agenda
    const object = this.#api.certificates.get(name)
    if (object === undefined || !wasReady(object.status)) return
    if (!this.isClockRight || this.soundSince > minus(now, honestyDelay) || this.#wasTouchedWithin(name, honestyDelay))
      return
    const secret = this.#api.secrets.get(object.spec.secretName)
    if (secret?.role !== 'certificate' || secret.certificate.kind !== 'ok')
      return this.#object(`${name} is Ready without a certificate`)
    if (plus(secret.certificate.facts.notAfter, honestyDelay) < now)
      this.#object(`${name} is Ready with an expired certificate`)
  }

  /** No certificate expires that could have been renewed. */
  checkAlive(name: string): void {
    const object = this.#api.certificates.get(name)
    const secret = object === undefined ? undefined : this.#api.secrets.get(object.spec.secretName)
    if (secret?.role !== 'certificate' || secret.certificate.kind !== 'ok') return
    const { notAfter } = secret.certificate.facts
    if (notAfter <= this.#agenda.now) this.#expired(name, notAfter)
  }

  #expired(name: string, at: Instant): void {
    if (this.healthyFor === undefined) return
    if (!this.#hasSpare && this.#authority.mood !== 'healthy') return
    const since = Math.max(this.touched.get(name) ?? 0, this.#hasSpare ? 0 : this.#authority.moodSince)
    if (since + this.healthyFor < at)
      this.#object(`${name} expired although its CA had been healthy for ${(at - since) / 1000} s`)
  }

  #wasTouchedWithin(name: string, length: Duration): boolean {
    return (this.touched.get(name) ?? 0) > minus(this.#agenda.now, length)
  }

  #object(complaint: string): never {
    throw new BrokenPromise(complaint)
  }
}
