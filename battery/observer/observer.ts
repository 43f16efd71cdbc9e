/**
 * Watches from outside and objects to every broken promise. It reads the API server, the log of the CA and what the operator
 * has printed, and shares no code with the operator: X.509 is read by node:crypto.
 */
import { X509Certificate } from 'node:crypto'
import { pairIn, privateTexts } from './pair.ts'
import { Watch, keyOf } from './watch.ts'
import type { Seen, Server } from './watch.ts'

export interface Ledger {
  /** For messages. */
  readonly name: string
  /** DER of everything that the CA has issued. */
  readonly issued: () => Promise<readonly Uint8Array[]>
}

interface Stored {
  readonly fingerprint: string
  readonly keyHash: string
  readonly notAfter: number
}

const ours = '/apis/perennial.dev/v1'
const mark = 'perennial.dev/managed'
/** Version of a Secret that the watch has not brought yet. */
const unseen = ''

interface CertificateStatus {
  readonly fingerprintSHA256?: string
  readonly revision?: number
  readonly conditions?: readonly {
    readonly type: string
    readonly status: string
    readonly observedGeneration?: number
  }[]
}

export class Observer {
  /** What was promised and not kept, each with the invariant's name. */
  readonly broken: string[] = []
  /** Everything that was stored in each certificate Secret, in order. */
  readonly stored = new Map<string, Stored[]>()
  readonly #certificates: Watch
  readonly #secrets: Watch
  readonly #told: readonly Watch[]
  readonly #foreign = new Map<string, string>()
  readonly #mayGo = new Set<string>()
  readonly #claims: { readonly key: string; readonly fingerprint: string }[] = []
  readonly #private = new Set<string>()
  /** Long words of everything that anybody may read; what is secret is one, or part of one. */
  readonly #said = new Set<string>()

