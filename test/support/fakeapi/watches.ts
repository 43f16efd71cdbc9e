/** The watches that are open at a fake API server. Tests write to them what no real server would send. */
import type { ServerResponse } from 'node:http'
import type { FakeEvent, FakeObjects, Place } from './objects.ts'

export interface OpenWatch {
  readonly place: Place
  readonly query: URLSearchParams
  /** Writes as it is, without a line break. */
  write(text: string): void
  event(type: string, object: unknown): void
  bookmark(): void
  /** Ends the answer, as a server does when the watch's time is over. */
  close(): void
  /** Tears the socket down. */
  drop(): void
}

export class Watches {
  readonly #open = new Set<OpenWatch>()
  readonly #objects: FakeObjects
  /** Events that are not delivered, as if they had been lost. */
  isDeaf = false

  constructor(objects: FakeObjects) {
    this.#objects = objects
  }

  get open(): readonly OpenWatch[] {
    return [...this.#open]
  }

  /** @returns the only watch that is open */
  get only(): OpenWatch {
    const [first, ...rest] = this.#open
    if (first === undefined || rest.length > 0) throw new Error(`${this.#open.size} watches are open, not one`)
    return first
  }

  serve(response: ServerResponse, place: Place, query: URLSearchParams): void {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    const watch = this.#make(response, place, query)
    const tell = (event: FakeEvent): void => {
      const isOurs = place.namespace === undefined || event.object.metadata.namespace === place.namespace
      if (isOurs && !this.isDeaf) watch.event(event.type, event.object)
    }
    for (const event of this.#objects.since(place, Number(query.get('resourceVersion')))) tell(event)
    const leave = this.#objects.subscribe((collection, event) => {
      if (collection === place.collection) tell(event)
    })
    this.#open.add(watch)
    response.on('close', () => {
      leave()
      this.#open.delete(watch)
    })
  }

  #make(response: ServerResponse, place: Place, query: URLSearchParams): OpenWatch {
    const write = (text: string): void => void response.write(text)
    const event = (type: string, object: unknown): void => write(`${JSON.stringify({ type, object })}\n`)
    return {
      place,
      query,
      write,
      event,
      bookmark: () => event('BOOKMARK', { metadata: { resourceVersion: `${this.#objects.revision}` } }),
      close: () => void response.end(),
      drop: () => void response.socket?.destroy(),
    }
  }
}
