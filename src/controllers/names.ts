/** Labels, annotations and names that Perennial puts on objects. Users see them, so they never change lightly. */

export const fieldManager = 'perennial'
/** On Certificates that Ingresses and Gateways asked for. */
export const ingressFieldManager = 'perennial-ingress'

export const labels = {
  /** On every Secret that Perennial writes: the watch selects by it. */
  managed: 'perennial.dev/managed',
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
} as const

/** The Secret of the key that waits for its certificate. One for each Certificate, named so that people can tell. */
export function nextKeySecretName(certificateName: string, uid: string): string {
  return `${certificateName.slice(0, 200)}-next-${uid.replaceAll('-', '').slice(0, 10)}`
}