  constructor(server: Server) {
    this.#certificates = new Watch(server, `${ours}/certificates`, (_key, now) => this.#certificate(now))
    this.#secrets = new Watch(server, '/api/v1/secrets', (key, now, before) => this.#secret(key, now, before))
    const say = (_key: string, now: Seen | undefined): void => this.#hear(JSON.stringify(now ?? ''))
    this.#told = ['/api/v1/events', `${ours}/issuers`, `${ours}/certificaterevocations`].map(
      (path) => new Watch(server, path, say),
    )
  }

  async start(): Promise<void> {
    for (const watch of [this.#certificates, this.#secrets, ...this.#told]) await watch.start()
  }

  stop(): void {
    for (const watch of [this.#certificates, this.#secrets, ...this.#told]) watch.stop()
  }

  /** Texts that nobody may read anywhere, such as passwords. */
  keepSecret(...texts: readonly string[]): void {
    for (const text of texts) this.#private.add(text)
  }

  /** I4: a Secret that must stay as it is. @param key - `namespace/name` */
  foreign(key: string): void {
    this.#foreign.set(key, this.#secrets.objects.get(key)?.metadata.resourceVersion ?? unseen)
  }

  /** This Secret may vanish: its Certificate is deleted, or a person deletes it. */
  mayGo(key: string): void {
    this.#mayGo.add(key)
  }

  get certificates(): ReadonlyMap<string, Seen> {
    return this.#certificates.objects
  }

  /** Certificates that are not Ready at the generation that they have, and for which Ready is no lie. */
  unready(): readonly string[] {
    return [...this.#certificates.objects.values()].filter((one) => !this.#isWell(one)).map(keyOf)
  }

  #isWell(certificate: Seen): boolean {
    const { conditions = [], fingerprintSHA256 } = statusOf(certificate)
    const ready = conditions.find(({ type }) => type === 'Ready')
    const held = this.stored.get(secretKeyOf(certificate))?.at(-1)?.fingerprint
    return (
      ready?.status === 'True' &&
      ready.observedGeneration === certificate.metadata.generation &&
      fingerprintSHA256 === held
    )
  }

  /**
   * I2, I3 and I6, which can be judged only when things have come to rest.
   *
   * @param printed - everything that operators have printed, and their metrics
   */
  atRest(printed: string): void {
    for (const { key, fingerprint } of this.#claims.splice(0)) {
      const isStored = this.stored.get(key)?.some((one) => one.fingerprint === fingerprint) === true
      if (!isStored)
        this.#object('I2', `Ready was said of ${fingerprint}, which was never in Secret ${key} with its key`)
    }
    this.#hear(printed)
    const heard = [...this.#said]
    for (const text of this.#private)
      if (heard.some((word) => word.includes(text)))
        this.#object('I6', 'a status, an Event, a log or a metric holds something secret')
    this.#said.clear()
    if (/^Node\.js v\d|unhandled|uncaught|this is a bug/im.test(printed)) this.#object('I8', 'an operator broke down')
  }

  /** How many certificates CAs have issued with this as a DNS name. */
  async issuedFor(name: string, ledger: Ledger): Promise<number> {
    const all = await ledger.issued()
    return all.filter((der) => new X509Certificate(der).subjectAltName?.split(', ').includes(`DNS:${name}`)).length
  }

  #hear(text: string): void {
    for (const [word] of text.matchAll(/[\w+/=-]{16,}/g)) this.#said.add(word)
  }

  #certificate(now: Seen | undefined): void {
    if (now === undefined) return
    this.#hear(JSON.stringify(now))
    const { conditions = [], fingerprintSHA256 } = statusOf(now)
    const isReady = conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
    if (!isReady) return
    if (fingerprintSHA256 === undefined) return this.#object('I2', `${keyOf(now)} is Ready without a certificate`)
    this.#claims.push({ key: secretKeyOf(now), fingerprint: fingerprintSHA256 })
  }

  #secret(key: string, now: Seen | undefined, before: Seen | undefined): void {
    const was = this.#foreign.get(key)
    if (was === unseen && now !== undefined) this.#foreign.set(key, now.metadata.resourceVersion)
    else if (was !== undefined && now?.metadata.resourceVersion !== was)
      this.#object('I4', `Secret ${key} is not the operator's and was touched`)
    for (const text of now === undefined ? [] : privateTexts(now)) this.#private.add(text)
    if ((now ?? before)?.metadata.labels?.[mark] !== 'certificate') return
    if (now === undefined) return this.#gone(key)
    this.#holds(key, now)
  }

  #gone(key: string): void {
    const owner = [...this.#certificates.objects.values()].find((one) => secretKeyOf(one) === key)
    if (owner?.metadata.deletionTimestamp === undefined && owner !== undefined && !this.#mayGo.has(key))
      this.#object('I5', `Secret ${key} was removed`)
  }

  #holds(key: string, now: Seen): void {
    const all = this.stored.get(key) ?? []
    const pair = pairOrWhy(now)
    if (pair === undefined || typeof pair === 'string') {
      if (all.length > 0)
        this.#object('I5', `Secret ${key} lost its certificate${pair === undefined ? '' : `: ${pair}`}`)
      return
    }
    for (const flaw of pair.flaws) this.#object('I1', `Secret ${key}: ${flaw}`)
    if (all.at(-1)?.fingerprint === pair.fingerprint) return
    const notAfter = Date.parse(pair.leaf.validTo)
    if (notAfter <= Date.now()) this.#object('I5', `Secret ${key} was given a certificate that has expired`)
    this.stored.set(key, [...all, { fingerprint: pair.fingerprint, keyHash: pair.keyHash, notAfter }])
  }

  #object(invariant: string, complaint: string): void {
    this.broken.push(`${invariant}: ${complaint}`)
  }
}

function pairOrWhy(secret: Seen): ReturnType<typeof pairIn> | string {
  try {
    return pairIn(secret)
  } catch (error) {
    return error instanceof Error ? error.message : 'it cannot be read'
  }
}

const statusOf = ({ status = {} }: Seen): CertificateStatus => status

const secretKeyOf = ({ metadata, spec = {} }: Seen): string =>
  `${metadata.namespace ?? ''}/${String(spec['secretName'])}`
