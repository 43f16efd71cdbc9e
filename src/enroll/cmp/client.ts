/** CMP over HTTP (RFC 9811). Knows no transactions; says what was answered. */
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import type { Instant } from '../../std/time.ts'
import type { Ctx } from '../enroller.ts'
import type { CallFailure } from '../outcomes.ts'
import { statusFault, transportFault } from './faults.ts'
import type { BodyName, Received } from './message.ts'
import { readMessage } from './message.ts'

export interface Reply {
  readonly message: Received
  readonly retryAfter: Instant | undefined
}

const headers = { 'content-type': 'application/pkixcmp', accept: 'application/pkixcmp' }

/**
 * Sends one message. An error status may come with a CMP message that says more, so the body is looked at first (section 3.3);
 * its media type is often missing or wrong, and means nothing here.
 *
 * @param message - PKIMessage, DER
 * @param name - its body, for error sentences
 */
export async function post(
  url: string,
  { message, name }: { readonly message: Uint8Array; readonly name: BodyName },
  ctx: Ctx,
): Promise<Result<Reply, CallFailure>> {
  const sent = await ctx.http.send({ method: 'POST', url, headers, body: message }, ctx.signal)
  if (!sent.ok) return err({ fault: transportFault(sent.error) })
  const { status, body, retryAfter } = sent.value
  const isSuccess = status >= 200 && status < 300
  const read = isSuccess || looksBinary(body) ? readMessage(body) : undefined
  if (read?.ok === true) return ok({ message: read.value, retryAfter })
  if (!isSuccess) return err({ fault: statusFault(status, name, sent.value.headers.get('location')), retryAfter })
  return err({ fault: unreadable(body, sent.value.headers.get('content-type'), read?.error ?? ''), retryAfter })
}

/** A SEQUENCE, as every message is. */
const looksBinary = (body: Uint8Array): boolean => body[0] === 0x30

function unreadable(body: Uint8Array, contentType: string | undefined, why: string): Fault {
  if (looksBinary(body)) return fault('ReplyMalformed', `the reply of the CMP server cannot be read: ${why}`)
  const what =
    body.length === 0
      ? 'an empty reply'
      : `something that is no CMP message (${(contentType ?? 'of no type').slice(0, 60)})`
  return fault('ServerFailed', `the CMP server answered with ${what}; check the path of spec.cmp.url`)
}
