/** Cloudflare's API, as far as TXT records take it, with its own semantics: https://developers.cloudflare.com/api/ */
import { isJsonObject } from '../../../src/std/json.ts'
import { json } from './service.ts'
import type { Reply, SeenCall, World } from './service.ts'

interface Row {
  readonly id: string
  readonly name: string
  content: string
}

const refusal = (status: number, code: number, message: string): Reply =>
  json(status, { success: false, errors: [{ code, message }], messages: [], result: null })

export class CloudflareWorld implements World {
  readonly complaints: string[] = []
  readonly secrets: readonly string[]
  #login: Readonly<Record<string, string>>
  readonly #rows: Row[] = []
  readonly zones: { id: string; name: string; status: string }[] = [
    { id: 'zone-0', name: 'example.com', status: 'pending' },
    { id: 'zone-1', name: 'example.com', status: 'active' },
  ]
  /** Items of a page: fewer than are asked for, as services may. */
  pageSize = 2
  #count = 0

  /** @param login - headers that a call must have */
  constructor(login: Readonly<Record<string, string>>, secrets: readonly string[]) {
    this.#login = login
    this.secrets = secrets
  }

  /** From now on. */
  accept(login: Readonly<Record<string, string>>): void {
    this.#login = login
  }

  values(name: string): readonly string[] {
    return this.#rows.filter((row) => row.name === name).map(({ content }) => content.replaceAll('"', ''))
  }

  put(name: string, value: string): void {
    this.#rows.push({ id: `record-${++this.#count}`, name, content: value })
  }

  looks({ method, path }: SeenCall): boolean {
    return method === 'GET' && path.endsWith('/dns_records')
  }

  answer(call: SeenCall): Reply {
    if (call.origin !== 'https://api.cloudflare.com') return this.#complain(`unknown host ${call.origin}`)
    if (Object.entries(this.#login).some(([name, value]) => call.headers[name] !== value))
      return refusal(403, 9109, `Invalid access token ${call.headers['authorization'] ?? ''}`)
    if (call.path === '/client/v4/zones') return this.#listZones(call)
    const [, zone, id] = /^\/client\/v4\/zones\/([^/]+)\/dns_records(?:\/([^/]+))?$/.exec(call.path) ?? []
    if (zone === undefined) return refusal(404, 7003, `Could not route to ${call.path}`)
    if (zone !== 'zone-1') return refusal(404, 7003, 'Could not route to the zone')
    if (call.method === 'GET' && id === undefined) return this.#list(call)
    if (call.method === 'POST' && id === undefined) return this.#create(call)
    if (call.method === 'DELETE' && id !== undefined) return this.#remove(id)
    return this.#complain(`${call.method} ${call.path}`)
  }

  #listZones({ query }: SeenCall): Reply {
    return this.#page(
      query,
      this.zones.filter(({ name }) => name === query.get('name')),
    )
  }

  #list({ query }: SeenCall): Reply {
    if (query.get('type') !== 'TXT') return this.#complain('records are listed without their type')
    return this.#page(
      query,
      this.#rows.filter(({ name }) => name === query.get('name')),
    )
  }

  #page(query: URLSearchParams, items: readonly unknown[]): Reply {
    const perPage = Number(query.get('per_page') ?? 20)
    if (!(perPage >= 5 && perPage <= 5_000_000)) return this.#complain(`per_page=${perPage}`)
    const page = Number(query.get('page') ?? 1)
    const size = Math.min(perPage, this.pageSize)
    const info = { page, per_page: size, total_pages: Math.ceil(items.length / size), total_count: items.length }
    const result = items.slice((page - 1) * size, page * size)
    return json(200, { success: true, errors: [], messages: [], result, result_info: info })
  }

  #create({ body, headers }: SeenCall): Reply {
    const wanted: unknown = JSON.parse(body)
    if (headers['content-type'] !== 'application/json' || !isJsonObject(wanted)) return this.#complain('no JSON')
    const { type, name, content, ttl } = wanted
    if (type !== 'TXT' || typeof name !== 'string' || typeof content !== 'string') return this.#complain(body)
    if (typeof ttl !== 'number' || (ttl !== 1 && (ttl < 60 || ttl > 86_400)))
      return this.#complain(`TTL ${JSON.stringify(ttl)}`)
    if (!/^".*"$/.test(content)) return this.#complain('content without quotes')
    if (this.#rows.some((row) => row.name === name && row.content.replaceAll('"', '') === content.replaceAll('"', '')))
      return refusal(400, 81058, 'An identical record already exists.')
    this.put(name, content)
    return json(200, { success: true, errors: [], messages: [], result: { ...this.#rows.at(-1), type, ttl } })
  }

  #remove(id: string): Reply {
    const index = this.#rows.findIndex((row) => row.id === id)
    if (index === -1) return refusal(404, 81044, 'Record does not exist.')
    this.#rows.splice(index, 1)
    return json(200, { success: true, errors: [], messages: [], result: { id } })
  }

  #complain(what: string): Reply {
    this.complaints.push(what)
    return refusal(400, 1004, `DNS Validation Error: ${what}`)
  }
}
