/** The fake CA's orders and authorizations (RFC 8555 sections 7.1.3 and 7.1.4). */
import type { Der } from '../../../src/std/bytes.ts'
import { instant, toRfc3339 } from '../../../src/std/time.ts'
import type { Instant } from '../../../src/std/time.ts'
import type { SignedRequest } from './message.ts'
import { notFound, problem, reply } from './reply.ts'
import type { FakeReply } from './reply.ts'
import type { AcmeTroubles } from './troubles.ts'

export interface FakeOrder {
  readonly id: number
  readonly account: string
  readonly names: readonly { readonly type: string; readonly value: string }[]
  readonly madeAt: Instant
  status: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid'
  looks: number
  /** What newOrder said. */
  readonly payload: Readonly<Record<string, unknown>>
  certificate?: Der
}

interface FakeAuthorization {
  readonly order: FakeOrder
  readonly name: { readonly type: string; readonly value: string }
  readonly token: string
  status: 'pending' | 'valid' | 'invalid' | 'deactivated'
}

export interface OrderBook {
  readonly base: string
  readonly troubles: AcmeTroubles
  readonly now: () => Instant
  /** Whether the right answer is served for a token. */
  readonly isServed: (token: string, account: string) => boolean
}

export class FakeOrders {
  readonly all: FakeOrder[] = []
  readonly #book: OrderBook
  readonly #authorizations: FakeAuthorization[] = []

  constructor(book: OrderBook) {
    this.#book = book
  }

  make({ kid = '', payload = {} }: SignedRequest): FakeReply {
    const { newOrderProblem, refusesReplaces, reusesAuthorizations } = this.#book.troubles
    if (newOrderProblem !== undefined) return problem(newOrderProblem)
    if (refusesReplaces !== undefined && payload['replaces'] !== undefined) return problem(refusesReplaces)
    const names = payload['identifiers'] as { type: string; value: string }[]
    const order: FakeOrder = {
      id: this.all.length + 1,
      account: kid,
      names,
      madeAt: this.#book.now(),
      status: 'pending',
      looks: 0,
      payload,
    }
    this.all.push(order)
    for (const name of names) {
      const token = `token-${order.id}-${this.#authorizations.length}-${'x'.repeat(20)}`
      this.#authorizations.push({ order, name, token, status: reusesAuthorizations === true ? 'valid' : 'pending' })
    }
    this.#advance(order)
    const finalize = { finalize: this.#finalizeUrl(order) }
    return reply(201, { ...this.shown(order), ...finalize }, { location: `${this.#book.base}/order/${order.id}` })
  }

  find(id: string, account: string | undefined): FakeOrder | undefined {
    if (this.#book.troubles.losesOrders === true) return undefined
    return this.all.find((order) => String(order.id) === id && order.account === account)
  }

  look(order: FakeOrder): FakeReply {
    const { orderLife = Infinity, processingLooks = 0, validationLooks = 0 } = this.#book.troubles
    if (order.status === 'pending' && this.#isProven(order) && order.looks++ >= validationLooks) order.status = 'ready'
    if (order.status === 'processing' && ++order.looks > processingLooks) order.status = 'valid'
    if (order.status === 'pending' && this.#book.now() >= order.madeAt + orderLife) order.status = 'invalid'
    return reply(200, this.shown(order))
  }

  authorization(id: number, { payload }: SignedRequest): FakeReply {
    const authorization = this.#authorizations[id]
    if (authorization === undefined) return notFound()
    if (payload?.['status'] === 'deactivated') authorization.status = 'deactivated'
    this.#advance(authorization.order)
    return reply(200, this.#shownAuthorization(authorization))
  }

  /** A challenge is answered with an empty object, never with an empty payload (RFC 8555 section 7.5.1). */
  challenge(id: number, { payload }: SignedRequest): FakeReply {
    const authorization = this.#authorizations[id]
    if (authorization === undefined) return notFound()
    if (payload !== undefined) this.#validate(authorization)
    return reply(200, this.#shownChallenge(authorization))
  }

  shown(order: FakeOrder): object {
    const { base, troubles } = this.#book
    const own = this.#authorizations.flatMap((one, i) => (one.order === order ? [`${base}/authorization/${i}`] : []))
    const { orderLife } = troubles
    return {
      status: order.status,
      identifiers: order.names,
      authorizations: own,
      ...(orderLife === undefined ? {} : { expires: toRfc3339(instant(order.madeAt + orderLife)) }),
      ...(troubles.hidesFinalize === true ? {} : { finalize: this.#finalizeUrl(order) }),
      ...(order.status === 'valid' ? { certificate: `${base}/certificate/${order.id}` } : {}),
    }
  }

  #finalizeUrl({ id }: FakeOrder): string {
    return `${this.#book.base}/finalize/${id}`
  }

  #validate(authorization: FakeAuthorization): void {
    const { isServed, troubles } = this.#book
    if (authorization.status !== 'pending') return
    const isRight = isServed(authorization.token, authorization.order.account) && troubles.validationFails !== true
    authorization.status = isRight ? 'valid' : 'invalid'
    this.#advance(authorization.order)
  }

  #advance(order: FakeOrder): void {
    const own = this.#authorizations.filter((one) => one.order === order)
    if (own.some(({ status }) => status === 'invalid' || status === 'deactivated')) order.status = 'invalid'
    else if (order.status === 'pending' && this.#isProven(order) && this.#book.troubles.validationLooks === undefined)
      order.status = 'ready'
  }

  /** Everything has been shown to the CA, which has yet to make up its mind. */
  #isLooking({ order }: FakeAuthorization): boolean {
    return order.status === 'pending' && this.#isProven(order)
  }

  #isProven(order: FakeOrder): boolean {
    return this.#authorizations.every((one) => one.order !== order || one.status === 'valid')
  }

  #shownAuthorization(authorization: FakeAuthorization): object {
    const wildcard = authorization.name.value.startsWith('*.')
    const strange = [
      { type: 'dns-persist-01', url: `${this.#book.base}/challenge/none`, status: 'pending' },
      { type: 'http-01', url: `${this.#book.base}/challenge/none`, status: 'pending', token: 17 },
    ]
    const challenge = this.#shownChallenge(authorization)
    const isLooking = this.#isLooking(authorization)
    return {
      status: isLooking ? 'pending' : authorization.status,
      identifier: { ...authorization.name, value: authorization.name.value.replace(/^\*\./, '') },
      ...(wildcard ? { wildcard } : {}),
      challenges: this.#book.troubles.listsStrangeChallenges === true ? [...strange, challenge] : [challenge],
    }
  }

  #shownChallenge(authorization: FakeAuthorization): object {
    const url = `${this.#book.base}/challenge/${this.#authorizations.indexOf(authorization)}`
    const detail = `${authorization.name.value} points at another web server`
    const error = { type: 'urn:ietf:params:acme:error:unauthorized', detail, status: 403 }
    const { token } = authorization
    const isLooking = this.#isLooking(authorization)
    // RFC 8555 section 7.1.6: a challenge of an authorization that was given up stays as it was.
    const kept = authorization.status === 'deactivated' ? 'pending' : authorization.status
    const status = isLooking ? 'processing' : kept
    return { type: 'http-01', url, token, status, ...(status === 'invalid' ? { error } : {}) }
  }
}
