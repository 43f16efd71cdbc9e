/**
 * From a key and a verified chain to the entries of the Secret. Formats and keystores are rendered here and nowhere else.
 */
import type { CertificateSpec } from '../../api/certificate.ts'
import type { Wish } from '../../domain/wish.ts'
import type { Bundle } from '../../pki/accept.ts'
import { certificatesPem } from '../../pki/pem.ts'
import type { KeystorePasswords } from './passwords.ts'

/** @returns the Secret's entries, base64 as the API wants them */
export async function render(
  bundle: Bundle,
  wish: Pick<Wish, 'keyEncoding'>,
  { spec, passwords }: { spec: CertificateSpec; passwords: KeystorePasswords },
): Promise<Record<string, string>> {
  const chain = certificatesPem([bundle.leaf, ...bundle.intermediates])
  const key = bundle.key.toPem(wish.keyEncoding)
  const formats = new Set((spec.additionalOutputFormats ?? []).map((format) => format.type))
  return {
    'tls.crt': text(chain),
    'tls.key': text(key),
    ...(bundle.roots.length > 0 ? { 'ca.crt': text(certificatesPem(bundle.roots)) } : {}),
    ...(formats.has('DER') ? { 'key.der': bytes(bundle.key.toDer(wish.keyEncoding)) } : {}),
    ...(formats.has('CombinedPEM') ? { 'tls-combined.pem': text(`${key}${chain}`) } : {}),
    ...(await keystores(bundle, spec, passwords)),
  }
}

/** Keystore code is loaded when the first Certificate asks for one: most installations never do. */
async function keystores(
  bundle: Bundle,
  spec: CertificateSpec,
  passwords: KeystorePasswords,
): Promise<Record<string, string>> {
  const entries: Record<string, string> = {}
  const chain = [bundle.leaf, ...bundle.intermediates]
  const pkcs12 = spec.keystores?.pkcs12
  if (pkcs12?.create === true && passwords.pkcs12 !== undefined) {
    const { buildPkcs12, buildPkcs12Truststore } = await import('../../pki/keystore/pkcs12.ts')
    const options = { password: passwords.pkcs12, profile: pkcs12.profile ?? 'LegacyRC2' }
    entries['keystore.p12'] = bytes(await buildPkcs12({ ...options, key: bundle.key, chain, roots: bundle.roots }))
    if (bundle.roots.length > 0)
      entries['truststore.p12'] = bytes(await buildPkcs12Truststore({ ...options, roots: bundle.roots }))
  }
  const jks = spec.keystores?.jks
  if (jks?.create === true && passwords.jks !== undefined) {
    const { buildJks, buildJksTruststore } = await import('../../pki/keystore/jks.ts')
    const options = { password: passwords.jks, alias: jks.alias ?? 'certificate' }
    entries['keystore.jks'] = bytes(await buildJks({ ...options, key: bundle.key, chain }))
    if (bundle.roots.length > 0)
      entries['truststore.jks'] = bytes(await buildJksTruststore({ ...options, roots: bundle.roots }))
  }
  return entries
}

const text = (value: string): string => Buffer.from(value, 'utf8').toString('base64')
const bytes = (value: Uint8Array): string => Buffer.from(value).toString('base64')
