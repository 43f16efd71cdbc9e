import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { readEntry } from '../../../src/pki/entry.ts'
import { certificatesPem, pemLength, pemLimits, readCertificates } from '../../../src/pki/pem.ts'
import { keyFacts, readPrivateKey } from '../../../src/pki/key.ts'
import { samePlain, shownTo, textOf } from '../support.ts'

export const target: FuzzTarget = {
  about: 'PEM: certificates, bundles and private keys in Secrets, files and replies',
  form: 'text',
  longest: 32_768,
  words: [
    '-----BEGIN CERTIFICATE-----',
    '-----END CERTIFICATE-----',
    '-----BEGIN PRIVATE KEY-----',
    'Proc-Type: 4,ENCRYPTED',
  ],
  run: (input) => {
    const text = textOf(input)
    const read = readCertificates(text, pemLimits.bundle)
    readEntry(read, 'bundle')
    const key = readPrivateKey(text)
    const facts = keyFacts(text)
    if (!key.ok) shownTo(key.error)
    if (key.ok && facts.ok)
      samePlain(key.value.publicKeyHash, facts.value.publicKeyHash, 'a key and what is said of it')
    if (!read.ok) return shownTo(read.error)
    for (const der of read.value)
      promise(pemLength(der) === certificatesPem([der]).length, 'the length of PEM is foretold')
    samePlain(readCertificates(certificatesPem(read.value), pemLimits.bundle), read, 'PEM')
  },
}
