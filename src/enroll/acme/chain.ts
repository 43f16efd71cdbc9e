/** Downloading what was issued, and choosing among the chains that a CA offers (RFC 8555 section 7.4.2). */
import type { AcmeSpec } from '../../api/issuer/acme.ts'
import { formatDistinguishedName } from '../../domain/name.ts'
import { certificateFacts } from '../../pki/certificate.ts'
import { readCertificates } from '../../pki/pem.ts'
import type { Der } from '../../std/bytes.ts'
import { err, ok } from '../../std/result.ts'
import type { InferredAuthority } from '../authorities.ts'
import type { Ctx } from '../enroller.ts'
import type { Account } from './account.ts'
import type { AcmeClient } from './client.ts'
import { malformed } from './reply.ts'
import type { AcmeReply, Answer } from './reply.ts'

export interface Downloaded {
  /** Leaf first, as the CA sent them. DER. */
  readonly chain: readonly Der[]
  readonly warning?: string
}

type Preference = Pick<AcmeSpec, 'preferredChain' | 'preferredChainFingerprint'>

const mostAlternates = 10

export async function download(
  url: string,
  { client, account, preference }: { client: AcmeClient; account: Account; preference: Preference },
  ctx: Ctx,
): Promise<Answer<Downloaded>> {
  const fetchChain = async (where: string): Promise<Answer<{ chain: readonly Der[]; reply: AcmeReply }>> => {
    const answer = await client.post(
      { what: 'certificate', url: where, signer: account, accept: 'application/pem-certificate-chain' },
      ctx,
    )
    if (!answer.ok) return answer
    const chain = readCertificates(Buffer.from(answer.value.body).toString('utf8'))
    if (!chain.ok) return err(malformed(`the CA's certificate cannot be read: ${chain.error}`))
    return ok({ chain: chain.value, reply: answer.value })
  }
  const first = await fetchChain(url)
  if (!first.ok) return first
  const { chain, reply } = first.value
  if (!hasPreference(preference) || isPreferred(chain, preference)) return ok({ chain })
  for (const alternate of (reply.links.get('alternate') ?? []).slice(0, mostAlternates)) {
    const other = await fetchChain(alternate)
    if (other.ok && isPreferred(other.value.chain, preference)) return ok({ chain: other.value.chain })
  }
  const wanted = preference.preferredChain ?? preference.preferredChainFingerprint
  return ok({ chain, warning: `the CA does not offer the preferred chain (${wanted}); its default was taken` })
}

const hasPreference = (preference: Preference): boolean =>
  preference.preferredChain !== undefined || preference.preferredChainFingerprint !== undefined

/** By the name that the topmost certificate was issued by, or by the fingerprint of any certificate of the chain. */
function isPreferred(chain: readonly Der[], { preferredChain, preferredChainFingerprint }: Preference): boolean {
  const facts = chain.map(certificateFacts).flatMap((one) => (one.ok ? [one.value] : []))
  const top = facts.at(-1)
  const issuer = top?.issuer.flat().find(({ oid }) => oid === '2.5.4.3')?.value
  const byName = preferredChain !== undefined && issuer === preferredChain
  const fingerprint = preferredChainFingerprint?.toLowerCase()
  return byName || facts.some((one) => one.fingerprint === fingerprint)
}

/** ACME shows no root: all that is known of it is what the topmost certificate says. */
export function topOf(chain: readonly Der[]): InferredAuthority | undefined {
  const top = chain.map(certificateFacts).at(-1)
  if (top?.ok !== true) return undefined
  const { issuer, authorityKeyId } = top.value
  return { kind: 'inferred', subject: formatDistinguishedName(issuer), keyId: authorityKeyId }
}
