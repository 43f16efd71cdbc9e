/** Azure DNS, Entra ID and the metadata service with their own semantics: record sets with ETags, tokens that must be asked for. */
import { isJsonObject } from '../../../src/std/json.ts'
import type { Json, JsonObject } from '../../../src/std/json.ts'
import { json } from './service.ts'
import type { Reply, SeenCall, World } from './service.ts'

export const subscription = '3f2504e0-4f89-41d3-9a0c-0305e82c3301'
export const tenant = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'
export const client = '6ba7b811-9dad-11d1-80b4-00c04fd430c8'

interface RecordSet {
  readonly etag: string
  readonly ttl: number
  readonly metadata: Json
  readonly values: readonly (readonly string[])[]
}

export interface AzureOptions {
  readonly login: string
  readonly management: string
  /** What a form must say beside grant_type, client_id and scope; undefined: no login, but the metadata service. */
  readonly proof: Readonly<Record<string, string>> | undefined
  /** What the query of the metadata service must say. */
  readonly identity?: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
}

const token = 'eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.azure-access.token'

const refusal = (status: number, code: string, message: string): Reply => json(status, { error: { code, message } })

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)
const listOf = (value: Json | undefined): readonly Json[] => (isList(value) ? value : [])
const textsOf = (value: Json | undefined): readonly string[] => listOf(value).filter((one) => typeof one === 'string')

export class AzureWorld implements World {
  readonly complaints: string[] = []
  hasZone = true
  hasRights = true
  readonly #tokens: string[] = []
  #valid = new Set<string>()
  readonly #options: AzureOptions
  readonly #sets = new Map<string, RecordSet>()
  #version = 0

  constructor(options: AzureOptions) {
    this.#options = options
  }

