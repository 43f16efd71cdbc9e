/**
 * Every write to a Certificate's Secrets. Each is guarded: creation fails when a Secret is already there, a change names the
 * resourceVersion it was decided on or tests what it was decided on, and a Secret without our mark is never touched.
 */
import type { Certificate } from '../../api/certificate.ts'
import type { Secret } from '../../api/meta.ts'
import { KubeError } from '../../kube/errors.ts'
import { changesOf, testsOf } from '../../kube/jsonpatch.ts'
import type { ObjectRef, Resource } from '../../kube/resource.ts'
import type { Store } from '../../kube/store.ts'
import type { PrivateKey } from '../../pki/key.ts'
import { labels } from '../names.ts'
import { projectSecret } from './projection.ts'
import type { CertificateSecret, KnownEntries, SecretProjection } from './projection.ts'
import type { SecretsInWriting } from './writing.ts'
import { NextKeys, keyIn } from './nextkeys.ts'
import { basisOfSecret, isOurs, newSecret, patchFor, withMark } from './shape.ts'
import type { Rendering } from './shape.ts'

/** Why a Secret could not be written. */
export type SecretWrite =
  | { readonly kind: 'written'; readonly secret: CertificateSecret }
  | { readonly kind: 'taken'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'stale' }

/** What a look under the name of the target Secret can find. */
export type Found =
  { readonly kind: 'free' } | { readonly kind: 'ours' } | { readonly kind: 'taken'; readonly message: string }

/** What is changed: as the cache knows it; with its bytes when it was looked at after a refusal. */
interface Current {
  readonly secret: CertificateSecret
  readonly live?: Secret
}

/** How often a write is repeated when somebody else touches the Secret in the same moment. */
const conflictTries = 3

export class CertificateSecrets {
  readonly #secrets: Resource<Secret>
  readonly #store: Store<SecretProjection>
  readonly #writing: SecretsInWriting
  readonly #written: (key: string) => void
  /** Where the key of an enrollment is kept until its certificate is there. */
  readonly next: NextKeys

  /** @param parts - `written` is told the key of every Secret that was written here, because the cache tells only news */
  constructor(parts: {
    readonly secrets: Resource<Secret>
    readonly store: Store<SecretProjection>
    readonly writing: SecretsInWriting
    readonly written: (key: string) => void
  }) {
    this.#secrets = parts.secrets
    this.#store = parts.store
    this.#writing = parts.writing
    this.#written = parts.written
    this.next = new NextKeys({ ...parts, remember: (secret, known) => this.#remember(secret, known) })
  }

  /** Reads a Secret with its bytes, straight from the API server. */
  read(namespace: string, name: string, signal: AbortSignal): Promise<Secret | undefined> {
    return this.#secrets.get({ namespace, name }, signal)
  }

  /**
   * What lies under the name of the target Secret although the cache does not know it: asked before the first request to a
   * CA, because an unmarked Secret is not in the cache and finding out after issuance would waste a certificate. One that is
   * ours and lost its mark gets it back.
   */
  async lookUp(certificate: Certificate, signal: AbortSignal): Promise<Found> {
    const { namespace = '', name } = certificate.metadata
    const { secretName } = certificate.spec
    const existing = await this.read(namespace, secretName, signal)
    if (existing === undefined) return { kind: 'free' }
    if (!isOurs(existing, name)) return { kind: 'taken', message: takenMessage(secretName) }
    await this.#mark(existing, signal)
    return { kind: 'ours' }
  }

  /** Puts the mark on a Secret of ours, so that the watch sees it. */
  async #mark(secret: Secret, signal: AbortSignal): Promise<void> {
    const { namespace = '', name } = secret.metadata
    const patch = { metadata: { labels: { [labels.managed]: 'certificate' } } }
    const operations = [...testsOf(secret, basisOfSecret), ...changesOf(secret, patch)]
    try {
      this.#remember(await this.#secrets.jsonPatch({ namespace, name }, operations, signal))
    } catch (error) {
      if (!(error instanceof KubeError) || (error.reason !== 'conflict' && error.reason !== 'notFound')) throw error
    }
  }

  /** Stores rendered entries, creating the Secret or changing the one that is ours. */
  async write(rendering: Rendering, known: CertificateSecret | undefined, signal: AbortSignal): Promise<SecretWrite> {
    const { certificate } = rendering
    const ref = { namespace: certificate.metadata.namespace ?? '', name: certificate.spec.secretName }
    let current: Current | undefined = known && { secret: known }
    for (let tries = 0; tries < conflictTries; tries++) {
      try {
        return written(await this.#put(rendering, { ref, current }, signal))
      } catch (error) {
        if (!(error instanceof KubeError)) throw error
        const meanwhile = await this.#afterRefusal(error, { rendering, known }, signal)
        if (meanwhile.kind !== 'look') return meanwhile
        current = meanwhile.current
      }
    }
    return { kind: 'stale' }
  }

  #put(
    rendering: Rendering,
    { ref, current }: { ref: ObjectRef; current: Current | undefined },
    signal: AbortSignal,
  ): Promise<SecretProjection> {
    const known = knownIn(rendering)
    const key = `${ref.namespace}/${ref.name}`
    const put = async (): Promise<SecretProjection> => {
      const secret =
        current === undefined
          ? await this.#secrets.create(newSecret(rendering), signal)
          : await this.#change(rendering, { ref, current }, signal)
      return this.#remember(secret, known)
    }
    return this.#writing.during(key, known, () => this.#store.writing(key, put))
  }

  /**
   * Names the version that the cache knows. What was looked at because that is not there any more is tested itself: whoever writes
   * to other parts of the Secret cannot stand in the way of that, however often.
   */
  #change(
    rendering: Rendering,
    { ref, current: { secret, live } }: { ref: ObjectRef; current: Current },
    signal: AbortSignal,
  ): Promise<Secret> {
    const patch = patchFor(rendering, secret)
    if (live !== undefined)
      return this.#secrets.jsonPatch(ref, [...testsOf(live, basisOfSecret), ...changesOf(live, patch)], signal)
    const metadata = { ...patch.metadata, resourceVersion: secret.resourceVersion }
    return this.#secrets.mergePatch(ref, { ...patch, metadata }, signal)
  }

