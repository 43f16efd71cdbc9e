/** CMP behind the contract: RFC 9810 and RFC 4211, as RFC 9483 profiles them. */
import type { CmpSpec } from '../../api/issuer/cmp.ts'
import { fault } from '../../domain/fault.ts'
import { toRfc3339 } from '../../std/time.ts'
import type {
  Ctx,
  Enroller,
  Identity,
  Order,
  Outcome,
  ProtocolFactory,
  Readiness,
  Revocable,
  RevocationReason,
  RevokeOutcome,
  Ticket,
  Traits,
} from '../enroller.ts'
import { failureOutcome } from '../outcomes.ts'
import { needsOf, outOfTimeSigner, readMeans } from './credentials.ts'
import type { Means } from './credentials.ts'
import type { Desk } from './desk.ts'
import { signerOf } from './protection.ts'
import { prepare } from './readiness.ts'
import { beginTransaction } from './request.ts'
import { revoke } from './revocation.ts'
import { continueTransaction } from './transaction.ts'
import { Acquaintances } from './trust.ts'

const traits: Traits = {
  inProcess: false,
  renewsWithCurrent: true,
  revokes: true,
  serverKeys: true,
  lifetime: 'advisory',
}

export const cmp: ProtocolFactory<CmpSpec> = {
  protocol: 'cmp',
  needs: needsOf,
  create: (spec, credentials) => {
    const means = readMeans(spec, credentials)
    return means.ok ? new CmpEnroller(spec, means.value) : means.error
  },
}

class CmpEnroller implements Enroller {
  readonly protocol = 'cmp'
  readonly traits = traits
  readonly #spec: CmpSpec
  readonly #means: Means
  readonly #acquaintances = new Acquaintances()

  constructor(spec: CmpSpec, means: Means) {
    this.#spec = spec
    this.#means = means
  }

  prepare(ctx: Ctx): Promise<Readiness> {
    return prepare(this.#desk(ctx))
  }

  async enroll(order: Order, ctx: Ctx): Promise<Outcome> {
    const { protector } = this.#means
    const trouble = protector.kind === 'signature' ? outOfTimeSigner(protector.signer, ctx.now()) : undefined
    if (trouble !== undefined) return failureOutcome(trouble)
    return beginTransaction(this.#desk(ctx), { order, asking: this.#spec.enrollment ?? 'ir' })
  }

  /** A certificate that has expired signs nothing any more; what protected the first enrollment may still do. */
  async renew(order: Order, current: Identity, ctx: Ctx): Promise<Outcome> {
    const { renewal = 'kur' } = this.#spec
    const signer = signerOf(wholeChain(current))
    if (renewal === 'Enroll' || signer === undefined) return this.enroll(order, ctx)
    if (ctx.now() >= signer.facts.notAfter) {
      ctx.log.info('the certificate has expired and cannot sign its renewal; enrolling anew', {
        notAfter: toRfc3339(signer.facts.notAfter),
      })
      return this.enroll(order, ctx)
    }
    return beginTransaction(this.#desk(ctx), { order, asking: renewal, current: signer.identity })
  }

  poll(ticket: Ticket, order: Order, ctx: Ctx): Promise<Outcome> {
    return continueTransaction(this.#desk(ctx), ticket, order)
  }

  /** Signed with the certificate itself, or else with the one that took its place. */
  async revoke(
    { chain, roots = [], key, successor }: Revocable,
    reason: RevocationReason,
    ctx: Ctx,
  ): Promise<RevokeOutcome> {
    const [target] = chain
    const speaker = key === undefined ? successor : { chain, roots, key }
    const signer = speaker && signerOf(wholeChain(speaker))
    if (signer === undefined || target === undefined)
      return {
        kind: 'refused',
        fault: fault(
          'RequestUnsupported',
          'the CA wants the request signed by the certificate that is to be revoked or by its successor, and the key of neither is there',
        ),
      }
    return revoke(this.#desk(ctx), { target, signer }, reason)
  }

  #desk(ctx: Ctx): Desk {
    return { spec: this.#spec, means: withSuccessors(this.#means, ctx), acquaintances: this.#acquaintances, ctx }
  }
}

/** A root that one of the spec's has signed for counts beside it, so that the bundle may be mended after the CA has changed. */
function withSuccessors(means: Means, { vouched = [] }: Ctx): Means {
  const successors = vouched.filter(({ byPredecessor }) => byPredecessor).map(({ der }) => der)
  return means.anchors.length === 0 || successors.length === 0
    ? means
    : { ...means, anchors: [...means.anchors, ...successors] }
}

/** The CAs that vouch for the certificate, roots included: they vouch for the replies to what it signs as well. */
const wholeChain = ({ chain, roots = [], key }: Identity): Identity => ({ chain: [...chain, ...roots], key })
