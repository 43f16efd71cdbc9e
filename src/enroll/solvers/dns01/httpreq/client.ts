/** The two calls of the protocol that lego calls httpreq. */
import type { SecretText } from '../../../../std/secret.ts'
import { ok } from '../../../../std/result.ts'
import { call } from '../calls.ts'
import type { Called, Caller } from '../calls.ts'
import type { ProviderCtx, TxtValue } from '../provider.ts'
import { encodeRecord } from './wire.ts'

export interface HttpreqLogin {
  readonly username: SecretText
  readonly password: SecretText
}

export class HttpreqClient {
  readonly #caller: Caller
  readonly #endpoint: string
  readonly #login: HttpreqLogin | undefined

  /** @param endpoint - a URL, with or without a slash at its end */
  constructor(caller: Caller, endpoint: string, login: HttpreqLogin | undefined) {
    this.#caller = caller
    this.#endpoint = endpoint.replace(/\/+$/, '')
    this.#login = login
  }

  async send(action: 'present' | 'cleanup', txt: TxtValue, ctx: ProviderCtx): Promise<Called<undefined>> {
    const basic = this.#basic()
    const headers = {
      accept: 'application/json',
      'content-type': 'application/json',
      ...(basic === undefined ? {} : { authorization: `Basic ${basic}` }),
    }
    const url = `${this.#endpoint}/${action}`
    const request = { method: 'POST', url, headers, body: encodeRecord(txt) } as const
    const secrets = [basic, this.#login?.username.reveal(), this.#login?.password.reveal()].filter(
      (one) => one !== undefined,
    )
    const reply = await call(this.#caller, { request, purpose: `${action} ${txt.name}`, secrets }, ctx)
    return reply.ok ? ok(undefined) : reply
  }

  #basic(): string | undefined {
    if (this.#login === undefined) return undefined
    return Buffer.from(`${this.#login.username.reveal()}:${this.#login.password.reveal()}`).toString('base64')
  }
}
