/** Google Cloud DNS, its token endpoint and the metadata server with their own semantics: changes that apply as one. */
import { createPublicKey, verify } from 'node:crypto'
import { isJsonObject } from '../../../src/std/json.ts'
import type { Json, JsonObject } from '../../../src/std/json.ts'
import { json } from './service.ts'
import type { Reply, SeenCall, World } from './service.ts'

interface RecordSet {
  readonly name: string
  readonly ttl: number
  readonly rrdatas: readonly string[]
}

export interface GoogleOptions {
  /** Whose assertion is taken; undefined: the metadata server is asked. */
  readonly account?: { readonly email: string; readonly keyId: string; readonly privateKey: string }
  /** Zones are found by their domain. */
  readonly secrets: readonly string[]
}

const scope = 'https://www.googleapis.com/auth/ndev.clouddns.readwrite'

export const googleError = (status: number, reason: string, message: string): Reply =>
  json(status, { error: { code: status, message, errors: [{ message, domain: 'global', reason }] } })

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)

export class GoogleWorld implements World {
  readonly complaints: string[] = []
  hasZone = true
  hasRights = true
  readonly #options: GoogleOptions
  readonly #shown: string[] = []
  #valid = new Set<string>()
  #sets: readonly RecordSet[] = []
  readonly #changes: number[] = []

  constructor(options: GoogleOptions) {
    this.#options = options
  }

  get secrets(): readonly string[] {
    return [...this.#options.secrets, ...this.#shown]
  }

  /** Keys of service accounts never leave the client. */
  get seenSecrets(): readonly string[] {
    return this.#shown
  }

  get tokens(): number {
    return this.#shown.filter((secret) => secret.startsWith('ya29.')).length
  }

  values(name: string): readonly string[] {
    return this.#find(`${name}.`)?.rrdatas.map((value) => value.replaceAll('"', '')) ?? []
  }

  put(name: string, value: string): void {
    const old = this.#find(`${name}.`)
    const rest = this.#sets.filter((set) => set !== old)
    this.#sets = [...rest, { name: `${name}.`, ttl: old?.ttl ?? 77, rrdatas: [...(old?.rrdatas ?? []), `"${value}"`] }]
  }

  /** As if every token had been withdrawn. */
  expire(): void {
    this.#valid.clear()
  }

  looks({ method, path }: SeenCall): boolean {
    return method === 'GET' && path.endsWith('/rrsets')
  }

  answer(call: SeenCall): Reply {
    if (call.origin === 'https://oauth2.googleapis.com') return this.#token(call)
    if (call.origin === 'http://metadata.google.internal') return this.#metadata(call)
    if (call.origin !== 'https://dns.googleapis.com') return this.#complain(`unknown host ${call.origin}`)
    if (!this.#valid.has(call.headers['authorization'] ?? ''))
      return googleError(401, 'authError', `Invalid Credentials ${call.headers['authorization'] ?? ''}`)
    if (!this.hasRights) return googleError(403, 'forbidden', 'Forbidden')
    const prefix = '/dns/v1/projects/example-1/managedZones'
    if (!call.path.startsWith(prefix)) return this.#complain(call.path)
    const rest = call.path.slice(prefix.length)
    if (rest === '') return this.#zones(call.query)
    if (!rest.startsWith('/public-zone/') || !this.hasZone)
      return googleError(404, 'notFound', "The 'parameters.managedZone' resource does not exist.")
    return this.#inZone(call, rest.slice('/public-zone/'.length))
  }

  #inZone(call: SeenCall, rest: string): Reply {
    if (call.method === 'GET' && rest === 'rrsets') return this.#list(call.query)
    if (call.method === 'POST' && rest === 'changes') return this.#apply(call)
    const [, id] = /^changes\/(\d+)$/.exec(rest) ?? []
    return call.method === 'GET' && id !== undefined
      ? this.#change(Number(id))
      : this.#complain(`${call.method} ${rest}`)
  }

  #zones(query: URLSearchParams): Reply {
    if (query.get('dnsName') !== 'example.com.') return this.#complain(`dnsName ${query.get('dnsName') ?? ''}`)
    const kind = 'dns#managedZonesListResponse'
    if (query.get('pageToken') === null) {
      const inside = { name: 'private-zone', dnsName: 'example.com.', visibility: 'private' }
      return json(200, { kind, managedZones: [inside], nextPageToken: 'two' })
    }
    if (query.get('pageToken') !== 'two') return this.#complain('pageToken')
    return json(
      200,
      this.hasZone ? { kind, managedZones: [{ name: 'public-zone', dnsName: 'example.com.' }] } : { kind },
    )
  }

