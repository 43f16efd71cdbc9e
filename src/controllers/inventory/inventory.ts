/**
 * The whole inventory at a moment, put together from the caches. Nothing tells it of changes: what our own writes lay over the
 * caches is told to nobody. It looks again when it is asked, and works out anew only what is not the object it was.
 */
import type { Issuer } from '../../api/issuer.ts'
import type { CertificatePolicy } from '../../api/policy.ts'
import type { Claimant } from '../../domain/ingress/claimant.ts'
import { inventoryItem, kindsOf } from '../../domain/inventory/item.ts'
import type { Consumer, InventoryItem } from '../../domain/inventory/item.ts'
import { managedSource, nothingHeld } from '../../domain/inventory/managed.ts'
import type { Held } from '../../domain/inventory/managed.ts'
import { judge } from '../../domain/inventory/query.ts'
import type { Asking, JudgedItem } from '../../domain/inventory/query.ts'
import { reissuesUnder } from '../../domain/inventory/replaced.ts'
import type { Store } from '../../kube/store.ts'
import type { Clock } from '../../std/clock.ts'
import { seconds } from '../../std/time.ts'
import type { CertificateProjection } from '../certificate/certificates.ts'
import type { SecretProjection } from '../certificate/projection.ts'
import type { Claimants } from '../ingress/claimants.ts'
import { claimantKinds } from '../ingress/kinds.ts'
import type { IssuerProjection } from '../issuer/issuers.ts'
import type { PolicyProjection } from '../policy/policies.ts'
import { askedOf } from './asked.ts'
import type { FoundProjection } from './found.ts'

/** A kind of objects that certificates are looked for in. */
export interface FoundSource {
  /** `Secret` or `ConfigMap`. */
  readonly kind: string
  readonly store: Store<FoundProjection>
}

export interface InventoryParts {
  readonly certificates: Store<CertificateProjection>
  readonly secrets: Store<SecretProjection>
  readonly issuers: Store<IssuerProjection>
  readonly clusterIssuers: Store<IssuerProjection>
  readonly policies: Store<PolicyProjection>
  readonly claimants: Claimants
  /** Empty: only what Perennial manages. */
  readonly found: readonly FoundSource[]
  readonly clock: Clock
}

/** The inventory at a moment. */
export interface Picture extends Asking {
  readonly judged: readonly JudgedItem[]
  /** Those that look at the Secret of an item. */
  readonly consumersOf: (item: InventoryItem) => readonly Consumer[]
  /** Where they are, for those that look at a Secret of another namespace. */
  readonly farNamespaces: readonly string[]
  /** Kinds that have not been read yet, or cannot be. */
  readonly unread: readonly string[]
}

/** How long one picture serves: many questions come together, and people do not see faster. */
const pictureAge = seconds(1)

interface Known {
  readonly secret: SecretProjection | undefined
  readonly item: InventoryItem
}

export class Inventory {
  readonly #parts: InventoryParts
  /** What was worked out of each version of a Certificate; gone with it. */
  readonly #known = new WeakMap<CertificateProjection, Known>()
  #last: { readonly picture: Picture; readonly at: number } | undefined

  constructor(parts: InventoryParts) {
    this.#parts = parts
  }

  /**
   * Works out what there is before anybody asks, so that who asks first after a start waits no longer than who asks next.
   *
   * @param rest - awaited between two certificates: lets everything else have its turn
   */
  async prepare(rest: () => Promise<void>): Promise<void> {
    for (const certificate of this.#parts.certificates.values()) {
      this.#itemOf(certificate)
      await rest()
    }
    this.picture()
  }

