/** Sends one pkiMessage and judges what comes back. */
import type { PrivateKey } from '../../pki/key.ts'
import { keyText } from '../../domain/wanted.ts'
import { between } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import { readCertRep } from './certrep.ts'
import type { CertRep, Expected, Rejection } from './certrep.ts'
import type { ServiceFailure } from './client.ts'
import type { Desk } from './desk.ts'
import { failInfos } from './faults.ts'
import type { Requester } from './kept.ts'

export interface Asked {
  /** For people: `PKCSReq`, `RenewalReq`, `CertPoll`. */
  readonly request: string
  readonly message: Uint8Array
  readonly transaction: string
  readonly nonce: Uint8Array
  readonly requester: Requester
  /** The key that is being certified. */
  readonly key: PrivateKey
}

export type Exchanged =
  | { readonly kind: 'unanswered'; readonly failure: ServiceFailure }
  | { readonly kind: 'rejected'; readonly rejection: Rejection }
  | { readonly kind: 'answered'; readonly reply: CertRep; readonly retryAfter: Instant | undefined }

/** @returns what the CA said; or why there is no answer; or what is wrong with the one that came */
export async function exchange(desk: Desk, asked: Asked): Promise<Exchanged> {
  const { client, site, ctx } = desk
  const began = ctx.now()
  const answer = await client.operate(asked.message, site.capabilities, ctx)
  const took = between(began, ctx.now())
  const { request } = asked
  if (!answer.ok) {
    ctx.told({ request, reply: answer.error.fault.message, algorithms: requestText(desk, asked), took })
    return { kind: 'unanswered', failure: answer.error }
  }
  const judged = await judge(desk, asked, answer.value.bytes)
  const reply = judged.ok ? replyText(judged.value) : judged.error.fault.message
  ctx.told({ request, reply, algorithms: `${requestText(desk, asked)}${protectionText(judged)}`, took })
  if (!judged.ok) return { kind: 'rejected', rejection: judged.error }
  desk.seen(judged.value.protection)
  return { kind: 'answered', reply: judged.value, retryAfter: answer.value.retryAfter }
}

/** A signer that is not known may be a registration authority that is new since: its certificate is then in the list. */
async function judge(desk: Desk, asked: Asked, bytes: Uint8Array): Promise<ReturnType<typeof readCertRep>> {
  const judged = readCertRep(bytes, expectation(desk, asked))
  if (judged.ok || judged.error.defect !== 'signer') return judged
  const refreshed = await desk.refresh()
  if (!refreshed.ok) return judged
  return readCertRep(bytes, expectation({ ...desk, site: refreshed.value }, asked))
}

function expectation({ spec, site, challenge }: Desk, asked: Asked): Expected {
  const decrypts = asked.requester.key.shape.algorithm === 'RSA'
  return {
    transaction: asked.transaction,
    nonce: asked.nonce,
    signing: site.authority.signing,
    requester: asked.requester,
    password: decrypts ? undefined : challenge,
    key: asked.key,
    allows: { sha1: spec.sha1Replies !== 'Refuse', des: spec.allowLegacy?.includes('DES-CBC') === true },
  }
}

const requestText = ({ site: { algorithms } }: Desk, { requester }: Asked): string =>
  `${keyText(requester.key.shape)}, ${algorithms.hash}, ${algorithms.cipher}`

function protectionText(judged: ReturnType<typeof readCertRep>): string {
  if (!judged.ok) return ''
  const { hash, cipher } = judged.value.protection
  return `; reply ${[hash, cipher].filter((part) => part !== undefined).join(', ')}`
}

function replyText(reply: CertRep): string {
  switch (reply.kind) {
    case 'success':
      return `SUCCESS, ${reply.certificates.length} certificates`
    case 'pending':
      return 'PENDING'
    case 'failure':
      return `FAILURE ${failInfos[reply.failInfo ?? '']?.name ?? 'without failInfo'}`
  }
}
