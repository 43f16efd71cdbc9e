import { X509Certificate } from 'node:crypto'
import type { Der } from '../std/bytes.ts'

/** Kept as long as the bytes are: one CA signs many certificates, and reading one costs OpenSSL more than checking with it. */
const opened = new WeakMap<Der, X509Certificate>()

/** @returns the certificate as OpenSSL reads it. @throws where OpenSSL cannot */
export function openCertificate(der: Der): X509Certificate {
  const known = opened.get(der)
  if (known !== undefined) return known
  const certificate = new X509Certificate(der)
  opened.set(der, certificate)
  return certificate
}
