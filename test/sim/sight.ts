/** The issuers as one life of the operator sees them: what probes found, and how exchanges went. */
import { chooseIssuer } from '../../src/domain/fallback.ts'
import type { Chosen } from '../../src/domain/fallback.ts'
import type { Result } from '../../src/domain/outcome.ts'
import { afterExchange, closedCircuit, onTrial, openFault } from '../../src/domain/health.ts'
import type { Circuit } from '../../src/domain/health.ts'
import type { PolicyView } from '../../src/domain/policy/telling.ts'
import type { IssuerView, RequestedWish, Situation } from '../../src/domain/snapshot.ts'
import type { Instant } from '../../src/std/time.ts'
import type { Authority } from './authority.ts'
import type { Dice } from './dice.ts'
import { isNews, look } from './issuer.ts'
import type { IssuerTruth } from './issuer.ts'

/** An Issuer and the CA behind it. */
export interface House {
  readonly issuer: IssuerTruth
  readonly authority: Authority
}

const denial = {
  policy: 'issuers',
  mode: 'Enforce',
  rule: 'rules.issuers.deny',
  message: 'Issuer ca is denied',
  about: 'Request',
} as const

export class Sight {
  readonly #houses: readonly House[]
  readonly #dice: Dice
  readonly #views = new Map<string, IssuerView>()
  readonly #circuits = new Map<string, Circuit>()

  constructor(houses: readonly House[], dice: Dice) {
    this.#houses = houses
    this.#dice = dice
  }

  /** Probes all. @returns whether anything is different for those who wait */
  probe(now: Instant): boolean {
    return this.#houses.map((house) => this.#look(house, now)).includes(true)
  }

  #look({ issuer, authority }: House, now: Instant): boolean {
    const circuit = this.#circuits.get(issuer.name)
    if (circuit !== undefined) this.#circuits.set(issuer.name, onTrial(circuit, now))
    const before = this.#views.get(issuer.name)
    const view = look({ issuer, authority, dice: this.#dice, before }, now)
    this.#views.set(issuer.name, view)
    return isNews(before, view) || circuit?.state === 'open'
  }

  /** @returns with it what policies say, which the process learns of at once */
  choose(
    situation: Situation,
    { issuerRef, fallbackIssuerRefs }: RequestedWish,
    now: Instant,
  ): (Chosen & { readonly policy: PolicyView }) | undefined {
    const candidates = [issuerRef, ...fallbackIssuerRefs].map((ref) => ({ ref, view: this.#view(ref.name) }))
    const chosen = chooseIssuer(situation, candidates, now)
    const isDenied = this.#houses.some(
      ({ issuer: { name, denies } }) => name === issuerRef.name && denies.has(situation.certificate.name),
    )
    return (
      chosen && { ...chosen, policy: { judgedBy: ['issuers'], reissues: false, breaches: isDenied ? [denial] : [] } }
    )
  }

  #view(issuer: string): IssuerView | undefined {
    const circuit = this.#circuits.get(issuer)
    if (circuit?.state === 'open')
      return { kind: 'notReady', message: openFault(circuit).message, since: circuit.since }
    return this.#views.get(issuer)
  }

  /** @returns the circuit, where it has opened or closed */
  exchanged(issuer: string, result: Result, now: Instant): Circuit | undefined {
    const before = this.#circuits.get(issuer) ?? closedCircuit(now)
    const circuit = afterExchange(before, result, now)
    this.#circuits.set(issuer, circuit)
    const view = this.#views.get(issuer)
    const hasClosed = circuit.state === 'closed' && before.state !== 'closed'
    if (hasClosed && view?.kind === 'ready') this.#views.set(issuer, { ...view, readySince: now })
    return hasClosed || (circuit.state === 'open' && before.state !== 'open') ? circuit : undefined
  }

  authorityOf(issuer: string | undefined): Authority {
    const house = this.#houses.find(({ issuer: { name } }) => name === issuer)
    if (house === undefined) throw new Error(`no CA behind ${issuer}`)
    return house.authority
  }
}
