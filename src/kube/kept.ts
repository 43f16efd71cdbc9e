import type { KubeObject, ObjectMeta } from '../api/meta.ts'
import { compact } from '../std/shared.ts'

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'
const none = Object.freeze([])

/**
 * An object as caches keep it: without managed fields and kubectl's copy of the last manifest, which together are half of it,
 * and with its texts shared.
 *
 * @param object - as the API server sent it, and held by nobody else
 */
export const keptObject = <T extends KubeObject>(object: T): T =>
  compact({ ...object, metadata: keptMetadata(object.metadata) })

/**
 * Fields are replaced and none is left out or added: what is built the other way has a hidden class of its own for each object
 * (V8 of Node 20), which costs more than the fields.
 */
function keptMetadata(metadata: ObjectMeta): ObjectMeta {
  const { annotations = {} } = metadata
  if (annotations[lastApplied] === undefined) return { ...metadata, managedFields: none }
  const { [lastApplied]: _applied, ...kept } = annotations
  return { ...metadata, managedFields: none, annotations: kept }
}
