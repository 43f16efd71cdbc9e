/** SCEP behind the contract: RFC 8894. */
import type { ScepSpec } from '../../api/issuer/scep.ts'
import { ok } from '../../std/result.ts'
import type { SecretText } from '../../std/secret.ts'
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
import { unusable } from './authority.ts'
import type { Protection } from './certrep.ts'
import { challengeField, readChallenge } from './challenge.ts'
import { ScepClient } from './client.ts'
import type { Answer } from './client.ts'
import type { Desk } from './desk.ts'
import { findNextCa } from './nextca.ts'
import { readinessOf } from './readiness.ts'
import { beginRenewal, canEnroll } from './renewal.ts'
import { beginTransaction, unsuitableKey } from './request.ts'
import { discover } from './site.ts'
import type { Site } from './site.ts'
import { continueTransaction } from './transaction.ts'

const traits: Traits = {
  inProcess: false,
  renewsWithCurrent: true,
  revokes: false,
  serverKeys: false,
  lifetime: 'ignored',
}

export const scep: ProtocolFactory<ScepSpec> = {
  protocol: 'scep',
  needs: ({ challengeSecretRef: ref }) =>
    ref === undefined ? [] : [{ field: challengeField, secretName: ref.name, keys: [ref.key] }],
  create: (spec, credentials) => {
    const { challengeSecretRef: ref } = spec
    if (ref === undefined) return new ScepEnroller(spec, undefined)
    const challenge = readChallenge(credentials.get(challengeField)?.[ref.key])
    return challenge.ok ? new ScepEnroller(spec, challenge.value) : challenge.error
  },
}

class ScepEnroller implements Enroller {
  readonly protocol = 'scep'
  readonly traits = traits
  readonly #spec: ScepSpec
  readonly #challenge: SecretText | undefined
  readonly #client: ScepClient
  #site: Site | undefined
  #protection: Protection | undefined

  constructor(spec: ScepSpec, challenge: SecretText | undefined) {
    this.#spec = spec
    this.#challenge = challenge
    this.#client = new ScepClient(spec)
  }

  async prepare(ctx: Ctx): Promise<Readiness> {
    const site = await this.#discover(ctx)
    if (!site.ok) {
      const { fault, retryAfter } = site.error
      return {
        kind: 'notReady',
        fault,
        ...(retryAfter === undefined ? {} : { wakeAt: clampedWait(retryAfter, ctx.now()) }),
      }
    }
    const nextCa = await findNextCa(this.#client, site.value, ctx)
    const seen = { site: site.value, spec: this.#spec, protection: this.#protection, nextCa }
    return readinessOf(seen, ctx.now())
  }

  async enroll(order: Order, ctx: Ctx): Promise<Outcome> {
    if (!canEnroll({ spec: this.#spec }, order)) return { kind: 'refused', fault: unsuitableKey(order) }
    return this.#begin(ctx, (desk) => beginTransaction(desk, { order, ways: ['Enroll'] }))
  }

  renew(order: Order, current: Identity, ctx: Ctx): Promise<Outcome> {
    return this.#begin(ctx, (desk) => beginRenewal(desk, order, current))
  }

  async poll(ticket: Ticket, order: Order, ctx: Ctx): Promise<Outcome> {
    const desk = await this.#desk(ctx)
    if (!desk.ok) return callOutcome(desk.error, ctx.now(), ticket)
    const outcome = await continueTransaction(desk.value, ticket, order)
    // Whatever went wrong, the next attempt looks at the service afresh.
    if (outcome.kind !== 'issued' && outcome.kind !== 'pending') this.#site = undefined
    return outcome
  }

  /** Nothing is made for a service that could not read it. */
  async #begin(ctx: Ctx, begin: (desk: Desk) => Promise<Outcome>): Promise<Outcome> {
    const desk = await this.#desk(ctx)
    if (!desk.ok) return callOutcome(desk.error, ctx.now())
    const trouble = unusable(desk.value.site.authority, ctx.now())
    return trouble === undefined ? begin(desk.value) : failureOutcome(trouble)
  }

  async #desk(ctx: Ctx): Promise<Answer<Desk>> {
    const site = this.#site === undefined ? await this.#discover(ctx) : ok(this.#site)
    if (!site.ok) return site
    return ok({
      spec: this.#spec,
      client: this.#client,
      site: site.value,
      challenge: this.#challenge,
      ctx,
      refresh: () => this.#discover(ctx),
      seen: (protection) => {
        if (protection.cipher !== undefined) this.#protection = protection
      },
    })
  }

  async #discover(ctx: Ctx): Promise<Answer<Site>> {
    const found = await discover(this.#client, this.#spec, ctx)
    this.#site = found.ok ? found.value : undefined
    return found
  }
}
