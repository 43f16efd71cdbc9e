/** Which of the issuer's solvers answers for a name, and which challenge it answers. */
import { isDeepStrictEqual } from 'node:util'
import type { AcmeSpec } from '../../api/issuer/acme.ts'
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import type { ChallengeAnswer, ChallengeBoard, ChallengeType } from '../challenge.ts'
import type { Ticket } from '../enroller.ts'
import { accountLabel, persistentText } from './dns.ts'
import type { Authorization, Challenge, Identifier } from './wire.ts'

export type Solver = NonNullable<AcmeSpec['solvers']>[number]

/** HTTP for every name: what an issuer without solvers means. */
const everyName: Solver = { http01: {} }

export interface Solving {
  readonly spec: AcmeSpec
  readonly labels: Readonly<Record<string, string>>
  readonly board: ChallengeBoard
}

const solversOf = ({ solvers }: AcmeSpec): readonly Solver[] => solvers ?? [everyName]

/** The one challenge type that a solver answers. */
function typeOf({ tlsAlpn01, dns01, dnsPersist01 }: Solver): ChallengeType {
  if (dns01 !== undefined) return dns01.challengeType ?? 'dns-01'
  if (dnsPersist01 !== undefined) return 'dns-persist-01'
  return tlsAlpn01 === undefined ? 'http-01' : 'tls-alpn-01'
}

/** Whether the answer is a record of DNS, which the enroller sees to itself, rather than the board. */
export const isOverDns = (type: ChallengeType): boolean => isWritten(type) || type === 'dns-persist-01'

/** Whether the record is put there by us, and must go again. */
export const isWritten = (type: ChallengeType): boolean => type === 'dns-01' || type === 'dns-account-01'

/**
 * @returns the solvers whose selector fits, the most specific first: an exact name before the longest zone before labels before
 *   none, and of equals the one that is listed first
 */
export function solversFor(identifier: string, { spec, labels }: Pick<Solving, 'spec' | 'labels'>): readonly Solver[] {
  return solversOf(spec)
    .map((solver) => ({ solver, rank: rankOf(solver, identifier, labels) }))
    .filter(({ rank }) => rank >= 0)
    .toSorted((one, other) => other.rank - one.rank)
    .map(({ solver }) => solver)
}

/** -1: does not fit. Zones count by their length, so that the longest wins; an exact name beats every zone. */
function rankOf({ selector }: Solver, identifier: string, labels: Readonly<Record<string, string>>): number {
  if (selector === undefined) return 0
  const wantedLabels = Object.entries(selector.matchLabels ?? {})
  if (wantedLabels.some(([key, value]) => labels[key] !== value)) return -1
  const byLabels = wantedLabels.length > 0 ? 1 : 0
  const names = selector.dnsNames ?? []
  const zones = selector.dnsZones ?? []
  if (names.length === 0 && zones.length === 0) return byLabels
  if (names.some((name) => name.toLowerCase() === identifier)) return 10_000 + byLabels
  const base = identifier.replace(/^\*\./, '')
  const fitting = zones.map((zone) => zone.toLowerCase()).filter((zone) => base === zone || base.endsWith(`.${zone}`))
  return fitting.length === 0 ? -1 : 10 + Math.max(...fitting.map((zone) => zone.length)) + byLabels
}

/** The solvers that can prove an identifier, best first, before an order is made; a fault when there is none. */
export function answerable(identifier: Identifier, solving: Solving): Result<readonly Solver[], Fault> {
  const { type: kind, value } = identifier
  const wildcard = value.startsWith('*.')
  const fitting = solversFor(value, solving)
  if (fitting.length === 0)
    return err(fault('RequestUnsupported', `no solver of the issuer is for ${value}; add one to spec.acme.solvers`))
  const served = solving.board.typesFor({ kind, value: value.replace(/^\*\./, ''), wildcard })
  const able = fitting.filter((solver) => canProve(typeOf(solver), kind, served))
  if (able.length > 0) return ok(able)
  return err(fault('RequestUnsupported', `${value} cannot be proven: ${obstacle(fitting, wildcard)}`))
}

