/** The certificate that the CA is about to change to (RFC 8894 section 4.7), shown before it is needed. */
import { berToDer } from '../../pki/cms/ber.ts'
import { readSignedData, verifySigner } from '../../pki/cms/signeddata.ts'
import { distinctCertificates } from '../../pki/succession.ts'
import type { Der } from '../../std/bytes.ts'
import { toRfc3339 } from '../../std/time.ts'
import type { Ctx, IssuerDetails } from '../enroller.ts'
import { nameOf } from './authority.ts'
import type { Authority } from './authority.ts'
import { can } from './capabilities.ts'
import type { ScepClient } from './client.ts'
import { readCaCertificates } from './site.ts'
import type { Site } from './site.ts'

/** What came of asking. */
export interface NextCa {
  /** For the issuer's details. */
  readonly details: IssuerDetails
  /** Vouched for by the present CA. Undefined: there was no answer. */
  readonly certificates: readonly Der[] | undefined
  /** A clause about an answer that does not count. */
  readonly doubtful?: string
}

/**
 * Asks for the next CA where the service lists that it can say. Services that list it and then do not know it are common, so
 * that no answer is no trouble.
 */
export async function findNextCa(client: ScepClient, site: Site, ctx: Ctx): Promise<NextCa> {
  if (!can(site.capabilities, 'GetNextCACert')) return { details: {}, certificates: [] }
  const body = await client.nextCaCertificates(ctx)
  return body.ok ? readNextCa(body.value.bytes, site.authority) : { details: {}, certificates: undefined }
}

/** The list is what is signed, and the CA that is about to go has signed it (section 4.7.1). */
function readNextCa(bytes: Uint8Array, { members }: Authority): NextCa {
  const der = berToDer(bytes)
  const signed = der.ok ? readSignedData(der.value) : der
  if (!signed.ok) return problem(`it is no signed list: ${signed.error}`)
  const { content, signers } = signed.value
  const isVouchedFor = signers.some((signer) =>
    members.some(
      (member) =>
        signer.identifies(member.der) && verifySigner({ signed: signed.value, signer, certificate: member.der }).ok,
    ),
  )
  if (!isVouchedFor) return problem('the present CA has not signed it')
  const certificates = distinctCertificates((content === undefined ? undefined : readCaCertificates(content)) ?? [])
  const cas = certificates.filter(({ facts }) => facts.isCA)
  const next = (cas[0] ?? certificates[0])?.facts
  if (next === undefined) return problem('it holds no certificate')
  const nextCA = {
    subject: nameOf(next),
    fingerprint: next.fingerprint,
    notBefore: toRfc3339(next.notBefore),
    notAfter: toRfc3339(next.notAfter),
  }
  return { details: { nextCA }, certificates: cas.map((one) => one.der) }
}

const problem = (words: string): NextCa => ({
  details: { nextCAProblem: words.slice(0, 200) },
  certificates: undefined,
  doubtful: `what it announces as the next CA does not count: ${words.slice(0, 200)}`,
})
