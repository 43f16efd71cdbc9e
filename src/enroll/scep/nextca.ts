/** The certificate that the CA is about to change to (RFC 8894 section 4.7), shown before it is needed. Trusted by nobody yet. */
import { certificateFacts } from '../../pki/certificate.ts'
import { berToDer } from '../../pki/cms/ber.ts'
import { readSignedData, verifySigner } from '../../pki/cms/signeddata.ts'
import { toRfc3339 } from '../../std/time.ts'
import type { Ctx, IssuerDetails } from '../enroller.ts'
import { nameOf } from './authority.ts'
import type { Authority } from './authority.ts'
import { can } from './capabilities.ts'
import type { ScepClient } from './client.ts'
import { readCaCertificates } from './site.ts'
import type { Site } from './site.ts'

/**
 * Asks for the next CA where the service lists that it can say. Services that list it and then do not know it are common, so
 * that no answer is no trouble.
 *
 * @returns members for the issuer's details, possibly none
 */
export async function nextCaDetails(client: ScepClient, site: Site, ctx: Ctx): Promise<IssuerDetails> {
  if (!can(site.capabilities, 'GetNextCACert')) return {}
  const body = await client.nextCaCertificates(ctx)
  return body.ok ? readNextCa(body.value.bytes, site.authority) : {}
}

/** The list is what is signed, and the CA that is about to go has signed it (section 4.7.1). */
function readNextCa(bytes: Uint8Array, { members }: Authority): IssuerDetails {
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
  const certificates = content === undefined ? undefined : readCaCertificates(content)
  const facts = (certificates ?? [])
    .map((one) => certificateFacts(one))
    .flatMap((read) => (read.ok ? [read.value] : []))
  const next = facts.find(({ isCA }) => isCA) ?? facts[0]
  if (next === undefined) return problem('it holds no certificate')
  return {
    nextCA: {
      subject: nameOf(next),
      fingerprint: next.fingerprint,
      notBefore: toRfc3339(next.notBefore),
      notAfter: toRfc3339(next.notAfter),
    },
  }
}

const problem = (words: string): IssuerDetails => ({ nextCAProblem: words.slice(0, 200) })
