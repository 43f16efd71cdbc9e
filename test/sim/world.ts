/** Everything together: API server, CA, Issuer, and the operator, which is started again whenever it dies. */
import type { CertificateSpec } from '../../src/api/certificate.ts'
import type { CertificateFacts } from '../../src/domain/facts.ts'
import { wasReady } from '../../src/domain/status.ts'
import { days, hours, instant, milliseconds, minutes, plus, seconds } from '../../src/std/time.ts'
import type { Duration, Instant } from '../../src/std/time.ts'
import { Agenda } from './agenda.ts'
import { ApiServer } from './apiserver.ts'
import { Authority, usualPatience } from './authority.ts'
import type { Manner, Practice } from './authority.ts'
import { Dice } from './dice.ts'
import type { IssuerTruth } from './issuer.ts'
import type { CertificateObject, CertificateSecret } from './objects.ts'
import { Observer } from './observer.ts'
import type { Pace } from './pacing.ts'
import { Process } from './process.ts'
import { Trace } from './trace.ts'

export interface WorldOptions {
  readonly seed: number
  readonly practice?: Partial<Practice>
  /** The chance to die between two effects. */
  readonly crashes?: number
  /** How many replicas act at once, each on its own sight, because each believes everything to be its own. */
  readonly actors?: number
  /** Windows and budget of the first issuer. */
  readonly pace?: Pace
}

export const refTo = (name: string) => ({ name, kind: 'Issuer', group: 'perennial.dev' }) as const

const start = instant(Date.UTC(2026, 0, 1))

export class World {
  readonly dice: Dice
  readonly agenda = new Agenda(start)
  readonly api: ApiServer
  readonly authority: Authority
  readonly issuer: IssuerTruth = { name: 'ca', exists: true, generation: 1, isFlapping: false, denies: new Set() }
  /** A second CA, of another kind, that Certificates may name to fall back to. */
  readonly spare: Authority
  readonly spareIssuer: IssuerTruth = {
    name: 'spare',
    exists: true,
    generation: 1,
    isFlapping: false,
    denies: new Set(),
  }
  readonly observer: Observer
  readonly trace = new Trace()
  /** Steps towards a certificate that a policy did not allow. */
  readonly defiant: string[] = []
  crashes: number
  #skew: Duration = milliseconds(0)
  readonly #processes: Process[] = []
  readonly #pace: Pace
  #keys = 0
  #created = 0

  constructor({ seed, practice = {}, crashes = 0, actors = 1, pace = {} }: WorldOptions) {
    this.#pace = pace
    this.dice = new Dice(seed)
    this.crashes = crashes
    this.api = new ApiServer(this.agenda, this.dice)
    const usual: Practice = { manner: 'immediate', patience: usualPatience, backdate: minutes(0) }
    this.authority = new Authority({ ...usual, ...practice }, this.agenda, this.dice)
    this.spare = new Authority({ ...usual, manner: spareManner(seed), serials: 1_000_000 }, this.agenda, this.dice)
    this.observer = new Observer(this.agenda, this.api, this.authority)
    this.observer.haveSeveral = actors > 1
    for (let actor = 0; actor < actors; actor++) this.#launch(actor)
  }

  get now(): Instant {
    return this.agenda.now
  }

  run(length: Duration): void {
    this.agenda.runUntil(plus(this.now, length))
  }

  /** Runs until something is so, but not beyond `end`. */
  runUntil(end: Instant, isSo: () => boolean): void {
    while (this.now < end && !isSo()) this.run(seconds(10))
  }

  addCertificate(spec: Partial<CertificateSpec> = {}): string {
    this.#created += 1
    const name = `cert${this.#created}`
    const full: CertificateSpec = {
      secretName: `${name}-tls`,
      issuerRef: refTo('ca'),
      dnsNames: [`${name}.example.com`],
      privateKey: { algorithm: 'ECDSA' },
      ...spec,
    }
    const uid = `uid-${name}-${this.dice.below(1_000_000)}`
    const base = { name, uid, generation: 1, createdAt: this.now, note: 0, renewRequest: undefined }
    this.api.putCertificate({ ...base, spec: full, status: {} })
    this.observer.touch(name)
    return name
  }

  certificate(name: string): CertificateObject {
    const object = this.api.certificates.get(name)
    if (object === undefined) throw new Error(`no Certificate ${name}`)
    return object
  }

  secretOf(name: string): CertificateSecret | undefined {
    const secret = this.api.secrets.get(this.certificate(name).spec.secretName)
    return secret?.role === 'certificate' ? secret : undefined
  }

