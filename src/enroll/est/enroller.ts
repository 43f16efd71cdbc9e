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
import { EstClient } from './client.ts'
import type { Answer } from './client.ts'
import { needsOf, outOfTime, readCredentials } from './credentials.ts'
import type { EstCredentials } from './credentials.ts'
import { callOutcome, failureOutcome } from './desk.ts'
import type { Desk } from './desk.ts'
import { HttpLogin } from './login.ts'
import { clampedWait } from './patience.ts'
import { readinessOf } from './readiness.ts'
import { askWishes, discover } from './service.ts'
import type { Service, Visit, Wishes } from './service.ts'
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
  #service: Service | undefined
  #wishes: Wishes | undefined

  constructor(spec: EstSpec, credentials: EstCredentials) {
    this.traits = traitsOf(spec)
    this.#spec = spec
    this.#credentials = credentials
    this.#client = new EstClient(spec, new HttpLogin(credentials.login, spec.authentication))
  }

  async prepare(ctx: Ctx): Promise<Readiness> {
    const expired = outOfTime(this.#credentials, ctx.now())
    if (expired !== undefined) return { kind: 'notReady', fault: expired }
    const service = await this.#discover(ctx)
    if (!service.ok) {
      const { fault, retryAfter } = service.error
      const wakeAt = retryAfter === undefined ? {} : { wakeAt: clampedWait(retryAfter, ctx.now()) }
      return { kind: 'notReady', fault, ...wakeAt }
    }
    const seen = { service: service.value, spec: this.#spec, credentials: this.#credentials }
    await this.#learn(service.value, ctx)
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
    if (!desk.ok) return callOutcome(desk.error, ctx, ticket)
    const outcome = await continueTransaction(desk.value, ticket, order)
    // Whatever went wrong, the next attempt looks at the server afresh.
    if (outcome.kind !== 'issued' && outcome.kind !== 'pending') this.#service = undefined
    return outcome
  }

  /** Nothing is made for a server that is not known to be the right one. */
  async #begin(ctx: Ctx, start: (desk: Desk) => Promise<Outcome>): Promise<Outcome> {
    const expired = outOfTime(this.#credentials, ctx.now())
    if (expired !== undefined) return failureOutcome(expired)
    const desk = await this.#desk(ctx)
    return desk.ok ? start(desk.value) : callOutcome(desk.error, ctx)
  }

  async #desk(ctx: Ctx): Promise<Answer<Desk>> {
    const service = this.#service === undefined ? await this.#discover(ctx) : ok(this.#service)
    if (!service.ok) return service
    return ok({
      spec: this.#spec,
      client: this.#client,
      credentials: this.#credentials,
      service: service.value,
      ctx,
      refresh: () => this.#discover(ctx),
    })
  }

  async #discover(ctx: Ctx): Promise<Answer<Service>> {
    const found = await discover(this.#visit(ctx), this.#service?.anchors)
    this.#service = found.ok ? found.value : undefined
    return found
  }

  /** Once, for the status; each request asks again. */
  async #learn(service: Service, ctx: Ctx): Promise<void> {
    if (this.#wishes !== undefined) return
    const wishes = await askWishes(this.#visit(ctx), service)
    if (wishes.ok) this.#wishes = wishes.value
  }

  #visit(ctx: Ctx): Visit {
    return { client: this.#client, spec: this.#spec, shown: this.#credentials.certificate, ctx }
  }
}
