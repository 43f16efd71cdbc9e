/** Holds what lies in a Secret against its Certificate, with openssl as the judge. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scratchDirectory } from '../test/support/scratch.ts'
import { isReady, nameOf } from './cluster.ts'
import type { CertificateView, Cluster } from './cluster.ts'

/** @returns sentences about what is wrong; none when all is well */
export async function verify(
  certificate: CertificateView,
  cluster: Cluster,
  acmeRoots: readonly string[],
): Promise<readonly string[]> {
  const name = nameOf(certificate)
  if (!isReady(certificate)) return [`${name} is not Ready`]
  const data = await cluster.secret(certificate.metadata.namespace, certificate.spec.secretName)
  const missing = ['tls.crt', 'tls.key'].filter((key) => data[key] === undefined || data[key].length === 0)
  if (missing.length > 0) return [`${name}: its Secret has no ${missing.join(' and no ')}`]
  const scratch = scratchDirectory('verify')
  try {
    for (const [key, value] of Object.entries(data)) writeFileSync(join(scratch.path, key), value, { mode: 0o600 })
    const roots = data['ca.crt']?.toString() ?? ''
    writeFileSync(join(scratch.path, 'roots.pem'), roots === '' ? acmeRoots.join('') : roots)
    return complaints(certificate, scratch.path).map((complaint) => `${name}: ${complaint}`)
  } finally {
    scratch.remove()
  }
}

function complaints({ spec, status }: CertificateView, directory: string): readonly string[] {
  const openssl = (...args: readonly string[]): string => {
    try {
      return execFileSync('openssl', args, { cwd: directory, encoding: 'utf8', stdio: 'pipe' })
    } catch (error) {
      return error instanceof Error && 'stderr' in error ? `error: ${String(error.stderr)}` : String(error)
    }
  }
  const found: string[] = []
  const ofKey = openssl('pkey', '-in', 'tls.key', '-pubout')
  const ofCertificate = openssl('x509', '-in', 'tls.crt', '-noout', '-pubkey')
  if (ofKey !== ofCertificate) found.push('the key is not that of the certificate')
  const chain = openssl('verify', '-CAfile', 'roots.pem', '-untrusted', 'tls.crt', 'tls.crt')
  if (!chain.includes('tls.crt: OK')) found.push(`the chain does not verify: ${chain.trim()}`)
  const serial = openssl('x509', '-in', 'tls.crt', '-noout', '-serial')
    .trim()
    .replace(/^serial=0*/, '')
  if (serial !== status?.serialNumber?.replace(/^0*/, ''))
    found.push(`its serial number is ${serial}, not that of the status`)
  for (const dnsName of spec.dnsNames ?? []) {
    const host = dnsName.replace('*', 'any')
    const judged = openssl('x509', '-in', 'tls.crt', '-noout', '-checkhost', host)
    if (!judged.includes('does match')) found.push(`it is not for ${dnsName}`)
  }
  return found
}
