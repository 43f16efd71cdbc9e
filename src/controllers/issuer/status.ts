/** The status of an Issuer, from what its last probe said. Pure. */
import { protocolOf, protocolSpec } from '../../api/issuer.ts'
import type { IssuerSpec, IssuerStatus } from '../../api/issuer.ts'
import type { Told } from '../../domain/authority/telling.ts'
import { sentence } from '../../domain/conditions.ts'
import { faultTable } from '../../domain/fault.ts'
import { windowsTrouble } from '../../domain/windows.ts'
import type { Readiness, TrackedCredential } from '../../enroll/enroller.ts'
import { smallest } from '../../std/smallest.ts'
import { toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'

export interface Probe {
  readonly readiness: Readiness
  readonly spec: IssuerSpec
  readonly generation: number
  readonly at: Instant
  /** What is known of its CA, and told of it. */
  readonly trust: {
    readonly status: Pick<IssuerStatus, 'authorities' | 'authoritiesHash' | 'trustBundle'>
    readonly conditions: readonly Told[]
  }
}

/** @returns the next status, transition times kept where a condition did not change */
export function issuerStatus(before: IssuerStatus | undefined, probe: Probe): IssuerStatus {
  const { readiness, trust } = probe
  const drafts: readonly Told[] = [
    ...(readiness.kind === 'ready' ? readyConditions(readiness.message) : notReadyConditions(readiness)),
    ...[...trust.conditions, ...windowConditions(probe)].map((told) => ({ ...told, message: sentence(told.message) })),
  ]
  const protocol = knownProtocol(probe.spec)
  return {
    observedGeneration: probe.generation,
    ...(protocol === undefined ? {} : { protocol }),
    lastProbeTime: toRfc3339(probe.at),
    ...(readiness.details === undefined ? keep(before, 'details') : { details: readiness.details }),
    ...(readiness.kind !== 'ready' || readiness.credentials === undefined
      ? keep(before, 'credentials')
      : { credentials: credentialsIn(readiness.credentials) }),
    ...trust.status,
    conditions: drafts.map((draft) => {
      const old = before?.conditions?.find((condition) => condition.type === draft.type)
      const lastTransitionTime = old?.status === draft.status ? old.lastTransitionTime : toRfc3339(probe.at)
      return { ...draft, observedGeneration: probe.generation, lastTransitionTime }
    }),
  }
}

/** The API server takes no more. */
const mostCredentials = 32

/** The API server tells them apart by name, and an old and a new CA have the same. Of too many those that end first are kept. */
function credentialsIn(credentials: readonly TrackedCredential[]): NonNullable<IssuerStatus['credentials']> {
  const kept = smallest(credentials, mostCredentials, (a, b) => a.notAfter - b.notAfter)
  const names = new Set<string>()
  return credentials
    .filter((one) => kept.includes(one))
    .map(({ name, notAfter }) => {
      const distinct = distinctFrom(names, name)
      names.add(distinct)
      return { name: distinct, notAfter: toRfc3339(notAfter) }
    })
}

function distinctFrom(names: ReadonlySet<string>, name: string): string {
  let [distinct, number] = [name, 1]
  while (names.has(distinct)) distinct = `${name} (${(number += 1)})`
  return distinct
}

/** What no Certificate says while none is due. */
function windowConditions({ spec: { renewalWindows }, at }: Probe): readonly Told[] {
  const trouble = windowsTrouble(renewalWindows, at)
  return trouble === undefined ? [] : [{ type: 'WindowsIgnored', status: 'True', ...trouble }]
}

function knownProtocol(spec: IssuerSpec): string | undefined {
  return protocolSpec(spec) === undefined ? undefined : protocolOf(spec)
}

const readyConditions = (message: string): readonly Told[] => [
  { type: 'Ready', status: 'True', reason: 'Ready', message: sentence(message) },
]

function notReadyConditions({ fault }: Extract<Readiness, { kind: 'notReady' }>): readonly Told[] {
  const told = { status: 'True', reason: fault.code, message: sentence(fault.message) } as const
  const needsPerson = ['configuration', 'credentials', 'request', 'security'].includes(faultTable[fault.code].about)
  return [
    { ...told, type: 'Ready', status: 'False' },
    { ...told, type: needsPerson ? 'Stalled' : 'Reconciling' },
  ]
}

function keep<K extends 'details' | 'credentials'>(
  before: IssuerStatus | undefined,
  key: K,
): Pick<IssuerStatus, K> | object {
  return before?.[key] === undefined ? {} : { [key]: before[key] }
}
