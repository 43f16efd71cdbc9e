import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { berToDer } from '../../../src/pki/cms/ber.ts'
import {
  buildCertificatesOnly,
  certificatesOnly,
  readSignedData,
  verifySigner,
} from '../../../src/pki/cms/signeddata.ts'
import { readCertificateBody } from '../../../src/enroll/est/wire.ts'
import { readReplyHead } from '../../../src/enroll/scep/attributes.ts'
import { readCaCertificates } from '../../../src/enroll/scep/site.ts'
import { samePlain, shownTo } from '../support.ts'

export const target: FuzzTarget = {
  about: 'CMS SignedData in BER and DER: SCEP messages, certs-only, replies to GetCACert',
  form: 'der',
  longest: 16_384,
  run: (input) => {
    const listed = certificatesOnly(input)
    if (listed.ok) samePlain(certificatesOnly(buildCertificatesOnly(listed.value)), listed, 'a list of certificates')
    else shownTo(listed.error)
    readCaCertificates(input)
    readCertificateBody(input)
    const der = berToDer(input)
    const signed = der.ok ? readSignedData(der.value) : der
    if (!signed.ok) return shownTo(signed.error)
    for (const signer of signed.value.signers.slice(0, 3)) {
      readReplyHead(signer.attributes)
      for (const certificate of signed.value.certificates.slice(0, 3)) {
        signer.identifies(certificate)
        const holds = verifySigner({ signed: signed.value, signer, certificate, allow: { sha1: true, md5: true } })
        promise(holds.ok || holds.error !== '', 'a refusal has words')
      }
    }
  },
}
