/** What a TLS Secret holds, by OpenSSL's own eyes. */
import { X509Certificate, createHash, createPrivateKey } from 'node:crypto'
import type { Seen } from './watch.ts'

export interface Pair {
  readonly leaf: X509Certificate
  /** SHA-256 of the leaf, lower-case hex, as status.fingerprintSHA256 has it. */
  readonly fingerprint: string
  /** SHA-256 of the public key, hex. */
  readonly keyHash: string
  /** What is wrong with it, if anything. */
  readonly flaws: readonly string[]
}

/** @returns undefined where the Secret holds no certificate at all */
export function pairIn({ data = {} }: Seen): Pair | undefined {
  const [crt, key, roots] = ['tls.crt', 'tls.key', 'ca.crt'].map((name) => Buffer.from(data[name] ?? '', 'base64'))
  if (crt === undefined || crt.length === 0) return undefined
  const chain = certificatesIn(String(crt))
  const [leaf] = chain
  if (leaf === undefined) return undefined
  const fits = key !== undefined && key.length > 0 && leaf.checkPrivateKey(createPrivateKey(key))
  return {
    leaf,
    fingerprint: sha256(leaf.raw),
    keyHash: sha256(leaf.publicKey.export({ type: 'spki', format: 'der' })),
    flaws: [...(fits ? [] : ['the key does not fit the leaf']), ...chainFlaws(chain, certificatesIn(String(roots)))],
  }
}

/** Each is signed by the next, and the last by itself or by a root that lies beside it. */
function chainFlaws(chain: readonly X509Certificate[], roots: readonly X509Certificate[]): readonly string[] {
  return chain.flatMap((one, at) => {
    const above = chain[at + 1]
    const signers = above === undefined ? [one, ...roots] : [above]
    const isSigned = signers.some((signer) => one.verify(signer.publicKey))
    return isSigned || (above === undefined && roots.length === 0)
      ? []
      : [`certificate ${at} of the chain is signed by none above it`]
  })
}

const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

const certificatesIn = (text: string): readonly X509Certificate[] =>
  [...text.matchAll(pem)].map(([one]) => new X509Certificate(one))

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** The private parts of a Secret as they could turn up somewhere: a line of PEM, and its base64 in `data`. */
export function privateTexts({ data = {} }: Seen): readonly string[] {
  const encoded = data['tls.key'] ?? ''
  if (encoded === '') return []
  const lines = Buffer.from(encoded, 'base64').toString().split('\n')
  const body = lines.filter((line) => !line.startsWith('-----') && line.length > 20)
  const middle = Math.floor(encoded.length / 2)
  return [...body.slice(0, 2), encoded.slice(middle, middle + 40)].filter((text) => text.length > 20)
}
