import { describe, expect, it } from '@jest/globals'
import type { Wanted } from '../../../src/domain/wanted.ts'
import { certificateFacts } from '../../../src/pki/certificate.ts'
import { issueCertificate } from '../../../src/pki/issue.ts'
import { generateKey } from '../../../src/pki/key.ts'
import { certificatesPem } from '../../../src/pki/pem.ts'
import { selfSigner } from '../../../src/pki/signer.ts'
import { days, instant, plus } from '../../../src/std/time.ts'
import { openssl } from '../../support/openssl.ts'
import { unwrap } from '../../support/unwrap.ts'

const notBefore = instant(Date.UTC(2026, 10, 23, 12, 0, 0))

describe('a certificate signed with its own key', () => {
  it.each([true, false])('is accepted by openssl as its own root (CA: %s)', async (isCA) => {
    const wanted: Wanted = {
      subject: [[{ oid: '2.5.4.3', value: 'leaf.example.test' }]],
      names: [{ type: 'dns', value: 'leaf.example.test' }],
      key: { algorithm: 'ECDSA', size: 256 },
      lifetime: days(90),
      usages: ['digital signature', 'key encipherment', 'server auth'],
      encodeUsagesInRequest: true,
      isCA,
    }
    const key = await generateKey(wanted.key)
    const certificate = await issueCertificate({
      wanted,
      publicKey: key.publicKey,
      signer: selfSigner({ wanted, key }),
      notBefore,
      notAfter: plus(notBefore, days(90)),
    })
    const files = { 'own.pem': certificatesPem([certificate]) }
    const at = String(notBefore / 1000 + 60)
    const verdict = openssl(['verify', '-x509_strict', '-attime', at, '-CAfile', 'own.pem', 'own.pem'], files)
    expect(verdict.text.trim()).toBe('own.pem: OK')
    expect(unwrap(certificateFacts(certificate)).selfSigned).toBe(true)
  })
})
