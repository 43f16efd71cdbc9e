/** The one call of acme-dns, and the look at DNS that spares it: it keeps two values, and each call drives out the older one. */
import { readText, recordTypes } from '../../../../net/dnsmessage.ts'
import { ok } from '../../../../std/result.ts'
import { between, minutes } from '../../../../std/time.ts'
import type { Instant } from '../../../../std/time.ts'
import { callJson } from '../calls.ts'
import type { Called, Caller } from '../calls.ts'
import type { ProviderCtx, TxtValue } from '../provider.ts'
import { encodeUpdate } from './wire.ts'
import type { AcmeDnsAccount } from './wire.ts'

/** For so long a resolver may not know of what we have put. */
const lag = minutes(5)
const mostRemembered = 1000

export class AcmeDnsClient {
  readonly #caller: Caller
  readonly #host: string
  /** When each value was put, by subdomain and value. */
  readonly #put = new Map<string, Instant>()

  /** @param host - a URL, with or without a slash at its end */
  constructor(caller: Caller, host: string) {
    this.#caller = caller
    this.#host = host.replace(/\/+$/, '')
  }

  /** Whether the value was put a short while ago, or is served. When that cannot be told, it is not. */
  async isThere(account: AcmeDnsAccount, { name, value }: TxtValue, ctx: ProviderCtx): Promise<boolean> {
    const since = this.#put.get(keyOf(account, value))
    if (since !== undefined && between(since, ctx.now()) < lag) return true
    const question = { name: account.fullDomain === '' ? name : account.fullDomain, type: 'TXT' } as const
    const found = await ctx.dns.lookUp(question, ctx.signal)
    if (!found.ok) return false
    return found.value.answers.some(({ type, data }) => type === recordTypes.TXT && readText(data) === value)
  }

  async update(account: AcmeDnsAccount, { name, value }: TxtValue, ctx: ProviderCtx): Promise<Called<undefined>> {
    const request = {
      method: 'POST',
      url: `${this.#host}/update`,
      headers: {
        'content-type': 'application/json',
        'x-api-user': account.username.reveal(),
        'x-api-key': account.password.reveal(),
      },
      body: encodeUpdate(account, value),
    } as const
    const secrets = [account.username.reveal(), account.password.reveal()]
    const reply = await callJson(this.#caller, { request, purpose: `put a value for ${name}`, secrets }, ctx)
    if (!reply.ok) return reply
    this.#remember(keyOf(account, value), ctx.now())
    return ok(undefined)
  }

  #remember(key: string, now: Instant): void {
    const [oldest] = this.#put.keys()
    if (this.#put.size >= mostRemembered && oldest !== undefined) this.#put.delete(oldest)
    this.#put.set(key, now)
  }
}

const keyOf = ({ subdomain }: AcmeDnsAccount, value: string): string => `${subdomain} ${value}`
