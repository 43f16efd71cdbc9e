/** Takes an enrollment from order to outcome as the controllers would: ticket through JSON, time moved to each `wakeAt`. */
import type { Enroller, Order, Outcome, Ticket } from '../../src/enroll/enroller.ts'
import type { PrivateKey } from '../../src/pki/key.ts'
import { plus } from '../../src/std/time.ts'
import { defaultPause } from './harness.ts'
import type { Scene } from './harness.ts'

export interface Journey {
  /** Every outcome in order; the last one ended the journey. */
  readonly outcomes: readonly Outcome[]
  readonly last: Outcome
  readonly tickets: readonly Ticket[]
}

export interface Travel<S> {
  readonly scene: Scene<S>
  readonly order: Order
  /** The enroller for the next step: the same one, or a new one as after a restart. */
  readonly next: () => Enroller
  /** The outcome of a step that was already taken, for example a renewal. */
  readonly begun?: Outcome
}

/** More steps than any protocol needs. A journey that is longer is a loop. */
const mostSteps = 60

/** @returns the journey up to the first outcome that is neither pending nor deferred */
export async function travel<S>({ scene, order, next, begun }: Travel<S>): Promise<Journey> {
  const outcomes: Outcome[] = []
  const tickets: Ticket[] = []
  let keptRequest = order.keptRequest
  let outcome = begun ?? (await next().enroll(order, scene.ctx()))
  while (outcomes.push(outcome) < mostSteps) {
    if (outcome.kind !== 'pending' && outcome.kind !== 'deferred') return { outcomes, tickets, last: outcome }
    if (outcome.kind === 'pending') keptRequest = outcome.keepRequest ?? keptRequest
    scene.clock.advanceTo(outcome.wakeAt ?? plus(scene.clock.now(), defaultPause))
    const current = keptRequest === undefined ? order : { ...order, keptRequest }
    if (outcome.ticket === undefined) {
      outcome = await next().enroll(current, scene.ctx())
      continue
    }
    const ticket = throughJson(outcome.ticket)
    tickets.push(ticket)
    outcome = await next().poll(ticket, current, scene.ctx())
  }
  throw new Error(`no end after ${mostSteps} steps; the last outcome was ${JSON.stringify(outcome)}`)
}

/** What is left of a ticket after it lay in a status. */
export const throughJson = (ticket: Ticket): Ticket => JSON.parse(JSON.stringify(ticket)) as Ticket

export const orderFor = (wanted: Order['wanted'], key: PrivateKey): Order => ({ id: 'uid-1/hash-1', wanted, key })
