/** The calls of Cloudflare's API (version 4) that a TXT record takes. */
import type { SecretText } from '../../../../std/secret.ts'
import type { JsonObject } from '../../../../std/json.ts'
import { err, ok } from '../../../../std/result.ts'
import { callJson, failed, unreadable } from '../calls.ts'
import type { Called, Caller } from '../calls.ts'
import type { ProviderCtx, TxtValue } from '../provider.ts'
import { noSuchRecord, sameExists } from './faults.ts'
import { readPage, readRecord, readZone } from './wire.ts'
import type { CloudflareRecord, CloudflareZone, Page } from './wire.ts'

const origin = 'https://api.cloudflare.com/client/v4'

/** Of 100 items each. */
const mostPages = 50
/** Seconds that Cloudflare lets a record be remembered, at least and at most. */
const [leastTtl, mostTtl] = [60, 86_400]

export type CloudflareLogin =
  | { readonly kind: 'token'; readonly token: SecretText }
  | { readonly kind: 'key'; readonly email: string; readonly key: SecretText }

interface Asked {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below the version, with the query. */
  readonly path: string
  readonly purpose: string
  readonly body?: JsonObject
}

export class CloudflareClient {
  readonly #caller: Caller
  readonly #login: CloudflareLogin
  readonly #zones = new Map<string, string>()

  constructor(caller: Caller, login: CloudflareLogin) {
    this.#caller = caller
    this.#login = login
  }

  async zoneId(zone: string, ctx: ProviderCtx): Promise<Called<string>> {
    const known = this.#zones.get(zone)
    if (known !== undefined) return ok(known)
    const listed = await this.#all(
      { path: `/zones?name=${encodeURIComponent(zone)}`, read: readZone, what: 'zones' },
      ctx,
    )
    if (!listed.ok) return listed
    const found = byName(listed.value, zone)
    if (found === undefined) return err(noZone(this.#caller.field, zone))
    this.#zones.set(zone, found.id)
    return ok(found.id)
  }

  async records(
    zoneId: string,
    { name, zone }: TxtValue,
    ctx: ProviderCtx,
  ): Promise<Called<readonly CloudflareRecord[]>> {
    const path = `${recordsOf(zoneId)}?type=TXT&name=${encodeURIComponent(name)}`
    const listed = await this.#all({ path, read: readRecord, what: 'the TXT records' }, ctx)
    // The zone may have been made anew, under another identifier.
    if (!listed.ok) this.#zones.delete(zone)
    return listed
  }

  /** A value that is there already is none the worse. */
  async create(zoneId: string, { name, value, ttl }: TxtValue, ctx: ProviderCtx): Promise<Called<undefined>> {
    const lifetime = Math.min(mostTtl, Math.max(leastTtl, Math.ceil(ttl / 1000)))
    const body = { type: 'TXT', name, content: `"${value}"`, ttl: lifetime }
    const made = await this.#ask(
      { method: 'POST', path: recordsOf(zoneId), purpose: `add a TXT record at ${name}`, body },
      ctx,
    )
    if (!made.ok && made.error.code !== sameExists) return made
    return ok(undefined)
  }

  /** A record that is gone already is none the worse. */
  async remove(zoneId: string, record: CloudflareRecord, ctx: ProviderCtx): Promise<Called<undefined>> {
    const path = `${recordsOf(zoneId)}/${encodeURIComponent(record.id)}`
    const gone = await this.#ask({ method: 'DELETE', path, purpose: 'remove a TXT record' }, ctx)
    if (!gone.ok && gone.error.code !== noSuchRecord) return gone
    return ok(undefined)
  }

  async #all<T>(
    {
      path,
      read,
      what,
    }: { readonly path: string; readonly read: (item: JsonObject) => T | undefined; readonly what: string },
    ctx: ProviderCtx,
  ): Promise<Called<readonly T[]>> {
    const items: T[] = []
    for (let number = 1; number <= mostPages; number++) {
      const purpose = `list ${what}`
      const reply = await this.#ask({ method: 'GET', path: `${path}&per_page=100&page=${number}`, purpose }, ctx)
      if (!reply.ok) return reply
      const page: Page<T> | undefined = readPage(reply.value, read)
      if (page === undefined) return err(unreadable(this.#caller, purpose))
      items.push(...page.items)
      if (page.isLast) break
    }
    return ok(items)
  }

  #ask({ method, path, purpose, body }: Asked, ctx: ProviderCtx): Promise<Called<JsonObject>> {
    const request = {
      method,
      url: origin + path,
      headers: { ...this.#headers(), accept: 'application/json', ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    }
    return callJson(this.#caller, { request, purpose, secrets: [secretOf(this.#login).reveal()] }, ctx)
  }

  #headers(): Readonly<Record<string, string>> {
    if (this.#login.kind === 'token') return { authorization: `Bearer ${this.#login.token.reveal()}` }
    return { 'x-auth-email': this.#login.email, 'x-auth-key': this.#login.key.reveal() }
  }
}

const recordsOf = (zoneId: string): string => `/zones/${encodeURIComponent(zoneId)}/dns_records`

const secretOf = (login: CloudflareLogin): SecretText => (login.kind === 'token' ? login.token : login.key)

/** A zone that waits for its nameservers to be set may exist in a second account. */
function byName(zones: readonly CloudflareZone[], zone: string): CloudflareZone | undefined {
  const named = zones.filter(({ name }) => name.toLowerCase() === zone)
  return named.find(({ isActive }) => isActive) ?? named[0]
}

const noZone = (field: string, zone: string) =>
  failed(
    'Misconfigured',
    `the credential that ${field} names sees no zone ${zone} at Cloudflare; give the token the permissions Zone:Read and DNS:Edit for it, or use the provider that serves this zone`,
  )
