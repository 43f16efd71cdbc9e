/** What is known of a SCEP service before anything is asked of it: capabilities, certificates, and what follows from them. */
import type { ScepSpec } from '../../api/issuer/scep.ts'
import { fault } from '../../domain/fault.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import { certificatesOnly } from '../../pki/cms/signeddata.ts'
import { distinctCertificates } from '../../pki/succession.ts'
import { asDer } from '../../std/bytes.ts'
import type { Der } from '../../std/bytes.ts'
import { err, ok } from '../../std/result.ts'
import type { Ctx } from '../enroller.ts'
import { findAuthority } from './authority.ts'
import type { Authority } from './authority.ts'
import { chooseAlgorithms } from './capabilities.ts'
import type { Algorithms, Capabilities } from './capabilities.ts'
import type { Answer, ScepClient } from './client.ts'

export interface Site {
  readonly capabilities: Capabilities
  readonly authority: Authority
  readonly algorithms: Algorithms
}

/**
 * Asks the service for capabilities and certificates.
 *
 * @returns what was found, once the pins of the spec hold; or what is in the way
 */
export async function discover(client: ScepClient, spec: ScepSpec, ctx: Ctx): Promise<Answer<Site>> {
  const capabilities = await client.capabilities(ctx)
  if (!capabilities.ok) return capabilities
  const body = await client.caCertificates(ctx)
  if (!body.ok) return body
  const certificates = readCaCertificates(body.value.bytes)
  if (certificates === undefined) {
    const message = 'the SCEP service answered GetCACert with something that holds no certificates; check spec.scep.url'
    return err({ fault: fault('ReplyMalformed', message) })
  }
  const vouched = distinctCertificates(ctx.vouched?.map(({ der }) => der) ?? []).map(({ facts }) => facts.fingerprint)
  const authority = findAuthority(certificates, { ...spec, vouched }, ctx.now())
  if (!authority.ok) return err({ fault: authority.error })
  const algorithms = chooseAlgorithms(capabilities.value, spec)
  if (!algorithms.ok) return err({ fault: algorithms.error })
  return ok({ capabilities: capabilities.value, authority: authority.value, algorithms: algorithms.value })
}

/**
 * The reply to GetCACert: one certificate, or a list in a SignedData that nobody signed (RFC 8894 section 4.2.1). The content
 * says which, for its type is often wrong.
 */
export function readCaCertificates(body: Uint8Array): readonly Der[] | undefined {
  const single = asDer(body)
  if (certificateFacts(single).ok) return [single]
  const list = certificatesOnly(body)
  return list.ok && list.value.length > 0 ? list.value : undefined
}