  /** With every token so far. */
  get secrets(): readonly string[] {
    return [...this.#tokens, ...this.#options.secrets]
  }

  get tokens(): number {
    return this.#tokens.length
  }

  values(name: string): readonly string[] {
    return this.#sets.get(name.replace('.example.com', ''))?.values.map((value) => value.join('')) ?? []
  }

  put(name: string, value: string): void {
    const key = name.replace('.example.com', '')
    const old = this.#sets.get(key)
    this.#store(key, { ttl: 77, metadata: { owner: 'mail' }, values: [...(old?.values ?? []), [value]] })
  }

  metadataOf(name: string): Json | undefined {
    return this.#sets.get(name.replace('.example.com', ''))?.metadata
  }

  looks({ method, path }: SeenCall): boolean {
    return method === 'GET' && path.includes('/TXT/')
  }

  answer(call: SeenCall): Reply {
    if (call.origin === this.#options.login) return this.#login(call)
    if (call.origin === 'http://169.254.169.254') return this.#metadata(call)
    if (call.origin !== this.#options.management) return this.#complain(`unknown host ${call.origin}`)
    if (!this.#valid.has(call.headers['authorization'] ?? ''))
      return refusal(401, 'InvalidAuthenticationToken', `The token ${call.headers['authorization'] ?? ''} is invalid.`)
    if (!this.hasRights)
      return refusal(403, 'AuthorizationFailed', `The client '${client}' does not have authorization.`)
    if (call.query.get('api-version') !== '2018-05-01') return this.#complain('api-version')
    const prefix = `/subscriptions/${subscription}/resourceGroups/dns%20zones/providers/Microsoft.Network/dnsZones/example.com/TXT/`
    if (!call.path.startsWith(prefix)) return this.#complain(call.path)
    if (!this.hasZone) return refusal(404, 'ParentResourceNotFound', "Parent resource 'example.com' not found.")
    return this.#record(call, call.path.slice(prefix.length))
  }

  /** As if every token had been withdrawn. */
  expire(): void {
    this.#valid.clear()
  }

  #record(call: SeenCall, key: string): Reply {
    const old = this.#sets.get(key)
    if (call.method === 'GET')
      return old === undefined
        ? json(404, { code: 'NotFound', message: 'The resource record does not exist.' })
        : json(200, shown(old))
    const { 'if-match': match, 'if-none-match': none } = call.headers
    if ((match === undefined) === (none === undefined)) return this.#complain('a change names one version')
    if (none !== undefined && (none !== '*' || old !== undefined)) return preconditionFailed
    if (match !== undefined && match !== old?.etag) return preconditionFailed
    if (call.method === 'DELETE') {
      this.#sets.delete(key)
      return { status: old === undefined ? 204 : 200, body: '' }
    }
    return call.method === 'PUT' ? this.#put(call, key) : this.#complain(call.method)
  }

  #put({ body, headers }: SeenCall, key: string): Reply {
    const wanted: unknown = JSON.parse(body)
    if (headers['content-type'] !== 'application/json' || !isJsonObject(wanted)) return this.#complain('no JSON')
    const properties = isJsonObject(wanted['properties']) ? wanted['properties'] : {}
    const { TTL: ttl, metadata = {}, TXTRecords } = properties
    const values = listOf(TXTRecords).map((record) => (isJsonObject(record) ? textsOf(record['value']) : []))
    if (typeof ttl !== 'number' || values.length === 0 || values.some((texts) => texts.length === 0))
      return this.#complain(body)
    if (new Set(values.map(String)).size !== values.length) return this.#complain('twice the same')
    const isNew = !this.#sets.has(key)
    return json(isNew ? 201 : 200, shown(this.#store(key, { ttl, metadata, values })))
  }

  #store(key: string, set: Omit<RecordSet, 'etag'>): RecordSet {
    const stored = { ...set, etag: `e${++this.#version}` }
    this.#sets.set(key, stored)
    return stored
  }

  #login({ method, path, body, headers }: SeenCall): Reply {
    const { proof, management } = this.#options
    const form = new URLSearchParams(body)
    if (method !== 'POST' || path !== `/${tenant}/oauth2/v2.0/token`) return this.#complain(path)
    if (headers['content-type'] !== 'application/x-www-form-urlencoded') return this.#complain('no form')
    const wanted = { grant_type: 'client_credentials', client_id: client, scope: `${management}/.default` }
    if (Object.entries(wanted).some(([name, value]) => form.get(name) !== value)) return this.#complain(body)
    if (
      proof === undefined ||
      Object.entries(proof).some(([name, value]) => form.get(name) !== value) ||
      !this.hasRights
    )
      return json(401, { error: 'invalid_client', error_description: `AADSTS7000215: ${body}` })
    return json(200, { token_type: 'Bearer', expires_in: 3599, access_token: this.#newToken() })
  }

  #metadata({ method, path, query, headers }: SeenCall): Reply {
    const { identity = {}, management } = this.#options
    if (method !== 'GET' || path !== '/metadata/identity/oauth2/token' || headers['metadata'] !== 'true')
      return this.#complain(path)
    const wanted = { 'api-version': '2018-02-01', resource: `${management}/`, ...identity }
    if (
      query.size !== Object.keys(wanted).length ||
      Object.entries(wanted).some(([name, value]) => query.get(name) !== value)
    )
      return this.#complain(query.toString())
    return json(200, { access_token: this.#newToken(), expires_in: '86399', token_type: 'Bearer' })
  }

  #newToken(): string {
    const fresh = `${token}-${this.#tokens.length + 1}`
    this.#tokens.push(fresh)
    this.#valid.add(`Bearer ${fresh}`)
    return fresh
  }

  #complain(what: string): Reply {
    this.complaints.push(what)
    return refusal(400, 'BadRequest', what)
  }
}

const preconditionFailed = refusal(412, 'PreconditionFailed', 'The condition set in the request was not met.')

const shown = ({ etag, ttl, metadata, values }: RecordSet): JsonObject => ({
  id: 'x',
  name: 'x',
  type: 'Microsoft.Network/dnszones/TXT',
  etag,
  properties: {
    metadata,
    fqdn: 'x',
    TTL: ttl,
    TXTRecords: values.map((value) => ({ value })),
    provisioningState: 'Succeeded',
  },
})