  #list(query: URLSearchParams): Reply {
    if (query.get('type') !== 'TXT' || !query.get('name')?.endsWith('.example.com.'))
      return this.#complain(query.toString())
    const set = this.#find(query.get('name') ?? '')
    const kind = 'dns#resourceRecordSetsListResponse'
    if (set === undefined) return json(200, { kind })
    return json(200, { kind, rrsets: [{ kind: 'dns#resourceRecordSet', type: 'TXT', signatureRrdatas: [], ...set }] })
  }

  /** All of a change, or nothing. */
  #apply({ body, headers }: SeenCall): Reply {
    const wanted: unknown = JSON.parse(body)
    if (headers['content-type'] !== 'application/json' || !isJsonObject(wanted)) return this.#complain('no JSON')
    let sets = this.#sets
    for (const deletion of setsIn(wanted['deletions'])) {
      const old = sets.find(({ name }) => name === deletion.name)
      if (old === undefined)
        return googleError(404, 'notFound', "The 'entity.change.deletions[0]' resource does not exist.")
      if (JSON.stringify(sorted(old)) !== JSON.stringify(sorted(deletion)))
        return googleError(412, 'conditionNotMet', "Precondition not met for 'entity.change.deletions[0]'")
      sets = sets.filter((set) => set !== old)
    }
    for (const addition of setsIn(wanted['additions'])) {
      if (sets.some(({ name }) => name === addition.name))
        return googleError(409, 'alreadyExists', "The 'entity.change.additions[0]' resource already exists.")
      const { rrdatas } = addition
      if (
        rrdatas.length === 0 ||
        new Set(rrdatas).size !== rrdatas.length ||
        rrdatas.some((one) => !/^".+"$/.test(one))
      )
        return this.#complain(body)
      sets = [...sets, addition]
    }
    this.#sets = sets
    this.#changes.push(0)
    return json(200, { kind: 'dns#change', id: String(this.#changes.length), status: 'pending' })
  }

  /** In force when it is asked for the second time. */
  #change(id: number): Reply {
    const asked = this.#changes[id - 1]
    if (asked === undefined) return googleError(404, 'notFound', 'no such change')
    this.#changes[id - 1] = asked + 1
    return json(200, { kind: 'dns#change', id: String(id), status: asked === 0 ? 'pending' : 'done' })
  }

  #token({ method, path, body, headers }: SeenCall): Reply {
    const form = new URLSearchParams(body)
    if (method !== 'POST' || path !== '/token') return this.#complain(path)
    if (headers['content-type'] !== 'application/x-www-form-urlencoded') return this.#complain('no form')
    const assertion = form.get('assertion') ?? ''
    this.#shown.push(assertion)
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return this.#complain('grant_type')
    const wrong = this.#wrongWith(assertion)
    if (wrong !== undefined) return this.#complain(wrong)
    if (!this.hasRights)
      return json(400, { error: 'invalid_grant', error_description: `Invalid JWT Signature. ${assertion}` })
    return json(200, { access_token: this.#newToken(), expires_in: 3599, token_type: 'Bearer' })
  }

  #wrongWith(assertion: string): string | undefined {
    const { account } = this.#options
    const [header = '', claims = '', signature = '', ...more] = assertion.split('.')
    if (account === undefined || more.length > 0) return 'no assertion was expected'
    const key = createPublicKey(account.privateKey)
    if (!verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url')))
      return 'signature'
    const read = (text: string): JsonObject => {
      const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
      return isJsonObject(value) ? value : {}
    }
    const { alg, kid, typ } = read(header)
    if (alg !== 'RS256' || typ !== 'JWT' || kid !== account.keyId) return 'header'
    const { iss, aud, iat, exp, scope: asked } = read(claims)
    if (iss !== account.email || aud !== 'https://oauth2.googleapis.com/token' || asked !== scope) return 'claims'
    if (typeof iat !== 'number' || typeof exp !== 'number' || exp - iat > 3600 || exp <= iat) return 'lifetime'
    return Math.abs(iat * 1000 - Date.now()) < 300_000 ? undefined : 'time'
  }

  #metadata({ method, path, query, headers }: SeenCall): Reply {
    if (method !== 'GET' || headers['metadata-flavor'] !== 'Google' || this.#options.account !== undefined)
      return this.#complain('metadata')
    if (path !== '/computeMetadata/v1/instance/service-accounts/default/token' || query.get('scopes') !== scope)
      return this.#complain(path)
    return json(200, { access_token: this.#newToken(), expires_in: 1799, token_type: 'Bearer' })
  }

  #newToken(): string {
    const token = `ya29.c.access_token-${this.tokens + 1}`
    this.#shown.push(token)
    this.#valid.add(`Bearer ${token}`)
    return token
  }

  #find(name: string): RecordSet | undefined {
    return this.#sets.find((set) => set.name === name)
  }

  #complain(what: string): Reply {
    this.complaints.push(what)
    return googleError(400, 'invalid', what)
  }
}

const sorted = ({ name, ttl, rrdatas }: RecordSet): Json => [name, ttl, [...rrdatas].sort()]

function setsIn(value: Json | undefined): readonly RecordSet[] {
  return (isList(value) ? value : []).filter(isJsonObject).map(({ name, type, ttl, rrdatas }) => {
    if (typeof name !== 'string' || typeof ttl !== 'number' || type !== 'TXT' || !isList(rrdatas))
      throw new Error('no record set')
    return { name, ttl, rrdatas: rrdatas.filter((one) => typeof one === 'string') }
  })
}