  /** A write was refused: look at what is there now. Errors that a second look cannot mend are thrown on. */
  async #afterRefusal(
    error: KubeError,
    { rendering, known }: { rendering: Rendering; known: CertificateSecret | undefined },
    signal: AbortSignal,
  ): Promise<Exclude<SecretWrite, { kind: 'written' }> | { kind: 'look'; current: Current | undefined }> {
    const { namespace = '', name } = rendering.certificate.metadata
    const { secretName } = rendering.certificate.spec
    if (error.reason === 'invalid' || error.reason === 'forbidden' || error.status === 413)
      return { kind: 'refused', message: refusedMessage(secretName, error) }
    if (error.reason !== 'alreadyExists' && error.reason !== 'conflict' && error.reason !== 'notFound') throw error
    const existing = await this.read(namespace, secretName, signal)
    if (existing === undefined) return { kind: 'look', current: undefined }
    if (!isOurs(existing, name)) return { kind: 'taken', message: takenMessage(secretName) }
    const projected = projectSecret(withMark(existing))
    if (projected.role === 'certificate' && holdsSame(projected, known))
      return { kind: 'look', current: { secret: projected, live: existing } }
    // Decided without knowing it: the next reconcile will.
    await this.#mark(existing, signal)
    return { kind: 'stale' }
  }

  /** Reads the key that the published Secret holds. */
  async loadCurrentKey(certificate: Certificate, signal: AbortSignal): Promise<PrivateKey | undefined> {
    const { namespace = '' } = certificate.metadata
    return keyIn(await this.read(namespace, certificate.spec.secretName, signal))
  }

  #remember(secret: Secret, known?: KnownEntries): SecretProjection {
    const projected = projectSecret(secret, known)
    const key = `${secret.metadata.namespace}/${secret.metadata.name}`
    this.#store.overlay(key, projected)
    this.#written(key)
    return projected
  }
}

/**
 * Whether only labels or the like have changed. A Secret that meanwhile holds another certificate was written by another
 * replica, and one that holds another key by a person: what we decided on is out of date, and writing would undo their work.
 */
function holdsSame(now: CertificateSecret, known: CertificateSecret | undefined): boolean {
  if (known === undefined) return now.view.certificate.kind !== 'ok'
  const [held, decided] = [now, known].map(({ view: { certificate, key } }) => JSON.stringify([certificate, key]))
  return held === decided
}

/** What was written carries our mark, so its projection is that of a certificate. */
function written(projected: SecretProjection): SecretWrite {
  return projected.role === 'certificate' ? { kind: 'written', secret: projected } : { kind: 'stale' }
}

const knownIn = ({ data, facts }: Rendering): KnownEntries | undefined =>
  facts === undefined ? undefined : { data, ...facts }

/** A validation, an admission policy or missing rights: the same write would be refused again. */
function refusedMessage(secretName: string, { message }: KubeError): string {
  return `the API server did not take Secret ${secretName} (${message.slice(0, 500)}); change what it objects to`
}

function takenMessage(secretName: string): string {
  return (
    `Secret ${secretName} exists and was not made by Perennial, so it is left alone; ` +
    'delete it, or choose another spec.secretName'
  )
}
