import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { promise } from '../../../scripts/fuzz/target.ts'
import { readCapabilities } from '../../../src/enroll/scep/capabilities.ts'
import { readCertRep } from '../../../src/enroll/scep/certrep.ts'
import type { Expected } from '../../../src/enroll/scep/certrep.ts'
import { findAuthority } from '../../../src/enroll/scep/authority.ts'
import { readCaCertificates } from '../../../src/enroll/scep/site.ts'
import { certificateFacts } from '../../../src/pki/certificate.ts'
import { instant } from '../../../src/std/time.ts'
import { holderOf, shownTo } from '../support.ts'

const holder = holderOf('rsa')
const facts = certificateFacts(holder.certificate)
if (!facts.ok) throw new Error(facts.error)

/** The seeds answer a request with this transaction and nonce. */
export const expected: Expected = {
  transaction: 'fuzz',
  nonce: Buffer.alloc(16, 1),
  signing: [{ der: holder.certificate, facts: facts.value }],
  requester: holder,
  key: holder.key,
  allows: { sha1: true, des: true },
}

export const target: FuzzTarget = {
  about: 'CertRep, GetCACert and GetCACaps of SCEP',
  form: 'der',
  longest: 16_384,
  run: (input) => {
    promise(readCapabilities(input).size <= 11, 'only known words are capabilities')
    const reply = readCertRep(input, expected)
    if (!reply.ok) shownTo(reply.error.fault.message)
    const certificates = readCaCertificates(input)
    if (certificates === undefined) return
    const authority = findAuthority(certificates, { url: 'http://scep.example.com/' }, instant(0))
    if (!authority.ok) shownTo(authority.error.message)
  },
}
