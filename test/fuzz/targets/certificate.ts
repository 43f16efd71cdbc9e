import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { namesBeyond, readNameConstraints } from '../../../src/pki/constraints.ts'
import { certificateFacts } from '../../../src/pki/certificate.ts'
import { identifierOf } from '../../../src/pki/cms/identifier.ts'
import { revocationName } from '../../../src/pki/crl.ts'
import { asDer } from '../../../src/std/bytes.ts'
import { toRfc3339 } from '../../../src/std/time.ts'
import { encodedNames } from '../../../src/enroll/est/subjectname.ts'
import { certificateId } from '../../../src/enroll/acme/ari.ts'
import { shownTo, unlessMalformed } from '../support.ts'

export const target: FuzzTarget = {
  about: 'X.509 certificates, from CAs, Secrets and ConfigMaps',
  form: 'der',
  longest: 16_384,
  run: (input) => {
    const der = asDer(input)
    const facts = certificateFacts(der)
    encodedNames(der)
    unlessMalformed(() => identifierOf(der))
    revocationName(der)
    const constraints = unlessMalformed(() => readNameConstraints(input))
    if (!facts.ok) return shownTo(facts.error)
    const { serialNumber, notBefore, notAfter, names, key } = facts.value
    promise(/^-?([0-9A-F]{2})+$/.test(serialNumber), 'a serial number is hex')
    promise(/^\d{4}-/.test(toRfc3339(notBefore)) && /^\d{4}-/.test(toRfc3339(notAfter)), 'moments can be written')
    promise(key === undefined || Number.isInteger(key.size), 'the size of a key is a number')
    certificateId(facts.value)
    if (constraints !== undefined) namesBeyond(constraints, names)
  },
}
