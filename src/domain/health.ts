/**
 * How an issuer has answered of late, over all Certificates: a circuit breaker, and the patience that a CA has asked for. Pure.
 *
 *   closed ── faults in a row ──► open ── its time is up, and a probe is answered ──► trial ── an answer ──► closed
 *                                   ▲                                                  │
 *                                   └──────────────── a fault ─────────────────────────┘
 *
 * While it is open no Certificate troubles the CA. On trial one call goes at a time, so that a CA that has just come back meets
 * neither all who wait nor one more hour of silence.
 */
import { earliest, latest, minutes, plus, scale, seconds, toRfc3339 } from '../std/time.ts'
import type { Duration, Instant } from '../std/time.ts'
import { fault, faultTable } from './fault.ts'
import type { Fault } from './fault.ts'
import type { Result } from './outcome.ts'

export interface Circuit {
  readonly state: 'closed' | 'open' | 'trial'
  /** Faults of network or server in a row. */
  readonly faults: number
  /** How often it has opened since the last answer. */
  readonly trips: number
  readonly since: Instant
  /** While open: when a probe may try. */
  readonly until: Instant
  readonly fault: Fault | undefined
}

/** Nothing new is begun before `until`. */
export interface Pause {
  readonly until: Instant
  readonly message: string
  /** Refusals in a row. */
  readonly refusals: number
}

/** So many in a row are no accident. */
const threshold = 5
const firstRest = seconds(30)
const longestRest = minutes(10)
const mostDoublings = 5

export const closedCircuit = (now: Instant): Circuit => ({
  state: 'closed',
  faults: 0,
  trips: 0,
  since: now,
  until: now,
  fault: undefined,
})

/** @returns the circuit after one exchange with the CA, whichever Certificate it was for */
export function afterExchange(circuit: Circuit, result: Result, now: Instant): Circuit {
  // What was on its way when it opened says nothing new.
  if (circuit.state === 'open' && result.kind === 'failed') return circuit
  if (isAnswer(result)) return circuit.state === 'closed' && circuit.faults === 0 ? circuit : closedCircuit(now)
  if (result.kind !== 'failed' || !isOutage(result.fault)) return circuit
  const faults = circuit.faults + 1
  if (circuit.state === 'closed' && faults < threshold) return { ...circuit, faults, fault: result.fault }
  const rest = earliest(
    plus(now, scale(firstRest, 2 ** Math.min(circuit.trips, mostDoublings))),
    plus(now, longestRest),
  )
  return { state: 'open', faults, trips: circuit.trips + 1, since: now, until: rest, fault: result.fault }
}

/** A refusal is an answer: whoever refuses is up. Our own troubles say nothing about the CA. */
export const isAnswer = (result: Result): boolean =>
  isFriendly(result) ||
  (result.kind === 'failed' && !isOutage(result.fault) && faultTable[result.fault.code].about !== 'operator')

/** A request that is made and not sent has had no answer. */
const isFriendly = (result: Result): boolean =>
  result.kind === 'issued' || result.kind === 'advised' || (result.kind === 'pending' && result.unsent !== true)

const isOutage = ({ code }: Fault): boolean =>
  faultTable[code].about === 'network' || faultTable[code].about === 'server'

/** @returns the circuit on trial, once its time is up; else as it is */
export const onTrial = (circuit: Circuit, now: Instant): Circuit =>
  circuit.state === 'open' && now >= circuit.until ? { ...circuit, state: 'trial', since: now } : circuit

/** What an open circuit tells of the issuer. */
export function openFault({ faults, until, fault: last }: Circuit): Fault {
  const why = last === undefined ? '' : `, the last: ${last.message}`
  const message = `${faults} calls in a row failed${why}; it is left alone until ${toRfc3339(until)} and then tried again`
  return fault(last?.code ?? 'Unreachable', message)
}

const shortestPause = seconds(5)
const usualPause = seconds(30)
/** The first refusal may be about the names of one Certificate only. */
const longestFirstPause = minutes(5)
const longestPause = minutes(60)

/** @returns the pause after the CA has answered a request for something new; undefined: none */
export function pauseAfter(pause: Pause | undefined, result: Result, now: Instant): Pause | undefined {
  if (isFriendly(result)) return undefined
  if (result.kind !== 'failed' || result.fault.code !== 'RateLimited') return pause
  const refusals = (pause?.refusals ?? 0) + 1
  const asked = result.wakeAt ?? plus(now, usualPause)
  const most: Duration = refusals === 1 ? longestFirstPause : longestPause
  const until = earliest(latest(asked, plus(now, shortestPause)), plus(now, most))
  // Answers that were on their way together do not shorten what one of them asked for.
  const longer = pause === undefined ? until : latest(until, pause.until)
  const message = `the CA asks for patience, so nothing new is asked of it until ${toRfc3339(longer)}: ${result.fault.message}`
  return { until: longer, message, refusals }
}
