/**
 * The certificate that a client without one signs its requests with (RFC 8894 section 2.3): made by itself, for the key of the
 * request or for a key of the transaction. It binds request and reply together and is worth nothing beyond that.
 */
import type { DistinguishedName, Wanted } from '../../domain/wanted.ts'
import { issueCertificate } from '../../pki/issue.ts'
import type { PrivateKey } from '../../pki/key.ts'
import { selfSigner } from '../../pki/signer.ts'
import type { Der } from '../../std/bytes.ts'
import { days, hours, minus, plus } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'

/** Longer than any approval takes: the CA may encrypt to it as long as the transaction lives. */
const life = days(90)
/** For a CA whose clock is behind. */
const backdating = hours(1)

export function selfCertificate(
  wanted: Pick<Wanted, 'subject' | 'names'>,
  key: PrivateKey,
  now: Instant,
): Promise<Der> {
  const certified: Wanted = {
    subject: subjectOf(wanted),
    names: [],
    key: key.shape,
    lifetime: life,
    usages: ['digital signature', 'key encipherment'],
    encodeUsagesInRequest: true,
    isCA: false,
  }
  return issueCertificate({
    wanted: certified,
    publicKey: key.publicKey,
    signer: selfSigner({ wanted: certified, key }),
    notBefore: minus(now, backdating),
    notAfter: plus(now, life),
  })
}

/** The subject of the request. An issuer may not be empty (RFC 5280 section 4.1.2.4), so a request without one lends a name. */
function subjectOf({ subject, names }: Pick<Wanted, 'subject' | 'names'>): DistinguishedName {
  if (subject.length > 0) return subject
  return [[{ oid: '2.5.4.3', value: (names[0]?.value ?? 'SCEP client').slice(0, 64) }]]
}