  /** What lies in the Secrets now. */
  certificates(): readonly CertificateFacts[] {
    const secrets = [...this.api.secrets.values()].filter((secret) => secret.role === 'certificate')
    return secrets.flatMap(({ certificate }) => (certificate.kind === 'ok' ? certificate.facts : []))
  }

  isReady(name: string): boolean {
    return wasReady(this.certificate(name).status)
  }

  reasonOf(name: string, type: string): string | undefined {
    return this.certificate(name).status.conditions?.find((condition) => condition.type === type)?.reason
  }

  removeCertificate(name: string): void {
    this.note(`${name}: deleted`)
    this.api.removeCertificate(name)
  }

  edit(name: string, spec: Partial<CertificateSpec>): void {
    const object = this.certificate(name)
    this.note(`${name}: spec edited ${JSON.stringify(spec)}`)
    this.api.putCertificate({ ...object, spec: { ...object.spec, ...spec }, generation: object.generation + 1 })
    this.observer.touch(name)
  }

  /** A policy changes its mind about a Certificate. */
  judge(name: string, verdict: 'allowed' | 'denied'): void {
    this.note(`${name}: ${verdict}`)
    if (verdict === 'denied') this.issuer.denies.add(name)
    else this.issuer.denies.delete(name)
    this.bump(name)
  }

  requestRenewal(name: string): void {
    this.note(`${name}: renewal requested`)
    this.api.putCertificate({ ...this.certificate(name), renewRequest: `at-${this.now}` })
    this.observer.touch(name)
  }

  /** Changes something about the object that does not concern us. */
  bump(name: string): void {
    const object = this.certificate(name)
    this.api.putCertificate({ ...object, note: object.note + 1 })
  }

  turn(mood: Authority['mood']): void {
    if (mood === this.authority.mood) return
    this.note(`CA turns ${mood}`)
    this.authority.turn(mood)
    this.agenda.in(this.dice.between(seconds(1), minutes(1)), () => this.probe())
  }

  probe(): void {
    for (const process of this.#processes) process.probe()
  }

  editIssuer(): void {
    this.note('issuer edited')
    this.issuer.generation += 1
    this.observer.touchAll()
    this.agenda.in(this.dice.between(milliseconds(1), seconds(1)), () => this.probe())
  }

  setClock(skew: Duration): void {
    this.note(`clock set to ${skew / 1000} s ahead`)
    this.#skew = skew
    this.observer.isClockRight = skew === 0
    this.observer.soundSince = this.now
    this.observer.touchAll()
    for (const process of this.#processes) process.clockWasSet()
  }

  kill(): void {
    this.note('killed')
    for (const process of this.#processes) process.kill()
  }

  get isResting(): boolean {
    return this.#processes.every(({ isAlive, isResting }) => isAlive && isResting)
  }

  note(text: string): void {
    this.trace.note(this.now, () => text)
  }

  #launch(actor: number): void {
    this.#processes[actor] = new Process({
      agenda: this.agenda,
      dice: this.dice,
      api: this.api,
      houses: [
        { issuer: this.issuer, authority: this.authority },
        { issuer: this.spareIssuer, authority: this.spare },
      ],
      trace: this.trace,
      pace: this.#pace,
      skew: () => this.#skew,
      freshKey: () => ++this.#keys,
      dies: () => this.crashes > 0 && this.dice.chance(this.crashes),
      lost: (names) => this.observer.lostAtCa(names),
      died: () => {
        this.agenda.in(this.dice.between(seconds(1), seconds(20)), () => {
          this.note('started')
          this.observer.soundSince = this.now
          this.#launch(actor)
        })
      },
      onStep: (name, step) => {
        this.observer.stepped(name, step)
        if (this.issuer.denies.has(name) && ['makeKey', 'enroll', 'renew', 'poll'].includes(step.kind))
          this.defiant.push(`${name}: ${step.kind}`)
      },
    })
  }
}

/** Any kind of CA may follow any other. */
const spareManner = (seed: number): Manner => (['immediate', 'inProcess', 'tickets'] as const)[seed % 3] ?? 'immediate'

/** Lifetimes that certificates have in this simulation, as durations of the spec. */
export const lifetimes = [
  { text: '5m', length: minutes(5) },
  { text: '1h', length: hours(1) },
  { text: '24h', length: hours(24) },
  { text: '2160h', length: days(90) },
  { text: '87600h', length: days(3650) },
] as const
