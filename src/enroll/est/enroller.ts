/** EST behind the contract: RFC 7030, with RFC 8951 and RFC 9908. */
import type { EstSpec } from '../../api/issuer/est.ts'
import { ok } from '../../std/result.ts'
import type {
  Ctx,
  Enroller,
  Identity,
  Order,
  Outcome,
  ProtocolFactory,
  Readiness,
  Ticket,
  Traits,
} from '../enroller.ts'
import { callOutcome, clampedWait, failureOutcome } from '../outcomes.ts'
import { EstClient } from './client.ts'
import type { Answer } from './client.ts'
import { needsOf, outOfTimeShown, readCredentials } from './credentials.ts'
import type { EstCredentials } from './credentials.ts'
import type { Desk } from './desk.ts'
import { HttpLogin } from './login.ts'
import { readinessOf } from './readiness.ts'
import { askWishes, discover } from './site.ts'
import type { Site, Visit, Wishes } from './site.ts'
import { begin, canVouch, continueTransaction } from './transaction.ts'

export const est: ProtocolFactory<EstSpec> = {
  protocol: 'est',
  needs: needsOf,
  create: (spec, credentials) => {
    const read = readCredentials(spec, credentials)
    return read.ok ? new EstEnroller(spec, read.value) : read.error
  },
}

const traitsOf = ({ renewal, serverKeyGeneration }: EstSpec): Traits => ({
  inProcess: false,
  renewsWithCurrent: renewal !== 'Enroll',
  revokes: false,
  serverKeys: serverKeyGeneration === 'Always',
  lifetime: 'ignored',
})

class EstEnroller implements Enroller {
  readonly protocol = 'est'
  readonly traits: Traits
  readonly #spec: EstSpec
  readonly #credentials: EstCredentials
  readonly #client: EstClient
  #site: Site | undefined
  #wishes: Wishes | undefined

  constructor(spec: EstSpec, credentials: EstCredentials) {
    this.traits = traitsOf(spec)
    this.#spec = spec
    this.#credentials = credentials
    this.#client = new EstClient(spec, new HttpLogin(credentials.login, spec.authentication))
  }

  async prepare(ctx: Ctx): Promise<Readiness> {
    const expired = outOfTimeShown(this.#credentials, ctx.now())
    if (expired !== undefined) return { kind: 'notReady', fault: expired }
    const site = await this.#discover(ctx)
    if (!site.ok) {
      const { fault, retryAfter } = site.error
      const wakeAt = retryAfter === undefined ? {} : { wakeAt: clampedWait(retryAfter, ctx.now()) }
      return { kind: 'notReady', fault, ...wakeAt }
    }
    const seen = { site: site.value, spec: this.#spec, credentials: this.#credentials }
    await this.#learn(site.value, ctx)
    return readinessOf({ ...seen, wishes: this.#wishes?.wishes }, ctx.now())
  }

  enroll(order: Order, ctx: Ctx): Promise<Outcome> {
    return this.#begin(ctx, (desk) => begin(desk, { order }))
  }

  renew(order: Order, current: Identity, ctx: Ctx): Promise<Outcome> {
    const vouches = this.#spec.renewal !== 'Enroll' && canVouch(current, ctx.now())
    return this.#begin(ctx, (desk) => begin(desk, { order, current: vouches ? current : undefined }))
  }

  async poll(ticket: Ticket, order: Order, ctx: Ctx): Promise<Outcome> {
    const desk = await this.#desk(ctx)
    if (!desk.ok) return callOutcome(desk.error, ctx.now(), ticket)
    const outcome = await continueTransaction(desk.value, ticket, order)
    // Whatever went wrong, the next attempt looks at the server afresh.
    if (outcome.kind !== 'issued' && outcome.kind !== 'pending') this.#site = undefined
    return outcome
  }

  /** Nothing is made for a server that is not known to be the right one. */
  async #begin(ctx: Ctx, start: (desk: Desk) => Promise<Outcome>): Promise<Outcome> {
    const expired = outOfTimeShown(this.#credentials, ctx.now())
    if (expired !== undefined) return failureOutcome(expired)
    const desk = await this.#desk(ctx)
    return desk.ok ? start(desk.value) : callOutcome(desk.error, ctx.now())
  }

  async #desk(ctx: Ctx): Promise<Answer<Desk>> {
    const site = this.#site === undefined ? await this.#discover(ctx) : ok(this.#site)
    if (!site.ok) return site
    return ok({
      spec: this.#spec,
      client: this.#client,
      credentials: this.#credentials,
      site: site.value,
      ctx,
      refresh: () => this.#discover(ctx),
    })
  }

  async #discover(ctx: Ctx): Promise<Answer<Site>> {
    const found = await discover(this.#visit(ctx), this.#site?.anchors)
    this.#site = found.ok ? found.value : undefined
    return found
  }

  /** Once, for the status; each request asks again. */
  async #learn(site: Site, ctx: Ctx): Promise<void> {
    if (this.#wishes !== undefined) return
    const wishes = await askWishes(this.#visit(ctx), site)
    if (wishes.ok) this.#wishes = wishes.value
  }

  #visit(ctx: Ctx): Visit {
    return { client: this.#client, spec: this.#spec, shown: this.#credentials.certificate, ctx }
  }
}
