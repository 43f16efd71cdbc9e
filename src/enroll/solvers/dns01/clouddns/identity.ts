/** As whom Google is called: a service account by its key, or what the operator runs as, by the metadata server. */
import { err, ok } from '../../../../std/result.ts'
import type { SecretText } from '../../../../std/secret.ts'
import { callJson, failed, unreadable } from '../calls.ts'
import type { Call, Called, Caller } from '../calls.ts'
import type { ProviderCtx } from '../provider.ts'
import { TokenCache } from '../tokens.ts'
import type { Token } from '../tokens.ts'
import { assertionOf, scope, tokenEndpoint } from './assertion.ts'
import { readServiceAccount, readToken } from './wire.ts'
import type { ServiceAccount } from './wire.ts'

/** Link-local: only called where the operator allows that address. */
const metadata = 'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token'

export class GoogleIdentity {
  readonly #caller: Caller
  readonly #account: ServiceAccount | undefined
  readonly #tokens = new TokenCache()
  #assertion: string | undefined

  /** @param account - undefined: what the operator itself runs as */
  constructor(caller: Caller, account: ServiceAccount | undefined) {
    this.#caller = caller
    this.#account = account
  }

  token(ctx: ProviderCtx): Promise<Called<SecretText>> {
    return this.#tokens.take(ctx.now(), () => this.#ask(ctx))
  }

  /** Forgets a token that Google has refused. */
  drop(): void {
    this.#tokens.drop()
  }

  /** What no message may repeat, as far as it is known. */
  secrets(): readonly string[] {
    return [this.#tokens.last?.reveal(), this.#assertion].filter((secret) => secret !== undefined)
  }

  async #ask(ctx: ProviderCtx): Promise<Called<Token<SecretText>>> {
    const made = await this.#made(ctx)
    if (!made.ok) return made
    const reply = await callJson(this.#caller, made.value, ctx)
    if (!reply.ok) return reply
    const token = readToken(reply.value, ctx.now())
    return token === undefined ? err(unreadable(this.#caller, made.value.purpose)) : ok(token)
  }

  async #made(ctx: ProviderCtx): Promise<Called<Call>> {
    const account = this.#account === undefined ? await this.#ambientAccount(ctx) : ok(this.#account)
    if (!account.ok) return account
    if (account.value === undefined) {
      const url = `${metadata}?scopes=${encodeURIComponent(scope)}`
      const request = { method: 'GET', url, headers: { 'metadata-flavor': 'Google' } } as const
      return ok({ request, purpose: 'give a token of the operator', secrets: this.secrets() })
    }
    this.#assertion = await assertionOf(account.value, ctx.now())
    const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: this.#assertion }
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
    const request = { method: 'POST', url: tokenEndpoint, headers, body: new URLSearchParams(form).toString() } as const
    return ok({ request, purpose: 'give a token', secrets: this.secrets() })
  }

  /** @returns undefined where the metadata server is to be asked */
  async #ambientAccount({ ambient }: ProviderCtx): Promise<Called<ServiceAccount | undefined>> {
    const { field } = this.#caller
    if (!ambient.allowed)
      return err(
        failed(
          'CredentialsMissing',
          `${field} names no credentials, and this issuer may not use what the operator itself runs as; set ${field}.serviceAccountSecretRef, or allow it with --issuer-ambient-credentials`,
        ),
      )
    const path = ambient.variable('GOOGLE_APPLICATION_CREDENTIALS')
    if (path === undefined) return ok(undefined)
    const text = await ambient.file(path)
    const account =
      text === undefined ? err('it is not there, or may not be read') : readServiceAccount(Buffer.from(text))
    if (account.ok) return account
    return err(
      failed(
        'CredentialsMissing',
        `the file ${path}, which GOOGLE_APPLICATION_CREDENTIALS of the operator names, cannot be used: ${account.error}; mend it, or set ${field}.serviceAccountSecretRef`,
      ),
    )
  }
}
