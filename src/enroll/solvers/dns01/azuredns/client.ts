/** The calls of Azure DNS that a TXT record set takes. Each change names the version that it replaces (RFC 9110 section 13.1). */
import type { AzureDnsSpec } from '../../../../api/issuer/dns01/azuredns.ts'
import type { HttpRequest, HttpResponse } from '../../../../net/http.ts'
import { readJsonObject } from '../../../../std/json.ts'
import { err, ok } from '../../../../std/result.ts'
import { call, unreadable } from '../calls.ts'
import type { Called, Caller } from '../calls.ts'
import type { ProviderCtx, TxtValue } from '../provider.ts'
import type { Found, SetChange, SetStore, Written } from '../recordset.ts'
import type { AzureIdentity } from './identity.ts'
import { encodeRecordSet, nameBelow, readRecordSet } from './wire.ts'
import type { AzureRecordSet } from './wire.ts'

/** What lies at a name; undefined: no set. */
type Seen = AzureRecordSet | undefined

interface Asked extends Pick<HttpRequest, 'method'> {
  readonly txt: TxtValue
  readonly purpose: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const version = 'api-version=2018-05-01'

export class AzureDnsClient implements SetStore<Seen> {
  readonly #caller: Caller
  readonly #spec: AzureDnsSpec
  readonly #identity: AzureIdentity

  constructor(caller: Caller, spec: AzureDnsSpec, identity: AzureIdentity) {
    this.#caller = caller
    this.#spec = spec
    this.#identity = identity
  }

  encode(value: string): string {
    return JSON.stringify([value])
  }

  async read(txt: TxtValue, ctx: ProviderCtx): Promise<Called<Found<Seen>>> {
    const purpose = `show the TXT records of ${txt.name}`
    const reply = await this.#ask({ method: 'GET', txt, purpose }, ctx)
    // Without a zone the code is another: ParentResourceNotFound or ResourceNotFound.
    if (!reply.ok && reply.error.status === 404 && reply.error.code === 'NotFound')
      return ok({ values: [], seen: undefined })
    if (!reply.ok) return reply
    const body = readJsonObject(reply.value.body)
    const set = body === undefined ? undefined : readRecordSet(body)
    return set === undefined ? err(unreadable(this.#caller, purpose)) : ok({ values: set.values, seen: set })
  }

  async write({ txt, values, seen }: SetChange<Seen>, ctx: ProviderCtx): Promise<Called<Written>> {
    const headers = seen === undefined ? { 'if-none-match': '*' } : { 'if-match': seen.etag }
    const purpose = `change the TXT records of ${txt.name}`
    const fresh = { ttl: Math.ceil(txt.ttl / 1000), metadata: {} }
    const asked: Asked =
      values.length === 0
        ? { method: 'DELETE', txt, purpose, headers }
        : { method: 'PUT', txt, purpose, headers, body: encodeRecordSet({ ...(seen ?? fresh), values }) }
    const reply = await this.#ask(asked, ctx)
    if (!reply.ok) return reply.error.status === 412 ? ok({ kind: 'raced' }) : reply
    // A deletion of nothing is 204: somebody else was faster, which is as good.
    const isRecordSet = asked.method === 'DELETE' || readJsonObject(reply.value.body) !== undefined
    return isRecordSet ? ok({ kind: 'written' }) : err(unreadable(this.#caller, purpose))
  }

  /** A token may be refused before its time, for example when rights were given after it was made: a new one is tried once. */
  async #ask(asked: Asked, ctx: ProviderCtx): Promise<Called<HttpResponse>> {
    const hadToken = this.#identity.secrets().length > 0
    const first = await this.#send(asked, ctx)
    if (first.ok || first.error.status !== 401) return first
    this.#identity.drop()
    return hadToken ? this.#send(asked, ctx) : first
  }

  async #send({ method, txt, purpose, headers, body }: Asked, ctx: ProviderCtx): Promise<Called<HttpResponse>> {
    const token = await this.#identity.token(ctx)
    if (!token.ok) return token
    const all = { accept: 'application/json', ...headers, authorization: `Bearer ${token.value.reveal()}` }
    const url = this.#urlOf(txt)
    const request =
      body === undefined
        ? { method, url, headers: all }
        : { method, url, headers: { ...all, 'content-type': 'application/json' }, body }
    return call(this.#caller, { request, purpose, secrets: this.#identity.secrets() }, ctx)
  }

  #urlOf(txt: TxtValue): string {
    const { subscriptionID, resourceGroupName } = this.#spec
    const zone = this.#spec.hostedZoneName?.toLowerCase() ?? txt.zone
    const path = [
      ['subscriptions', subscriptionID],
      ['resourceGroups', resourceGroupName],
      ['providers', 'Microsoft.Network'],
      ['dnsZones', zone],
      ['TXT', nameBelow(txt.name, zone)],
    ]
    return `${this.#identity.cloud.management}/${path.flat().map(encodeURIComponent).join('/')}?${version}`
  }
}
