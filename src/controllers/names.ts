/** Labels, annotations and names that Perennial puts on objects. Users see them, so they never change lightly. */

export const fieldManager = 'perennial'
/** On Certificates that Ingresses and Gateways asked for. */
export const ingressFieldManager = 'perennial-ingress'

export const labels = {
  /** On every Secret that Perennial writes: the watch selects by it. */
  managed: 'perennial.dev/managed',
  /** On what leads to the answers of challenges: `route`, `edited` (somebody else's) or `backend`. */
  challenge: 'perennial.dev/challenge',
} as const

export const annotations = {
  certificateName: 'perennial.dev/certificate-name',
  issuerName: 'perennial.dev/issuer-name',
  issuerKind: 'perennial.dev/issuer-kind',
  issuerGroup: 'perennial.dev/issuer-group',
  commonName: 'perennial.dev/common-name',
  altNames: 'perennial.dev/alt-names',
  ipSans: 'perennial.dev/ip-sans',
  uriSans: 'perennial.dev/uri-sans',
  emailSans: 'perennial.dev/email-sans',
  /** Which wish the certificate answers to; see `Wish.requestText`. */
  requestHash: 'perennial.dev/request-hash',
  /** How the Secret was rendered; see `Wish.outputsText`. */
  outputsHash: 'perennial.dev/outputs-hash',
  issuedAt: 'perennial.dev/issued-at',
  /** On a Certificate: renew now, once for each new value. On its Secret: the value that was served. */
  renew: 'perennial.dev/renew',
  /** What we wrote (entries, template labels and annotations) and its hash, so that damage and leftovers are recognised. */
  content: 'perennial.dev/content',
  /** On a Certificate that an Ingress or a Gateway asked for: a hash of what was asked. */
  wantedHash: 'perennial.dev/wanted-hash',
  /** On an Ingress of somebody else: the tokens of the challenges whose paths we put there. */
  challengeTokens: 'perennial.dev/challenge-tokens',
} as const

/** Annotations of a Certificate that say how its HTTP-01 challenges are routed. */
export const overrides = {
  ingressName: 'perennial.dev/http01-override-ingress-name',
  ingressClass: 'perennial.dev/http01-override-ingress-class',
  ingressClassName: 'perennial.dev/http01-override-ingress-ingressclassname',
} as const

/** The Service, and its EndpointSlices, that lead routes of challenges to the operator. One for each namespace. */
export const challengeBackendName = 'perennial-challenges'

/** An Ingress or HTTPRoute that leads to the answers of one Certificate. */
export function challengeRouteName(of: { certificate: string; uid: string; index: number }): string {
  const base = `${of.certificate.slice(0, 200)}-http01-${of.uid.replaceAll('-', '').slice(0, 10)}`
  return of.index === 0 ? base : `${base}-${of.index}`
}

/** The Secret of the key that waits for its certificate. One for each Certificate, named so that people can tell. */
export function nextKeySecretName(certificateName: string, uid: string): string {
  return `${certificateName.slice(0, 200)}-next-${uid.replaceAll('-', '').slice(0, 10)}`
}
