/** Events about an Issuer: one for each turn of readiness and each change of its CA, not one for each probe. Pure. */
import type { RecordedEvent } from '../../kube/events.ts'
import type { AnyIssuer } from './issuers.ts'
import type { Trust } from './trust.ts'

/** @param issuer - as it was before what is told of it */
export function eventsOf(
  { apiVersion, kind, metadata, status }: AnyIssuer,
  { readiness, news }: Pick<Trust, 'readiness' | 'news'>,
): readonly RecordedEvent[] {
  const was = status?.conditions?.find((condition) => condition.type === 'Ready')
  const { name, namespace, uid = '' } = metadata
  const regarding = { apiVersion, kind, name, uid, ...(namespace === undefined ? {} : { namespace }) }
  const events: RecordedEvent[] = news === undefined ? [] : [{ regarding, ...news }]
  if (readiness.kind === 'ready' && was?.status !== 'True')
    events.push({ regarding, type: 'Normal', reason: 'Ready', message: readiness.message })
  if (readiness.kind === 'notReady' && was?.reason !== readiness.fault.code)
    events.push({ regarding, type: 'Warning', reason: readiness.fault.code, message: readiness.fault.message })
  return events
}
