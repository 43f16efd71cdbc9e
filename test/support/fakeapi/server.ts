/** An API server that keeps objects, serves lists page by page and watches, and misbehaves on command. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { serveHttp } from '../servers.ts'
import { answer } from './answering.ts'
import { misbehave } from './faults.ts'
import type { Fault, SeenRequest, Verb } from './faults.ts'
import { FakeObjects, placeOf } from './objects.ts'
import type { Place } from './objects.ts'
import { Watches } from './watches.ts'

export interface FakeApi {
  readonly url: string
  readonly objects: FakeObjects
  readonly watches: Watches
  /** What discovery tells: plural names of kinds by path, for example `/apis/apps/v1`. */
  readonly served: Map<string, readonly string[]>
  /** Every request so far. */
  readonly requests: readonly SeenRequest[]
  readonly connections: number
  /** The next request of that verb meets the fault; several wait for their turn. Undefined lets one request through. */
  next(verb: Verb, ...faults: readonly (Fault | undefined)[]): void
  /** Every request, or every one that is meant, meets the fault, until it is undefined again. */
  always(fault: Fault | undefined, isMeant?: (seen: SeenRequest) => boolean): void
  count(verb: Verb): number
  close(): Promise<void>
}

export async function startFakeApi(): Promise<FakeApi> {
  const objects = new FakeObjects()
  const watches = new Watches(objects)
  const requests: SeenRequest[] = []
  const served = new Map<string, readonly string[]>()
  const sockets = new WeakSet<Socket>()
  const faults = new Map<Verb, (Fault | undefined)[]>()
  const state = { connections: 0, always: (_seen: SeenRequest): Fault | undefined => undefined }
  const serve = (seen: SeenRequest, place: Place, response: ServerResponse): void => {
    const fault = faults.get(seen.verb)?.shift() ?? state.always(seen)
    if (fault !== undefined && fault.kind !== 'doneThenDrop') return misbehave(response, fault)
    if (seen.verb === 'watch') return watches.serve(response, place, seen.query)
    const { status, body } = answer(objects, seen, place)
    if (fault !== undefined) return void response.socket?.destroy()
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  const server = await serveHttp((request, response) => {
    if (!sockets.has(request.socket)) state.connections += 1
    sockets.add(request.socket)
    const told = discovery(served, request.url ?? '')
    if (told !== undefined) return void response.end(JSON.stringify(told))
    void readRequest(request).then((read) => {
      if (read === undefined) return response.writeHead(404).end()
      requests.push(read.seen)
      return serve(read.seen, read.place, response)
    })
  })
  return {
    url: server.url,
    objects,
    watches,
    served,
    requests,
    get connections() {
      return state.connections
    },
    next: (verb, ...more) => void faults.set(verb, [...(faults.get(verb) ?? []), ...more]),
    always: (fault, isMeant = () => true) => {
      state.always = (seen) => (isMeant(seen) ? fault : undefined)
    },
    count: (verb) => requests.filter((one) => one.verb === verb).length,
    close: server.close,
  }
}

/** The groups at `/apis`, and the kinds of each version at its path. */
function discovery(served: ReadonlyMap<string, readonly string[]>, path: string): object | undefined {
  if (path === '/apis') {
    const versions = [...served.keys()].map((one) => ({ groupVersion: one.slice('/apis/'.length) }))
    return { kind: 'APIGroupList', groups: versions.map((version) => ({ versions: [version] })) }
  }
  const kinds = served.get(path)
  return kinds && { kind: 'APIResourceList', resources: kinds.map((name) => ({ name })) }
}

async function readRequest(
  request: IncomingMessage,
): Promise<{ readonly seen: SeenRequest; readonly place: Place } | undefined> {
  const url = new URL(request.url ?? '/', 'http://fake')
  const place = placeOf(url.pathname)
  if (place === undefined) return undefined
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array))
  const text = Buffer.concat(chunks).toString('utf8')
  const method = request.method ?? 'GET'
  const seen = {
    verb: verbOf(method, place, url.searchParams),
    method,
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
  }
  return { seen, place }
}

function verbOf(method: string, { name }: Place, query: URLSearchParams): Verb {
  if (method === 'POST') return 'create'
  if (method === 'PATCH') return 'patch'
  if (method === 'DELETE') return 'delete'
  if (name !== undefined) return 'get'
  return query.get('watch') === 'true' ? 'watch' : 'list'
}
