/** What things are called in the cluster of the suite. */

/** The namespace of the release, and the release. */
export const home = 'perennial'
/** The namespace of what stands around the operator. */
export const partsNamespace = 'parts'
/** The namespace of people who want certificates. */
export const shop = 'shop'

/** Where Pebble is found. */
export const acmeHost = 'acme.example.test'

/** Where names end. Each way to prove control has a zone; a further way gets its own here, and a solver in issuer.ts. */
export const zones = { http01: 'http.example.test', tlsAlpn01: 'alpn.example.test', dns01: 'dns.example.test' } as const

/** The key that signs updates of {@link zones}`.dns01`, and the Secret that holds it. */
export const tsig = {
  name: 'challenges',
  secret: 'c2VjcmV0IG9mIHRoZSBzdWl0ZSwgbG9uZyBlbm91Z2gh',
  secretName: 'tsig',
} as const
