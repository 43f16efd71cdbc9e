/** What the openssl command prints of a certificate, for a sample: node:crypto does not tell the bits of the key usage. */
import { certificateFacts } from '../../../src/pki/certificate.ts'
import { isKeyUsage } from '../../../src/pki/usages.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { openssl } from '../../../test/support/openssl.ts'
import type { Disagreement } from './compare.ts'

const words: Readonly<Record<string, string>> = {
  'Non Repudiation': 'content commitment',
  'Certificate Sign': 'cert sign',
  'CRL Sign': 'crl sign',
}

/** @returns what the two differ about; nothing where one of them refuses */
export function commandDisagreements(der: Der): readonly Disagreement[] {
  const facts = certificateFacts(der)
  const args = ['x509', '-inform', 'DER', '-in', 'c.der', '-noout', '-serial', '-ext', 'keyUsage']
  const { ok, text } = openssl(args, { 'c.der': der })
  if (!facts.ok || !ok) return []
  // Long numbers go over several lines, each with a backslash at its end.
  const [, serial = ''] = /^serial=(.*)$/m.exec(text.replaceAll('\\\n', '')) ?? []
  const [, listed = ''] = /X509v3 Key Usage:.*\n\s*(.*)$/m.exec(text) ?? []
  const theirs = listed
    .split(', ')
    .filter(Boolean)
    .map((name) => words[name] ?? name.toLowerCase())
  const ours = facts.value.usages.filter((usage) => isKeyUsage(usage) && usage !== 'signing')
  return [
    { about: 'serial number by the command', ours: facts.value.serialNumber, theirs: serial, der },
    { about: 'key usage', ours: ours.toSorted().join(), theirs: theirs.toSorted().join(), der },
  ].filter((one) => one.ours !== one.theirs)
}
