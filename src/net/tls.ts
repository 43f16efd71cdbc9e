import { X509Certificate } from 'node:crypto'
import tls from 'node:tls'
import type { SecureContext } from 'node:tls'
import type { Pem } from '../std/bytes.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'

/** What a server's certificate must chain to. */
export interface Trust {
  readonly caBundle?: Pem | undefined
  /** Whether the roots that came with the runtime are trusted as well. */
  readonly system: boolean
  /**
   * An extended key usage (object identifier) that stands in for the name: a certificate of the bundle's CAs that carries it is
   * accepted whatever host it is for, as RFC 7030 section 3.6.1 has it for id-kp-cmcRA.
   */
  readonly purposeInsteadOfHost?: string | undefined
}

/** What we show when a server asks for a certificate. Leaf first. */
export interface ClientCertificate {
  readonly chain: Pem
  readonly key: Pem
}

/** Who we are and whom we trust on one kind of connection. */
export interface TlsIdentity {
  readonly trust?: Trust | undefined
  readonly clientCertificate?: ClientCertificate | undefined
}

/** @returns a context for every connection of one identity, or a sentence about what cannot be used */
export function secureContext(identity: TlsIdentity): Result<SecureContext, string> {
  const { trust, clientCertificate } = identity
  const bundle = trust?.caBundle
  if (trust?.system === false && bundle === undefined) {
    return err('Neither a CA bundle nor the system roots are trusted, so no server can be: give a CA bundle.')
  }
  if (bundle !== undefined && !holdsOnlyCertificates(bundle)) {
    return err('The CA bundle cannot be read: it must be PEM with one or more CERTIFICATE blocks and nothing damaged.')
  }
  try {
    const roots = bundle === undefined ? {} : { ca: trust?.system === false ? [bundle] : [...systemRoots(), bundle] }
    const own = clientCertificate === undefined ? {} : { cert: clientCertificate.chain, key: clientCertificate.key }
    return ok(tls.createSecureContext({ minVersion: 'TLSv1.2', ...roots, ...own }))
  } catch {
    // OpenSSL's texts may quote the input; the input may be a private key.
    return err('The client certificate and its key cannot be used for TLS: they must be PEM and belong together.')
  }
}

/** Node skips what it cannot read in a bundle; a half-read bundle would fail much later and far away. */
function holdsOnlyCertificates(bundle: string): boolean {
  const blocks = bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  const begun = bundle.split('-----BEGIN ').length - 1
  return blocks.length > 0 && blocks.length === begun && blocks.every(isCertificate)
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).raw.length > 0
  } catch {
    return false
  }
}

/** Newer runtimes can say what is trusted by default (NODE_EXTRA_CA_CERTS included); Node 20 has only its built-in list. */
function systemRoots(): readonly string[] {
  const getter: unknown = Reflect.get(tls, 'getCACertificates')
  if (typeof getter !== 'function') return tls.rootCertificates
  const roots: unknown = Reflect.apply(getter, tls, ['default'])
  return Array.isArray(roots) ? roots.filter((root) => typeof root === 'string') : tls.rootCertificates
}

const unknownAuthority = 'is not signed by a CA that this issuer trusts; add that CA to its CA bundle'

/** Why a handshake failed, by the code of Node's or OpenSSL's error, said of the server's certificate. */
const certificateTrouble: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is self-signed and not trusted; add it, or the CA, to the CA bundle of the issuer',
  CERT_UNTRUSTED: unknownAuthority,
  CERT_HAS_EXPIRED: 'has expired; the server needs a new one',
  CERT_NOT_YET_VALID: 'is not valid yet; look at the clocks of the server and of this cluster',
  CERT_REVOKED: 'has been revoked; the server needs a new one',
  INVALID_CA: 'was issued by a certificate that is not a CA',
  INVALID_PURPOSE: 'may not be used by a server',
  CERT_SIGNATURE_FAILURE: 'has a signature that does not verify',
  CERT_CHAIN_TOO_LONG: 'has a chain that is too long',
  PATH_LENGTH_EXCEEDED: 'has a chain that is longer than its CA allows',
  EE_KEY_TOO_SMALL: 'has a key that is too small to be trusted',
  CA_MD_TOO_WEAK: 'is signed with a hash that is too weak to be trusted',
}

/** Why a handshake failed otherwise; matched against the end of OpenSSL's code. */
const handshakeTrouble: readonly (readonly [RegExp, string])[] = [
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/,
    'does not speak TLS on this port; is the URL meant to be http?',
  ],
  [
    /UNSUPPORTED_PROTOCOL|ALERT_PROTOCOL_VERSION|INAPPROPRIATE/,
    'offers no TLS version that is still safe (1.2 or later)',
  ],
  [/CERTIFICATE_REQUIRED/, 'asks for a client certificate, and the issuer has none'],
  [/ALERT_(?:BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_|UNSUPPORTED_CERT)/, 'does not accept the client certificate'],
  [/ACCESS_DENIED/, 'does not let this client in'],
  [/ALERT_UNRECOGNIZED_NAME/, 'does not know itself under this name'],
  [/HANDSHAKE_FAILURE/, 'refused the handshake: it may want a client certificate or other ciphers'],
]

/**
 * Says in a sentence why TLS failed.
 *
 * @param host - for the sentence
 * @param error - the error of the connection
 * @returns the sentence, or undefined when the error is not about TLS
 */
export function tlsSentence(
  host: string,
  error: { readonly code: string; readonly message: string },
): string | undefined {
  const { code } = error
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `The certificate of ${host} is for other names: ${namesOf(error.message)}.`
  const trouble = certificateTrouble[code]
  if (trouble !== undefined) return `The certificate of ${host} ${trouble}.`
  if (!/^(?:ERR_SSL_|ERR_TLS_|EPROTO$)/.test(code)) return undefined
  const known = handshakeTrouble.find(
    ([pattern]) => pattern.test(code) || pattern.test(error.message.toUpperCase().replaceAll(' ', '_')),
  )
  return known === undefined ? `TLS with ${host} failed (${code}).` : `The server at ${host} ${known[1]}.`
}

/** Node's message lists the names after its last colon, however many; a few tell enough. */
function namesOf(message: string): string {
  const names = /altnames: (.*)$/s.exec(message)?.[1] ?? 'none that can be used'
  return names.length > 200 ? `${names.slice(0, 200)} and more` : names
}
