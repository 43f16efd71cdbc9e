/** Renewal information (RFC 9773): when the CA would like a certificate to be renewed. */
import type { CertificateFacts } from '../../domain/facts.ts'
import { fault } from '../../domain/fault.ts'
import { clampDuration, between, days, hours, minutes, plus } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { Advice, Ctx } from '../enroller.ts'
import type { AcmeClient } from './client.ts'
import { readRenewalInfo } from './wire.ts'

/** RFC 9773 section 4.3.3: with no Retry-After, ask again after six hours. */
const usualPause = hours(6)
const shortestPause = minutes(1)
const longestPause = days(1)

/**
 * The identifier of a certificate (RFC 9773 section 4.1): key identifier of its authority, a dot, its serial number as the
 * content octets of the DER INTEGER, leading zero and all.
 *
 * @returns undefined for a certificate without an authority key identifier, which has no such name
 */
export function certificateId({ authorityKeyId, serialNumber }: CertificateFacts): string | undefined {
  if (authorityKeyId === undefined || authorityKeyId === '') return undefined
  const even = serialNumber.length % 2 === 0 ? serialNumber : `0${serialNumber}`
  // A positive INTEGER whose first bit is set starts with a zero octet; openssl prints it without.
  const serial = parseInt(even.slice(0, 2), 16) >= 0x80 ? `00${even}` : even
  const encode = (hex: string): string => Buffer.from(hex, 'hex').toString('base64url')
  return `${encode(authorityKeyId)}.${encode(serial)}`
}

export async function renewalAdvice(client: AcmeClient, facts: CertificateFacts, ctx: Ctx): Promise<Advice> {
  const directory = await client.directory(ctx)
  if (!directory.ok) return { fault: directory.error.fault, askAgainAt: plus(ctx.now(), hours(1)) }
  const id = certificateId(facts)
  const base = directory.value.renewalInfo
  if (id === undefined || base === undefined) return { askAgainAt: plus(ctx.now(), longestPause) }
  const answer = await client.get({ what: 'renewalInfo', url: `${base.replace(/\/$/, '')}/${id}` }, ctx)
  if (!answer.ok) return { fault: answer.error.fault, askAgainAt: pauseUntil(answer.error.retryAfter, ctx.now()) }
  const info = readRenewalInfo(answer.value.json)
  const askAgainAt = pauseUntil(answer.value.retryAfter, ctx.now())
  if (info === undefined)
    return { fault: fault('ReplyMalformed', 'the CA suggests no window for renewal that can be read'), askAgainAt }
  const { start, end, explanationUrl } = info
  return { window: { start, end, ...(explanationUrl === undefined ? {} : { explanationUrl }) }, askAgainAt }
}

function pauseUntil(retryAfter: Instant | undefined, now: Instant): Instant {
  const asked = retryAfter === undefined ? usualPause : between(now, retryAfter)
  return plus(now, clampDuration(asked, shortestPause, longestPause))
}
