/** Whoever terminates TLS and says so: an Ingress, a Gateway, a set of listeners. All of them alike, as far as certificates go. */

/** One place of a claimant's spec that wants a certificate. */
export interface TlsEntry {
  /** Where it stands, for people, for example `spec.tls[0]`. */
  readonly path: string
  /** The name of the listener; undefined in an Ingress. */
  readonly listener?: string
  /** The Secrets that it reads its certificates from. */
  readonly secretNames: readonly string[]
  /** Those of other namespaces, as `namespace/name`. They are not written for it. */
  readonly farSecrets?: readonly string[]
  /** DNS names, with wildcards; none where routes bring the names. */
  readonly hosts: readonly string[]
  /** Whose routes may bring names, where the entry has no hosts. Undefined: names are not taken from routes. */
  readonly routesFrom?: 'Same' | 'All'
  /** What keeps it from having a certificate of ours: a sentence. */
  readonly problem?: string
}

export interface Claimant {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** RFC 3339. */
  readonly createdAt: string
  readonly isEnding: boolean
  readonly labels: Readonly<Record<string, string>>
  /** Only those that may say something to us. */
  readonly annotations: Readonly<Record<string, string>>
  readonly entries: readonly TlsEntry[]
  /** Undefined for kinds whose status has no conditions. */
  readonly standing?: Standing
}

/** What a status says of the certificates of its object. */
export interface Standing {
  /** Of the object. */
  readonly generation: number
  readonly said: Said | undefined
}

/** A condition of ours, as it was found. */
export interface Said {
  readonly status: string
  readonly reason: string
  readonly message: string
  readonly observedGeneration?: number
  /** RFC 3339. */
  readonly lastTransitionTime?: string
}

/** A route that is attached to listeners and has names of its own. */
export interface Route {
  readonly namespace: string
  readonly parents: readonly RouteParent[]
  readonly hostnames: readonly string[]
}

export interface RouteParent {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** One listener of the parent; undefined: all of them. */
  readonly listener: string | undefined
}

/** What is wrong with a claimant, for an Event on it and for its condition. */
export interface Complaint {
  readonly reason: string
  readonly message: string
}
