/**
 * From what a CA sent to a Secret: order the chain, hold it against the wish, render, write. The old certificate stays in
 * place until every one of these has succeeded.
 */
import type { Certificate } from '../../api/certificate.ts'
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import type { Result } from '../../domain/outcome.ts'
import { judgeIssued } from '../../domain/policy/issued.ts'
import type { RequestedWish } from '../../domain/snapshot.ts'
import type { Ctx, Identity, Outcome } from '../../enroll/enroller.ts'
import { accept } from '../../pki/accept.ts'
import { sha256Hex } from '../../pki/hash.ts'
import type { Bundle } from '../../pki/accept.ts'
import type { PrivateKey } from '../../pki/key.ts'
import { readPrivateKey } from '../../pki/key.ts'
import { pemLimits, readCertificates } from '../../pki/pem.ts'
import type { Clock } from '../../std/clock.ts'
import type { Result as Either } from '../../std/result.ts'
import { marksFor, marksKept } from './marks.ts'
import type { Observation } from './observe.ts'
import { readPasswords } from './passwords.ts'
import type { KeystorePasswords } from './passwords.ts'
import { render } from './render.ts'
import type { CertificateSecrets, SecretWrite } from './secrets.ts'
import type { Rendering } from './shape.ts'

type Issued = Extract<Outcome, { kind: 'issued' }>

interface Publication {
  readonly observation: Observation
  readonly wish: RequestedWish
  readonly key: PrivateKey
  readonly ctx: Ctx
}

/** Told of a certificate before its successor is written over it, where the Certificate has a policy for that. */
export type Supersede = (certificate: Certificate, signal: AbortSignal) => Promise<void>

export class Publisher {
  readonly #secrets: CertificateSecrets
  readonly #clock: Clock
  readonly #supersede: Supersede

  constructor(secrets: CertificateSecrets, clock: Clock, supersede: Supersede) {
    this.#secrets = secrets
    this.#clock = clock
    this.#supersede = supersede
  }

  /** Verifies what was issued and writes the Secret. */
  async publish(issued: Issued, { observation, wish, key, ctx }: Publication): Promise<Result> {
    const accepted = accept({ ...issued, key }, wish.wanted, this.#clock.now())
    if (!accepted.ok) return { kind: 'failed', how: 'refused', fault: accepted.error }
    const { bundle, facts, differences } = accepted.value
    const { judging } = observation
    const verdict = judging === undefined ? { breaches: [] } : judgeIssued(judging, facts, this.#clock.now())
    if ('fault' in verdict) return { kind: 'failed', how: 'refused', fault: verdict.fault }
    const marks = marksFor({ wish, facts, observation, now: this.#clock.now() })
    const { shape, publicKeyHash } = key
    const known = { certificate: facts, key: { shape, publicKeyHash, encoding: wish.keyEncoding } }
    if (observation.secret !== undefined && observation.certificate.spec.revocationPolicy?.onSupersede !== undefined)
      await this.#supersede(observation.certificate, ctx.signal)
    const written = await this.#write(observation, { wish, bundle, marks, facts: known }, ctx.signal)
    if (written.kind !== 'written') return refusedWrite(written)
    const remarks = issued.warning === undefined ? differences : [...differences, issued.warning]
    return { kind: 'issued', secret: written.secret.view, remarks, breaches: verdict.breaches }
  }

  /** Writes the Secret anew around the certificate that it holds. */
  async republish(observation: Observation, wish: RequestedWish, signal: AbortSignal): Promise<Result> {
    const bundle = await this.#readBundle(observation, signal)
    if (bundle === undefined) return { kind: 'stale' }
    const marks = marksKept(observation, wish)
    const written = await this.#write(observation, { wish, bundle, marks }, signal)
    return written.kind === 'written' ? { kind: 'published', secret: written.secret.view } : refusedWrite(written)
  }

  /** What would keep a new certificate from being written, found before the CA is asked for one. */
  async obstacle(observation: Observation, signal: AbortSignal): Promise<Fault | undefined> {
    const passwords = await this.#passwords(observation, signal)
    return passwords.ok ? undefined : fault('Misconfigured', passwords.error)
  }

  /** The certificate now in the Secret with its key, to sign its own renewal with. */
  async currentIdentity(observation: Observation, signal: AbortSignal): Promise<Identity | undefined> {
    const bundle = await this.#readBundle(observation, signal)
    if (bundle === undefined) return undefined
    const { leaf, intermediates, key, roots } = bundle
    return { chain: [leaf, ...intermediates], key, roots }
  }

  async #write(
    observation: Observation,
    { bundle, ...more }: Pick<Rendering, 'wish' | 'marks' | 'facts'> & { readonly bundle: Bundle },
    signal: AbortSignal,
  ): Promise<SecretWrite | { readonly kind: 'unwritable'; readonly message: string }> {
    const { certificate } = observation
    const passwords = await this.#passwords(observation, signal)
    if (!passwords.ok) return { kind: 'unwritable', message: passwords.error }
    const data = await render(bundle, more.wish, { spec: certificate.spec, passwords: passwords.value })
    return this.#secrets.write({ certificate, data, ...more }, observation.secret, signal)
  }

  #passwords({ certificate }: Observation, signal: AbortSignal): Promise<Either<KeystorePasswords, string>> {
    const { namespace = '' } = certificate.metadata
    return readPasswords(certificate.spec, {
      read: async (name) => (await this.#secrets.read(namespace, name, signal))?.data,
      cure: "create it in the Certificate's namespace",
    })
  }

  /** The bytes in the Secret, if they are still those that the snapshot speaks of. */
  async #readBundle({ certificate, snapshot }: Observation, signal: AbortSignal): Promise<Bundle | undefined> {
    const { namespace = '' } = certificate.metadata
    const secret = await this.#secrets.read(namespace, certificate.spec.secretName, signal)
    const text = (entry: string): string => Buffer.from(secret?.data?.[entry] ?? '', 'base64').toString('utf8')
    const key = readPrivateKey(text('tls.key'))
    const chain = readCertificates(text('tls.crt'))
    const roots = readCertificates(text('ca.crt'), pemLimits.bundle)
    if (!key.ok || !chain.ok || snapshot.secret?.certificate.kind !== 'ok') return undefined
    const [leaf, ...intermediates] = chain.value
    const { fingerprint, publicKeyHash } = snapshot.secret.certificate.facts
    // A key that is kept over renewals does not tell one certificate from the next.
    if (leaf === undefined || sha256Hex(leaf) !== fingerprint || key.value.publicKeyHash !== publicKeyHash)
      return undefined
    return { key: key.value, leaf, intermediates, roots: roots.ok ? roots.value : [] }
  }
}

function refusedWrite(
  write: Exclude<SecretWrite, { kind: 'written' }> | { kind: 'unwritable'; message: string },
): Result {
  switch (write.kind) {
    case 'taken':
      return { kind: 'secretTaken', message: write.message }
    case 'stale':
      return { kind: 'stale' }
    case 'refused':
      return { kind: 'failed', how: 'refused', fault: fault('PolicyDenied', write.message) }
    case 'unwritable':
      return { kind: 'failed', how: 'refused', fault: fault('Misconfigured', write.message) }
  }
}