  /** The inventory as it is now, or was a second ago. */
  picture(): Picture {
    const { clock } = this.#parts
    const at = clock.monotonic()
    if (this.#last !== undefined && at - this.#last.at < pictureAge) return this.#last.picture
    const picture = this.#draw()
    this.#last = { picture, at }
    return picture
  }

  /** What is not ours. */
  *found(): Generator<InventoryItem> {
    for (const { store } of this.#parts.found) for (const { items } of store.values()) yield* items
  }

  /** By kind, as the caches have them. */
  issuers(): { readonly issuers: readonly Issuer[]; readonly clusterIssuers: readonly Issuer[] } {
    const { issuers, clusterIssuers } = this.#parts
    const objects = (store: Store<IssuerProjection>): readonly Issuer[] =>
      Array.from(store.values(), ({ object }) => object)
    return { issuers: objects(issuers), clusterIssuers: objects(clusterIssuers) }
  }

  /** What issuers with a budget have been asked for; see {@link askedOf}. */
  asked(): ReturnType<typeof askedOf> {
    return askedOf(this.#parts, this.issuers(), this.#parts.clock.now())
  }

  /** As the cache has them. */
  policies(): readonly CertificatePolicy[] {
    return Array.from(this.#parts.policies.values(), ({ object }) => object)
  }

  #draw(): Picture {
    const { found, clock, claimants } = this.#parts
    const items = [...this.#managed(), ...this.found()]
    const places = placesIn(items)
    const consumers = consumersIn(claimants)
    const consumersOf = ({ namespace, secretName }: InventoryItem): readonly Consumer[] =>
      (secretName === undefined ? undefined : consumers.get(`${namespace}/${secretName}`)) ?? nobody
    const now = clock.now()
    const reissueOf = reissuesUnder(this.issuers(), now)
    const judging = { now, placesOf: (hash: string) => places.get(hash) ?? 0, reissueOf }
    return {
      ...judging,
      judged: judge(items, judging),
      consumersOf,
      consumerKinds: (item) => kindsOf(consumersOf(item)),
      farNamespaces: [...consumers].flatMap(([secret, of]) =>
        of.filter(({ namespace }) => !secret.startsWith(`${namespace}/`)).map(({ namespace }) => namespace),
      ),
      unread: found.filter(({ store }) => !store.isSynced).map(({ kind }) => kind),
    }
  }

  #managed(): readonly InventoryItem[] {
    return Array.from(this.#parts.certificates.values(), (certificate) => this.#itemOf(certificate))
  }

  #itemOf(certificate: CertificateProjection): InventoryItem {
    const { metadata, spec } = certificate.object
    const secret = this.#parts.secrets.get(`${metadata.namespace}/${spec.secretName}`)
    const before = this.#known.get(certificate)
    if (before !== undefined && before.secret === secret) return before.item
    const item = itemOf(certificate, secret)
    this.#known.set(certificate, { secret, item })
    return item
  }
}

const nobody: readonly Consumer[] = []

const itemOf = (certificate: CertificateProjection, secret: SecretProjection | undefined): InventoryItem =>
  inventoryItem(managedSource(certificate.object, heldIn(secret, certificate.object.metadata.name)))

/** A Secret that another Certificate owns says nothing about this one. */
function heldIn(secret: SecretProjection | undefined, owner: string): Held {
  if (secret?.role !== 'certificate' || secret.view.owner !== owner) return nothingHeld
  const { certificate, marks } = secret.view
  switch (certificate.kind) {
    case 'missing':
      return nothingHeld
    case 'damaged':
      return { ...nothingHeld, unreadable: certificate.message }
    case 'ok': {
      const { chain, unreadAbove } = secret
      return { facts: certificate.facts, chain, unreadAbove, issuedAt: marks.issuedAt, unreadable: undefined }
    }
  }
}

/** In how many places each key is. */
function placesIn(items: readonly InventoryItem[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>()
  for (const { facts } of items)
    if (facts !== undefined) places.set(facts.publicKeyHash, (places.get(facts.publicKeyHash) ?? 0) + 1)
  return places
}

/** By `namespace/name` of the Secret. */
function consumersIn({ stores }: Claimants): ReadonlyMap<string, readonly Consumer[]> {
  const consumers = new Map<string, Consumer[]>()
  for (const kind of claimantKinds) {
    for (const { claimant } of stores[kind].values()) {
      const { namespace, name } = claimant
      for (const secret of secretsUsedBy(claimant)) {
        const of = consumers.get(secret) ?? []
        of.push({ kind, namespace, name })
        consumers.set(secret, of)
      }
    }
  }
  return consumers
}

const secretsUsedBy = ({ namespace, entries }: Claimant): ReadonlySet<string> =>
  new Set(
    entries.flatMap(({ secretNames, farSecrets = [] }) => [
      ...secretNames.map((secret) => `${namespace}/${secret}`),
      ...farSecrets,
    ]),
  )
