/** CMP over HTTP (RFC 9811) or bare TCP. Knows no transactions; says what was answered. */
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import { plus, seconds } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'
import type { Ctx } from '../enroller.ts'
import type { CallFailure } from '../outcomes.ts'
import { transportFault } from '../transport.ts'
import { statusFault } from './faults.ts'
import type { BodyName, Received } from './message.ts'
import { readMessage } from './message.ts'
import { frame, frameLength, unframe } from './tcp.ts'
import type { Framing } from './tcp.ts'

export interface Reply {
  readonly message: Received
  readonly retryAfter: Instant | undefined
}

const headers = { 'content-type': 'application/pkixcmp', accept: 'application/pkixcmp' }

interface Posting {
  /** PKIMessage, DER. */
  readonly message: Uint8Array
  /** Its body, for error sentences. */
  readonly name: BodyName
  /** For bare TCP. */
  readonly framing: Framing
}

/**
 * Sends one message. An error status may come with a CMP message that says more, so the body is looked at first (section 3.3);
 * its media type is often missing or wrong, and means nothing here.
 */
export async function post(
  url: string,
  { message, name, framing }: Posting,
  ctx: Ctx,
): Promise<Result<Reply, CallFailure>> {
  if (url.startsWith('tcp:')) return overTcp(url, { message, framing }, ctx)
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

const tcpPort = 829

async function overTcp(
  url: string,
  { message, framing }: Pick<Posting, 'message' | 'framing'>,
  ctx: Ctx,
): Promise<Result<Reply, CallFailure>> {
  // URL takes every scheme apart, but knows the ports of few.
  const { hostname, port } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  if (ctx.http.tcp === undefined)
    return err({ fault: fault('Misconfigured', 'spec.proxy lets only HTTP through: use an http url, or no proxy') })
  const request = { host, port: Number(port || tcpPort), data: frame(message, framing), lengthOf: frameLength }
  const sent = await ctx.http.tcp(request, ctx.signal)
  if (!sent.ok) return err({ fault: transportFault(sent.error) })
  const reply = unframe(sent.value)
  if (!reply.ok) return err({ fault: fault('ReplyMalformed', `the reply over TCP cannot be read: ${reply.error}`) })
  switch (reply.value.kind) {
    case 'error': {
      const words = reply.value.text === '' ? '' : `: "${reply.value.text}"`
      return err({ fault: fault('ServerFailed', `the CMP server answered with an error of its transport${words}`) })
    }
    case 'later': {
      const retryAfter = plus(ctx.now(), seconds(reply.value.checkAfter))
      return err({ fault: fault('ServerFailed', 'the CMP server has no answer yet; it is asked again'), retryAfter })
    }
    case 'message': {
      const read = readMessage(reply.value.bytes)
      if (read.ok) return ok({ message: read.value, retryAfter: undefined })
      return err({ fault: fault('ReplyMalformed', `the reply of the CMP server cannot be read: ${read.error}`) })
    }
  }
}
