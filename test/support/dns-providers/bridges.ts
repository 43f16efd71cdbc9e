/** Bridges that keep record sets for somebody who knows no API: one that speaks lego's httpreq, one that is a DNS webhook. */
import { isJsonObject } from '../../../src/std/json.ts'
import type { Json, JsonObject } from '../../../src/std/json.ts'
import { clusterOrigin } from './context.ts'
import { json } from './service.ts'
import type { Reply, SeenCall, World } from './service.ts'

class Values {
  readonly #rows: { readonly name: string; readonly value: string }[] = []

  at(name: string): readonly string[] {
    return this.#rows.filter((row) => row.name === name).map(({ value }) => value)
  }

  add(name: string, value: string): void {
    if (!this.at(name).includes(value)) this.#rows.push({ name, value })
  }

  drop(name: string, value: string): void {
    const index = this.#rows.findIndex((row) => row.name === name && row.value === value)
    if (index !== -1) this.#rows.splice(index, 1)
  }
}

abstract class Bridge implements World {
  readonly complaints: string[] = []
  abstract readonly secrets: readonly string[]
  protected readonly kept = new Values()

  values(name: string): readonly string[] {
    return this.kept.at(name)
  }

  put(name: string, value: string): void {
    this.kept.add(name, value)
  }

  looks(): boolean {
    return false
  }

  abstract answer(call: SeenCall): Reply

  protected complain(what: string): Reply {
    this.complaints.push(what)
    return json(400, { message: what })
  }
}

/** https://go-acme.github.io/lego/dns/httpreq/ */
export class HttpreqWorld extends Bridge {
  readonly secrets: readonly string[]
  #authorization: string | undefined

  constructor(login?: { readonly username: string; readonly password: string }) {
    super()
    const basic = login && Buffer.from(`${login.username}:${login.password}`).toString('base64')
    this.#authorization = basic && `Basic ${basic}`
    this.secrets = login === undefined || basic === undefined ? [] : [login.password, basic]
  }

  revoke(): void {
    this.#authorization = 'Basic bm8='
  }

  answer({ method, origin, path, headers, body }: SeenCall): Reply {
    if (headers['authorization'] !== this.#authorization)
      return { status: 401, headers: { 'content-type': 'text/plain' }, body: `no: ${headers['authorization'] ?? ''}` }
    const [, action] = /^\/dns\/(present|cleanup)$/.exec(path) ?? []
    if (origin !== 'https://bridge.example.com:8443' || method !== 'POST' || action === undefined)
      return this.complain(`${method} ${origin}${path}`)
    const record: unknown = JSON.parse(body)
    if (headers['content-type'] !== 'application/json' || !isJsonObject(record)) return this.complain('no JSON')
    const { fqdn, value, ...rest } = record
    if (typeof fqdn !== 'string' || typeof value !== 'string' || Object.keys(rest).length > 0 || !fqdn.endsWith('.'))
      return this.complain(body)
    if (action === 'present') this.kept.add(fqdn.slice(0, -1), value)
    else this.kept.drop(fqdn.slice(0, -1), value)
    return { status: 200, body: '' }
  }
}

const allowed: ReadonlySet<string> = new Set(
  ['uid', 'action', 'type', 'dnsName', 'key', 'resourceNamespace', 'resolvedFQDN', 'resolvedZone'].concat([
    'allowAmbientCredentials',
    'config',
  ]),
)

/** The API server in front of a webhook, with its strict reading of ChallengePayload, and a solver that looks its zone up. */
export class WebhookWorld extends Bridge {
  readonly secrets: readonly string[] = []
  readonly requests: JsonObject[] = []
  mayCreate = true
  hasZone = true

  answer({ method, origin, path, body }: SeenCall): Reply {
    if (origin !== clusterOrigin || method !== 'POST') return this.complain(`${method} ${origin}`)
    if (!this.mayCreate) return status(403, 'example.acme.example.com is forbidden: User "perennial" cannot create')
    if (path !== '/apis/acme.example.com/v1alpha1/example') return status(404, 'the server could not find the resource')
    const payload: unknown = JSON.parse(body)
    if (!isJsonObject(payload) || payload['apiVersion'] !== 'webhook.acme.cert-manager.io/v1alpha1')
      return this.complain(body)
    const { request, kind } = payload
    if (kind !== 'ChallengePayload' || !isJsonObject(request)) return this.complain(body)
    this.requests.push(request)
    const wrong = whatIsWrong(request)
    if (wrong !== undefined) return this.complain(wrong)
    return json(201, { ...payload, response: this.#solve(request) })
  }

  #solve({ uid = '', action, key, resolvedFQDN }: JsonObject): JsonObject {
    if (!this.hasZone) {
      const result = {
        status: 'Failure',
        message: 'failed to find zone example.com.',
        reason: 'InternalError',
        code: 500,
      }
      return { uid, success: false, status: { metadata: {}, ...result } }
    }
    const name = textOf(resolvedFQDN).slice(0, -1)
    if (action === 'Present') this.kept.add(name, textOf(key))
    else this.kept.drop(name, textOf(key))
    return { uid, success: true }
  }
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

const status = (code: number, message: string): Reply =>
  json(code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code })

function whatIsWrong(request: JsonObject): string | undefined {
  const unknown = Object.keys(request).filter((key) => !allowed.has(key))
  if (unknown.length > 0) return `unknown field ${unknown.join()}`
  if (!/^[0-9a-f-]{36}$/.test(textOf(request['uid']))) return 'no uid'
  if (request['type'] !== 'dns-01') return 'no type'
  if (request['action'] !== 'Present' && request['action'] !== 'CleanUp') return 'no action'
  if (typeof request['allowAmbientCredentials'] !== 'boolean') return 'allowAmbientCredentials'
  if (textOf(request['resourceNamespace']) === '') return 'no resourceNamespace'
  if (textOf(request['dnsName']) !== 'www.example.com') return 'no dnsName'
  if (!/^_acme-challenge\..*[.]example[.]com[.]$/.test(textOf(request['resolvedFQDN']))) return 'no resolvedFQDN'
  if (request['resolvedZone'] !== 'example.com.') return 'no resolvedZone'
  return textOf(request['key']) === '' ? 'no key' : undefined
}
