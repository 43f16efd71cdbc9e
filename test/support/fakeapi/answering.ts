/** What a well-behaved API server answers to everything but a watch. */
import { jsonPatched } from './jsonpatch.ts'
import type { SeenRequest } from './faults.ts'
import { statusBody } from './faults.ts'
import type { FakeObject, FakeObjects, Place } from './objects.ts'

export interface Answer {
  readonly status: number
  readonly body: unknown
}

export function answer(objects: FakeObjects, seen: SeenRequest, place: Place): Answer {
  switch (seen.verb) {
    case 'get':
      return found(objects.get(place))
    case 'list':
    case 'watch':
      return list(objects, seen, place)
    case 'create':
      return create(objects, seen, place)
    case 'patch':
      return patch(objects, seen, place)
    case 'delete':
      return remove(objects, seen, place)
  }
}

const refusal = (status: number, reason: string): Answer => ({
  status,
  body: JSON.parse(statusBody(status, reason, `${reason} says the fake`)) as unknown,
})

const found = (object: FakeObject | undefined): Answer =>
  object === undefined ? refusal(404, 'NotFound') : { status: 200, body: object }

function list(objects: FakeObjects, { query }: SeenRequest, place: Place): Answer {
  const all = objects.list(place)
  const start = Number(query.get('continue') ?? 0)
  const limit = Number(query.get('limit') ?? all.length)
  const end = start + limit
  const metadata = { resourceVersion: `${objects.revision}`, ...(end < all.length ? { continue: String(end) } : {}) }
  return { status: 200, body: { kind: 'List', apiVersion: 'v1', metadata, items: all.slice(start, end) } }
}

function create(objects: FakeObjects, { body }: SeenRequest, place: Place): Answer {
  const sent = body as FakeObject
  if (objects.get({ ...place, name: sent.metadata.name }) !== undefined) return refusal(409, 'AlreadyExists')
  const { namespace } = place
  const metadata = { ...sent.metadata, ...(namespace === undefined ? {} : { namespace }) }
  return { status: 201, body: objects.put(place.collection, { ...sent, metadata }) }
}

function patch(objects: FakeObjects, { body, query, headers }: SeenRequest, place: Place): Answer {
  const had = objects.get(place)
  const isApply = headers['content-type'] === 'application/apply-patch+yaml'
  if (isApply && query.get('force') !== 'true' && had !== undefined) return refusal(409, 'Conflict')
  if (had === undefined && !isApply) return refusal(404, 'NotFound')
  if (headers['content-type'] === 'application/json-patch+json') return patchedAt(objects, { had, body, place })
  const sent = body as FakeObject
  const wanted = sent.metadata?.resourceVersion
  if (wanted !== undefined && wanted !== had?.metadata.resourceVersion) return refusal(409, 'Conflict')
  return { status: 200, body: objects.put(place.collection, merged(had ?? {}, sent) as FakeObject) }
}

/** The answer to a patch that does not fit names no object (`applyJSPatch` of the API server). */
function patchedAt(
  objects: FakeObjects,
  { had, body, place }: { had: FakeObject | undefined; body: unknown; place: Place },
): Answer {
  const patched = jsonPatched(had, body)
  if (patched !== undefined) return { status: 200, body: objects.put(place.collection, patched as FakeObject) }
  const message = 'the server rejected our request due to an error in our request'
  return { status: 422, body: { ...(JSON.parse(statusBody(422, 'Invalid', message)) as object), details: {} } }
}

function remove(objects: FakeObjects, { body }: SeenRequest, place: Place): Answer {
  const had = objects.get(place)
  if (had === undefined) return refusal(404, 'NotFound')
  const { uid, resourceVersion } =
    (body as { preconditions?: { uid?: string; resourceVersion?: string } }).preconditions ?? {}
  const isOther = uid !== undefined && uid !== had.metadata.uid
  const isLater = resourceVersion !== undefined && resourceVersion !== had.metadata.resourceVersion
  if (isOther || isLater) return refusal(409, 'Conflict')
  objects.delete(place)
  return { status: 200, body: { kind: 'Status', status: 'Success' } }
}

/** RFC 7386. */
function merged(target: unknown, change: unknown): unknown {
  if (!isRecord(change)) return change
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(change)) {
    if (value === null) delete result[name]
    else result[name] = merged(result[name], value)
  }
  return result
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
