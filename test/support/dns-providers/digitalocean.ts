/** DigitalOcean's API, as far as TXT records take it, with its own semantics: https://docs.digitalocean.com/reference/api/ */
import { isJsonObject } from '../../../src/std/json.ts'
import { json } from './service.ts'
import type { Reply, SeenCall, World } from './service.ts'

interface Row {
  readonly id: number
  readonly type: string
  /** Below the domain. */
  readonly name: string
  readonly data: string
}

const domain = 'example.com'

export class DigitalOceanWorld implements World {
  readonly complaints: string[] = []
  readonly secrets: readonly string[]
  hasDomain = true
  token: string
  readonly #rows: Row[] = [{ id: 1, type: 'NS', name: '@', data: 'ns1.digitalocean.com' }]
  #count = 1

  constructor(token: string) {
    this.token = token
    this.secrets = [token]
  }

  values(name: string): readonly string[] {
    return this.#rows.filter((row) => row.type === 'TXT' && `${row.name}.${domain}` === name).map(({ data }) => data)
  }

  put(name: string, value: string): void {
    this.#rows.push({ id: ++this.#count, type: 'TXT', name: name.slice(0, -domain.length - 1), data: value })
  }

  looks({ method }: SeenCall): boolean {
    return method === 'GET'
  }

  answer(call: SeenCall): Reply {
    if (call.origin !== 'https://api.digitalocean.com') return this.#complain(`unknown host ${call.origin}`)
    if (call.headers['authorization'] !== `Bearer ${this.token}`)
      return json(401, {
        id: 'Unauthorized',
        message: `Unable to authenticate you ${call.headers['authorization'] ?? ''}`,
      })
    const [, zone, id] = /^\/v2\/domains\/([^/]+)\/records(?:\/(\d+))?$/.exec(call.path) ?? []
    if (zone === undefined) return this.#complain(`${call.method} ${call.path}`)
    if (zone !== domain || !this.hasDomain) return notFound
    if (call.method === 'GET' && id === undefined) return this.#list(call.query)
    if (call.method === 'POST' && id === undefined) return this.#create(call)
    if (call.method === 'DELETE' && id !== undefined) return this.#remove(Number(id))
    return this.#complain(`${call.method} ${call.path}`)
  }

  #list(query: URLSearchParams): Reply {
    const perPage = Number(query.get('per_page') ?? 20)
    if (!(perPage >= 1 && perPage <= 200)) return this.#complain(`per_page=${perPage}`)
    const name = query.get('name') ?? ''
    if (!name.endsWith(`.${domain}`)) return this.#complain('the name of the filter must be fully qualified')
    const found = this.#rows.filter((row) => row.type === query.get('type') && `${row.name}.${domain}` === name)
    const page = Number(query.get('page') ?? 1)
    const size = Math.min(perPage, 5)
    const next = page * size < found.length ? { next: `https://api.digitalocean.com/v2?page=${page + 1}` } : {}
    const records = found.slice((page - 1) * size, page * size)
    return json(200, { domain_records: records, links: { pages: next }, meta: { total: found.length } })
  }

  #create({ body, headers }: SeenCall): Reply {
    const wanted: unknown = JSON.parse(body)
    if (headers['content-type'] !== 'application/json' || !isJsonObject(wanted)) return this.#complain('no JSON')
    const { type, name, data, ttl } = wanted
    if (type !== 'TXT' || typeof name !== 'string' || typeof data !== 'string') return this.#complain(body)
    if (name.endsWith(domain)) return this.#complain('the name of a new record is relative to its domain')
    if (typeof ttl !== 'number' || ttl < 30) return this.#complain('TTL is less than 30')
    this.put(`${name}.${domain}`, data)
    return json(201, { domain_record: { ...this.#rows.at(-1), ttl } })
  }

  #remove(id: number): Reply {
    const index = this.#rows.findIndex((row) => row.id === id)
    if (index === -1) return notFound
    this.#rows.splice(index, 1)
    return { status: 204, body: '' }
  }

  #complain(what: string): Reply {
    this.complaints.push(what)
    return json(422, { id: 'unprocessable_entity', message: what })
  }
}

const notFound = json(404, { id: 'not_found', message: 'The resource you were accessing could not be found.' })
