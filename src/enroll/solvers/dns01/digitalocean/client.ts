/** The calls of DigitalOcean's API (version 2) that a TXT record takes. */
import type { HttpRequest } from '../../../../net/http.ts'
import { err, ok } from '../../../../std/result.ts'
import type { SecretText } from '../../../../std/secret.ts'
import { call, callJson, failed, unreadable } from '../calls.ts'
import type { Call, Called, Caller, Refusal } from '../calls.ts'
import type { ProviderCtx, TxtValue } from '../provider.ts'
import { nameBelow, readRecords } from './wire.ts'
import type { DigitalOceanRecord } from './wire.ts'

const origin = 'https://api.digitalocean.com'

/** Of 200 items each. */
const mostPages = 50
/** Seconds that DigitalOcean lets a record be remembered, at least. */
const leastTtl = 30

export class DigitalOceanClient {
  readonly #caller: Caller
  readonly #token: SecretText

  constructor(caller: Caller, token: SecretText) {
    this.#caller = caller
    this.#token = token
  }

  async records({ name, zone }: TxtValue, ctx: ProviderCtx): Promise<Called<readonly DigitalOceanRecord[]>> {
    const records: DigitalOceanRecord[] = []
    for (let number = 1; number <= mostPages; number++) {
      const query = `type=TXT&name=${encodeURIComponent(name)}&per_page=200&page=${number}`
      const made = this.#call('GET', `${recordsOf(zone)}?${query}`, `list the TXT records of ${zone}`)
      const reply = await callJson(this.#caller, made, ctx)
      if (!reply.ok) return err(this.#zoneless(reply.error, zone))
      const page = readRecords(reply.value)
      if (page === undefined) return err(unreadable(this.#caller, made.purpose))
      records.push(...page.records)
      if (page.isLast) break
    }
    return ok(records)
  }

  async create({ name, zone, value, ttl }: TxtValue, ctx: ProviderCtx): Promise<Called<undefined>> {
    const lifetime = Math.max(leastTtl, Math.ceil(ttl / 1000))
    const body = JSON.stringify({ type: 'TXT', name: nameBelow(name, zone), data: value, ttl: lifetime })
    const made = this.#call('POST', recordsOf(zone), `add a TXT record at ${name}`, body)
    const reply = await callJson(this.#caller, made, ctx)
    return reply.ok ? ok(undefined) : err(this.#zoneless(reply.error, zone))
  }

  /** A record that is gone already is none the worse. */
  async remove(zone: string, { id }: DigitalOceanRecord, ctx: ProviderCtx): Promise<Called<undefined>> {
    const made = this.#call('DELETE', `${recordsOf(zone)}/${id}`, 'remove a TXT record')
    const reply = await call(this.#caller, made, ctx)
    return reply.ok || reply.error.status === 404 ? ok(undefined) : reply
  }

  #call(method: HttpRequest['method'], path: string, purpose: string, body?: string): Call {
    const headers = { authorization: `Bearer ${this.#token.reveal()}`, accept: 'application/json' }
    const request =
      body === undefined
        ? { method, url: origin + path, headers }
        : { method, url: origin + path, headers: { ...headers, 'content-type': 'application/json' }, body }
    return { request, purpose, secrets: [this.#token.reveal()] }
  }

  #zoneless(refusal: Refusal, zone: string): Refusal {
    if (refusal.status !== 404) return refusal
    return failed(
      'Misconfigured',
      `the account of the token that ${this.#caller.field}.tokenSecretRef names has no domain ${zone} at DigitalOcean; add it there, or use the provider that serves this zone`,
    )
  }
}

const recordsOf = (zone: string): string => `/v2/domains/${encodeURIComponent(zone)}/records`
