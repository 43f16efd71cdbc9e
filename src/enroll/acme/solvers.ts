/** Which of the issuer's solvers answers for a name, and which challenge it answers. */
import type { AcmeSpec } from '../../api/issuer/acme.ts'
import { fault } from '../../domain/fault.ts'
import type { Fault } from '../../domain/fault.ts'
import { err, ok } from '../../std/result.ts'
import type { Result } from '../../std/result.ts'
import type { ChallengeAnswer, ChallengeBoard, ChallengeType } from '../enroller.ts'
import type { Authorization, Challenge, Identifier } from './wire.ts'

type Solver = NonNullable<AcmeSpec['solvers']>[number]

/** HTTP for every name: what an issuer without solvers means. */
const everyName: Solver = { http01: {} }

export interface Solving {
  readonly spec: AcmeSpec
  readonly labels: Readonly<Record<string, string>>
  readonly board: ChallengeBoard
}

/** @returns the most specific solver whose selector fits: an exact name before the longest zone before labels before none */
export function solverFor(identifier: string, { spec, labels }: Pick<Solving, 'spec' | 'labels'>): Solver | undefined {
  const ranked = (spec.solvers ?? [everyName])
    .map((solver) => ({ solver, rank: rankOf(solver, identifier, labels) }))
    .filter(({ rank }) => rank >= 0)
  // Equal ranks: the first one listed.
  return ranked.reduce<(typeof ranked)[number] | undefined>(
    (best, one) => (best === undefined || one.rank > best.rank ? one : best),
    undefined,
  )?.solver
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

/** The challenge types that can be answered for an identifier, before an order is made; a fault when there is none. */
export function answerable(identifier: Identifier, solving: Solving): Result<readonly ChallengeType[], Fault> {
  const wildcard = identifier.value.startsWith('*.')
  const solver = solverFor(identifier.value, solving)
  if (solver === undefined)
    return err(
      fault('RequestUnsupported', `no solver of the issuer is for ${identifier.value}; add one to spec.acme.solvers`),
    )
  const served = solving.board.typesFor({
    kind: identifier.type,
    value: identifier.value.replace(/^\*\./, ''),
    wildcard,
  })
  const types = served.filter((type) => type === 'http-01' && solver.http01 !== undefined)
  if (types.length > 0) return ok(types)
  const why = wildcard
    ? 'a wildcard can only be proven over DNS, which no solver of the issuer does; name the hosts, or use another issuer'
    : 'no solver can prove it'
  return err(fault('RequestUnsupported', `${identifier.value} cannot be proven: ${why}`))
}

/** Whether the issuer wants the answer for a name to be looked at from here first. */
export function checkFor(identifier: string, solving: Pick<Solving, 'spec' | 'labels'>): 'look' | 'trust' {
  return solverFor(identifier, solving)?.http01?.selfCheck === 'Disabled' ? 'trust' : 'look'
}

/** The first challenge of an authorization that is of one of these types and can be answered at all. */
export function pickChallenge({ challenges }: Authorization, types: readonly ChallengeType[]): Challenge | undefined {
  return types.map((type) => challenges.find((one) => one.type === type && one.token !== undefined)).find(Boolean)
}

/** RFC 8555 section 8.1: token, a dot, the account key's thumbprint. */
export function answerFor({ type, token = '' }: Challenge, identifier: string, thumbprint: string): ChallengeAnswer {
  return { type: asType(type), identifier, token, value: `${token}.${thumbprint}` }
}

function asType(type: string): ChallengeType {
  return type === 'dns-01' || type === 'tls-alpn-01' ? type : 'http-01'
}
