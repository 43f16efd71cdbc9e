/** What is known of an EST server before anything is asked of it: its CA, and whom to trust from then on. */
import type { EstSpec } from '../../api/issuer/est.ts'
import { fault } from '../../domain/fault.ts'
import type { Trust } from '../../net/tls.ts'
import { err, ok } from '../../std/result.ts'
import type { Ctx } from '../enroller.ts'
import type { Answer, Call, EstClient } from './client.ts'
import type { Shown } from './credentials.ts'
import { noWishes, readCsrAttributes } from './csrattrs.ts'
import type { CsrWishes } from './csrattrs.ts'
import { replyFault } from './faults.ts'
import { explicitTrust, findAnchors } from './trust.ts'
import type { Anchors } from './trust.ts'
import { decodeBody, readCertificateBody } from './wire.ts'

export interface Site {
  readonly anchors: Anchors
  /** For every call from now on; undefined where the issuer's settings decide. */
  readonly trust: Trust | undefined
}

export interface Visit {
  readonly client: EstClient
  readonly spec: EstSpec
  /** Shown in TLS, once it is known to whom. */
  readonly shown: Shown | undefined
  readonly ctx: Ctx
}

const isExplicit = ({ caFingerprint, serverTrust }: EstSpec): boolean =>
  caFingerprint !== undefined && serverTrust !== 'Implicit'

/**
 * Asks for the CA certificates (RFC 7030 section 4.1). Where a fingerprint says which CA counts, the first question goes out
 * with nothing that is ours to whoever answers, and the answer is believed as far as the fingerprint reaches; then it is asked
 * again of a server that proves to belong to that CA.
 *
 * @param known - the anchors of an earlier visit
 */
export async function discover(visit: Visit, known: Anchors | undefined): Promise<Answer<Site>> {
  if (!isExplicit(visit.spec)) return served(await fetchAnchors(visit, undefined), undefined)
  const first = known === undefined ? await fetchAnchors(visit, 'nobodyKnown') : ok(known)
  if (!first.ok) return first
  const trust = explicitTrust(first.value)
  const again = await fetchAnchors(visit, trust)
  if (again.ok) return served(again, explicitTrust(again.value))
  if (again.error.fault.code === 'TlsFailed') return err({ ...again.error, fault: unlike(again.error.fault.message) })
  return again
}

const served = (anchors: Answer<Anchors>, trust: Trust | undefined): Answer<Site> =>
  anchors.ok ? ok({ anchors: anchors.value, trust }) : anchors

/** The CA is the right one, and the server in front of it is not of that CA. */
const unlike = (message: string): ReturnType<typeof fault> =>
  fault(
    'TlsFailed',
    `${message.replace(/[.;]$/, '')}. The CA that spec.est.caFingerprint names does not vouch for the server; if it has a certificate of another CA on purpose, set spec.est.serverTrust to Implicit`,
  )

async function fetchAnchors({ client, spec, shown, ctx }: Visit, trust: Call['trust']): Promise<Answer<Anchors>> {
  const isAnybody = trust === 'nobodyKnown'
  const reply = await client.call(
    {
      operation: 'cacerts',
      login: isAnybody ? 'never' : 'whenAsked',
      ...(trust === undefined ? {} : { trust }),
      ...(isAnybody || shown === undefined ? {} : { clientCertificate: shown.tls }),
    },
    ctx,
  )
  if (!reply.ok) return reply
  const certificates = readCertificateBody(reply.value.body)
  if (!certificates.ok) {
    const message = `the EST server answered cacerts with something that holds no certificates: ${certificates.error}; check spec.est.server and spec.est.label`
    return err({ fault: replyFault('unreadable', message) })
  }
  const anchors = findAnchors(
    certificates.value,
    spec,
    ctx.vouched?.map(({ der }) => der),
  )
  return anchors.ok ? anchors : err({ fault: anchors.error })
}

/** Statuses with which servers say that they have no wishes, or have never heard of the question. */
const withoutWishes: ReadonlySet<number> = new Set([404, 405, 501])

export interface Wishes {
  readonly wishes: CsrWishes
  /** A clause about a reply that could not be read. */
  readonly unreadable?: string
}

/** Asks what requests shall look like (RFC 7030 section 4.5). */
export async function askWishes(visit: Visit, { trust }: Site): Promise<Answer<Wishes>> {
  const { client, shown, spec, ctx } = visit
  if (spec.csrAttributes === 'Ignore') return ok({ wishes: noWishes })
  const reply = await client.call(
    { operation: 'csrattrs', login: 'whenAsked', trust, clientCertificate: shown?.tls },
    ctx,
  )
  if (!reply.ok) return withoutWishes.has(reply.error.status ?? 0) ? ok({ wishes: noWishes }) : reply
  const { status, body } = reply.value
  if (status !== 200 || Buffer.from(body).toString('latin1').trim() === '') return ok({ wishes: noWishes })
  const bytes = decodeBody(body)
  const wishes = bytes.ok ? readCsrAttributes(bytes.value) : bytes
  if (wishes.ok) return ok({ wishes: wishes.value })
  return ok({ wishes: noWishes, unreadable: `what the CA answered to csrattrs cannot be read: ${wishes.error}` })
}