/** RFC 8738 section 7: addresses are not proven over DNS. */
const canProve = (type: ChallengeType, kind: Identifier['type'], served: readonly ChallengeType[]): boolean =>
  isOverDns(type) ? kind === 'dns' : served.includes(type)

function obstacle(fitting: readonly Solver[], wildcard: boolean): string {
  if (wildcard)
    return 'a wildcard can only be proven over DNS, which no solver of the issuer that is for it does; add one with dns01, or name the hosts'
  const types = [...new Set(fitting.map(typeOf))]
  if (types.every(isOverDns)) return 'addresses cannot be proven over DNS; add a solver with http01 or tlsAlpn01'
  return types.includes('tls-alpn-01')
    ? 'nothing answers tls-alpn-01 here; start the operator with --tls-alpn01-address, or use another solver'
    : `nothing answers ${types.join(' or ')} for it here`
}

export interface Picked {
  readonly challenge: Challenge
  readonly solver: Solver
}

/** The best solver to whose challenge type the CA offers a challenge that can be answered at all. */
export function pickChallenge({ challenges }: Authorization, solvers: readonly Solver[]): Picked | undefined {
  for (const solver of solvers) {
    const type = typeOf(solver)
    const challenge = challenges.find((one) => one.type === type && isAnswerable(one))
    if (challenge !== undefined) return { challenge, solver }
  }
  return undefined
}

const isAnswerable = ({ type, token, issuerDomains }: Challenge): boolean =>
  type === 'dns-persist-01' ? issuerDomains.length > 0 : token !== undefined

/** Whose answer it is. */
export interface Prover {
  /** The account's URL. */
  readonly url: string
  readonly thumbprint: string
}

/** RFC 8555 section 8.1: token, a dot, the account key's thumbprint; but for challenges without a token. */
export function answerFor(
  { challenge: { token = '', issuerDomains }, solver }: Picked,
  { identifier, wildcard }: Pick<Authorization, 'identifier' | 'wildcard'>,
  { url, thumbprint }: Prover,
): ChallengeAnswer {
  const shared = { type: typeOf(solver), identifier: identifier.value }
  if (shared.type === 'dns-persist-01') {
    const [issuer = ''] = issuerDomains
    return { ...shared, token: '', value: persistentText(issuer, { accountUrl: url, wildcard }) }
  }
  const label = shared.type === 'dns-account-01' ? { label: accountLabel(url) } : {}
  return { ...shared, ...label, token, value: `${token}.${thumbprint}` }
}

type Recorded = NonNullable<Ticket['solvers']>[number]

/** A solver as a ticket keeps it. */
export function recorded({ selector: _selector, ...how }: Solver): Recorded {
  return how
}

/**
 * The solver of the issuer, as it is now, that shows an answer. What a ticket says is only compared, never acted upon: who
 * may write a status could otherwise turn the issuer's credentials to an end of his own.
 *
 * @returns undefined when the issuer no longer has such a solver
 */
export function solverOf(
  answer: ChallengeAnswer,
  { solvers = [] }: Pick<Ticket, 'solvers'>,
  spec: AcmeSpec,
): Solver | undefined {
  const kept = answer.solver === undefined ? undefined : solvers[answer.solver]
  if (kept === undefined) return solversOf(spec).find((solver) => typeOf(solver) === answer.type)
  return solversOf(spec).find((solver) => isDeepStrictEqual(recorded(solver), kept))
}

/** Whether an answer is to be looked at from here first. */
export function checkFor(solver: Solver | undefined): 'look' | 'trust' {
  const way = solver?.http01 ?? solver?.tlsAlpn01 ?? solver?.dns01 ?? solver?.dnsPersist01
  return way?.selfCheck === 'Disabled' ? 'trust' : 'look'
}
