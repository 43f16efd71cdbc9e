/** The Secret that keeps the key of an enrollment under way, and the request bytes that must be repeated as they are. */
import type { Certificate } from '../../api/certificate.ts'
import type { Secret } from '../../api/meta.ts'
import { KubeError } from '../../kube/errors.ts'
import { changesOf, testsOf } from '../../kube/jsonpatch.ts'
import type { ObjectRef, Resource } from '../../kube/resource.ts'
import type { Store } from '../../kube/store.ts'
import { readPrivateKey } from '../../pki/key.ts'
import type { PrivateKey } from '../../pki/key.ts'
import type { KnownEntries, SecretProjection } from './projection.ts'
import { nextKeyRef, nextKeySecret } from './shape.ts'
import type { SecretsInWriting } from './writing.ts'

export interface NextKeysParts {
  readonly secrets: Resource<Secret>
  readonly store: Store<SecretProjection>
  readonly writing: SecretsInWriting
  /** Lays what was written over the cache. */
  readonly remember: (secret: Secret, known?: KnownEntries) => SecretProjection
}

/** Whose request lies beside the pending key: the uid of the issuer. */
const keeperEntry = 'request-for'

/** That request bytes are laid beside a key depends on that key alone. */
const basis = [
  ['metadata', 'uid'],
  ['data', 'tls.key'],
] as const

/** How often request bytes are written when somebody else touches the Secret in the same moment. */
const conflictTries = 3

export class NextKeys {
  readonly #parts: NextKeysParts

  constructor(parts: NextKeysParts) {
    this.#parts = parts
  }

  /** Stores the key of the enrollment that is about to start. @returns false when something else was there first */
  async store(certificate: Certificate, key: PrivateKey, signal: AbortSignal): Promise<boolean> {
    const { secrets, writing, remember } = this.#parts
    const secret = nextKeySecret(certificate, key)
    const { shape, publicKeyHash } = key
    const known = { data: secret.data ?? {}, key: { shape, publicKeyHash, encoding: 'PKCS8' } } as const
    try {
      await writing.during(`${secret.metadata.namespace}/${secret.metadata.name}`, known, async () =>
        remember(await secrets.create(secret, signal), known),
      )
      return true
    } catch (error) {
      if (error instanceof KubeError && error.reason === 'alreadyExists') return false
      throw error
    }
  }

  /**
   * Keeps request bytes beside the pending key, so that a restart repeats the identical request. Never beside another key: a
   * request that its key did not sign would be repeated for ever.
   *
   * @returns false when the pending key is another one by now, or is gone
   */
  async keepRequest(
    certificate: Certificate,
    { bytes, by, keyHash }: { readonly bytes: Uint8Array; readonly by: string; readonly keyHash: string },
    signal: AbortSignal,
  ): Promise<boolean> {
    const { secrets } = this.#parts
    const ref = nextKeyRef(certificate)
    const data = { request: Buffer.from(bytes).toString('base64'), [keeperEntry]: Buffer.from(by).toString('base64') }
    const known = this.#versionOf(ref, keyHash)
    const atVersion = { metadata: { resourceVersion: known }, data }
    if (known !== undefined && (await this.#take(() => secrets.mergePatch(ref, atVersion, signal)))) return true
    for (let tries = 0; tries < conflictTries; tries++) {
      const live = await secrets.get(ref, signal)
      if (keyIn(live)?.publicKeyHash !== keyHash) return false
      const operations = [...testsOf(live, basis), ...changesOf(live, { data })]
      if (await this.#take(() => secrets.jsonPatch(ref, operations, signal))) return true
    }
    return false
  }

  /** @returns false when what was to be written to is another one by now */
  async #take(write: () => Promise<Secret>): Promise<boolean> {
    try {
      this.#parts.remember(await write())
      return true
    } catch (error) {
      if (error instanceof KubeError && (error.reason === 'conflict' || error.reason === 'notFound')) return false
      throw error
    }
  }

  /** The version in which the cache knows the pending key, if it is that one. */
  #versionOf({ namespace, name }: ObjectRef, keyHash: string): string | undefined {
    const known = this.#parts.store.get(`${namespace}/${name}`)
    const isSame = known?.role === 'next-key' && known.pending.key?.publicKeyHash === keyHash
    return isSame ? known.resourceVersion : undefined
  }

  /** Reads the pending key back, with the request bytes kept beside it, if they are for the issuer of this uid. */
  async load(
    certificate: Certificate,
    by: string,
    signal: AbortSignal,
  ): Promise<{ key: PrivateKey; request?: Uint8Array } | undefined> {
    const secret = await this.#parts.secrets.get(nextKeyRef(certificate), signal)
    const key = keyIn(secret)
    const keeper = Buffer.from(secret?.data?.[keeperEntry] ?? '', 'base64').toString('utf8')
    const request = keeper === '' || keeper === by ? secret?.data?.['request'] : undefined
    if (key === undefined) return undefined
    return request === undefined ? { key } : { key, request: Buffer.from(request, 'base64') }
  }

  /** Removes the pending key; nothing happens when it is gone or was replaced meanwhile. */
  async discard(certificate: Certificate, signal: AbortSignal): Promise<void> {
    const { secrets, store } = this.#parts
    const ref = nextKeyRef(certificate)
    const known = store.get(`${ref.namespace}/${ref.name}`)
    if (known === undefined) return
    try {
      await secrets.delete(ref, { uid: known.uid }, signal)
    } catch (error) {
      if (!(error instanceof KubeError) || error.reason !== 'conflict') throw error
    }
    store.overlayDeleted(`${ref.namespace}/${ref.name}`)
  }
}

/** The private key in a Secret; undefined when there is none that can be read. */
export function keyIn(secret: Secret | undefined): PrivateKey | undefined {
  const base64 = secret?.data?.['tls.key']
  if (base64 === undefined) return undefined
  const key = readPrivateKey(Buffer.from(base64, 'base64').toString('utf8'))
  return key.ok ? key.value : undefined
}
