/** The status of an Issuer, from what its last probe said. Pure. */
import type { IssuerStatus } from '../../api/issuer.ts'
import type { Told } from '../../domain/authority/telling.ts'
import { sentence } from '../../domain/conditions.ts'
import { faultTable } from '../../domain/fault.ts'
import type { Readiness } from '../../enroll/enroller.ts'
import { toRfc3339 } from '../../std/time.ts'
import type { Instant } from '../../std/time.ts'

export interface Probe {
  readonly readiness: Readiness
  readonly protocol: string | undefined
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
    ...trust.conditions.map((told) => ({ ...told, message: sentence(told.message) })),
  ]
  return {
    observedGeneration: probe.generation,
    ...(probe.protocol === undefined ? {} : { protocol: probe.protocol }),
    lastProbeTime: toRfc3339(probe.at),
    ...(readiness.details === undefined ? keep(before, 'details') : { details: readiness.details }),
    ...(readiness.kind !== 'ready' || readiness.credentials === undefined
      ? keep(before, 'credentials')
      : { credentials: readiness.credentials.map(({ name, notAfter }) => ({ name, notAfter: toRfc3339(notAfter) })) }),
    ...trust.status,
    conditions: drafts.map((draft) => {
      const old = before?.conditions?.find((condition) => condition.type === draft.type)
      const lastTransitionTime = old?.status === draft.status ? old.lastTransitionTime : toRfc3339(probe.at)
      return { ...draft, observedGeneration: probe.generation, lastTransitionTime }
    }),
  }
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
