import type { CertificateStatus } from '../../src/api/certificate.ts'
import { milliseconds, plus, seconds } from '../../src/std/time.ts'
import type { Instant } from '../../src/std/time.ts'
import type { Agenda } from './agenda.ts'
import type { Dice } from './dice.ts'
import type { CertificateObject, NewSecret, SecretObject } from './objects.ts'
import { holdsAll, isWatched, sameStatus } from './objects.ts'

/** What a watch delivers; without an object it was deleted, or is no longer ours to see. */
export type Change = { readonly name: string; readonly version: string } & (
  | { readonly kind: 'certificate'; readonly object: CertificateObject | undefined }
  | { readonly kind: 'secret'; readonly object: SecretObject | undefined }
)

export type Watcher = (change: Change) => void

/** Who writes: only what the operator does is counted against it. */
export type Writer = 'operator' | 'user'

export interface SecretWritten {
  readonly before: SecretObject | undefined
  readonly after: SecretObject | undefined
  readonly by: Writer
}

/** Objects with resource versions, writes that may conflict, and watches that are late but in order. */
export class ApiServer {
  readonly certificates = new Map<string, CertificateObject>()
  readonly secrets = new Map<string, SecretObject>()
  /** What the operator has asked for. */
  readonly requests: string[] = []
  writes = 0
  /** The chance that the answer to a status write gets lost, be it done or not. */
  troubles = 0
  onSecret: (written: SecretWritten) => void = () => undefined
  readonly #agenda: Agenda
  readonly #dice: Dice
  readonly #watchers = new Map<Watcher, Record<Change['kind'], Instant>>()
  #version = 0

  constructor(agenda: Agenda, dice: Dice) {
    this.#agenda = agenda
    this.#dice = dice
  }

  /** Everything there is, and from then on every change, each somewhat late. */
  watch(watcher: Watcher): () => void {
    const { now } = this.#agenda
    this.#watchers.set(watcher, { certificate: now, secret: now })
    return () => this.#watchers.delete(watcher)
  }

  putCertificate(object: Omit<CertificateObject, 'resourceVersion'>): CertificateObject {
    const stored = { ...object, resourceVersion: this.#next() }
    this.certificates.set(object.name, stored)
    this.#tell({ kind: 'certificate', name: object.name, version: stored.resourceVersion, object: stored })
    return stored
  }

  removeCertificate(name: string): void {
    this.certificates.delete(name)
    this.#tell({ kind: 'certificate', name, version: this.#next(), object: undefined })
  }

  /** @param basis - the write fails where the object is another one by now, or its status is */
  applyStatus(
    name: string,
    status: CertificateStatus,
    basis: CertificateObject,
  ): CertificateObject | 'conflict' | 'notFound' | 'unavailable' {
    this.#count('apply status')
    const object = this.certificates.get(name)
    if (object === undefined) return 'notFound'
    if (object.uid !== basis.uid || !sameStatus(object.status, basis.status)) return 'conflict'
    const isLost = this.troubles > 0 && this.#dice.chance(this.troubles)
    if (isLost && this.#dice.chance(0.5)) return 'unavailable'
    const stored = this.putCertificate({ ...object, status })
    return isLost ? 'unavailable' : stored
  }

  getCertificate(name: string): CertificateObject | undefined {
    this.requests.push('get certificate')
    return this.certificates.get(name)
  }

  getSecret(name: string): SecretObject | undefined {
    this.requests.push('get secret')
    return this.secrets.get(name)
  }

  createSecret(secret: NewSecret, by: Writer): SecretObject | 'exists' {
    if (by === 'operator') this.#count(`create ${secret.role}`)
    if (this.secrets.has(secret.name)) return 'exists'
    return this.#putSecret({ ...secret, resourceVersion: this.#next() }, by)
  }

  /** @param basis - the write fails unless what is there holds the same; without it, unless it has the version of `secret` */
  replaceSecret(secret: SecretObject, by: Writer, basis?: SecretObject): SecretObject | 'conflict' | 'notFound' {
    if (by === 'operator') this.#count(`patch ${secret.role}`)
    const current = this.secrets.get(secret.name)
    if (current === undefined) return 'notFound'
    const isAsDecided =
      basis === undefined ? current.resourceVersion === secret.resourceVersion : holdsAll(current, basis)
    if (!isAsDecided) return 'conflict'
    return this.#putSecret({ ...secret, resourceVersion: this.#next() }, by)
  }

  deleteSecret(name: string, by: Writer): void {
    if (by === 'operator') this.#count('delete secret')
    const before = this.secrets.get(name)
    if (before === undefined) return
    this.secrets.delete(name)
    const version = this.#next()
    this.onSecret({ before, after: undefined, by })
    if (isWatched(before)) this.#tell({ kind: 'secret', name, version, object: undefined })
  }

  #putSecret(after: SecretObject, by: Writer): SecretObject {
    const before = this.secrets.get(after.name)
    this.secrets.set(after.name, after)
    this.onSecret({ before, after, by })
    const news = { kind: 'secret', name: after.name, version: after.resourceVersion } as const
    if (isWatched(after)) this.#tell({ ...news, object: after })
    else if (before !== undefined && isWatched(before)) this.#tell({ ...news, object: undefined })
    return after
  }

  #count(request: string): void {
    this.requests.push(request)
    this.writes += 1
  }

  #next(): string {
    this.#version += 1
    return String(this.#version)
  }

  /** In order for each kind, and usually soon; now and then a watch hangs for a while. */
  #tell(change: Change): void {
    for (const [watcher, last] of this.#watchers) {
      const delay = this.#dice.chance(0.02)
        ? this.#dice.between(seconds(1), seconds(40))
        : this.#dice.between(milliseconds(1), milliseconds(200))
      const own = plus(this.#agenda.now, delay)
      const at = own > last[change.kind] ? own : last[change.kind]
      last[change.kind] = at
      this.#agenda.at(at, () => {
        if (this.#watchers.has(watcher)) watcher(change)
      })
    }
  }
}
