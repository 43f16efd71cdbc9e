/** As whom Azure is called: a service principal, or what the operator runs as: a workload identity, else one of its machine. */
import type { AzureDnsSpec } from '../../../../api/issuer/dns01/azuredns.ts'
import { err, ok } from '../../../../std/result.ts'
import type { SecretText } from '../../../../std/secret.ts'
import { callJson, failed, unreadable } from '../calls.ts'
import type { Call, Called, Caller } from '../calls.ts'
import type { ProviderCtx } from '../provider.ts'
import { TokenCache } from '../tokens.ts'
import type { Token } from '../tokens.ts'
import { clouds } from './clouds.ts'
import type { AzureCloud } from './clouds.ts'
import { readToken } from './wire.ts'

/** Link-local: only called where the operator allows that address. */
const metadata = 'http://169.254.169.254/metadata/identity/oauth2/token'
/** RFC 7523 section 2.2. */
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Whether the issuer may use what belongs to the process, and what that is. */
type Claim =
  | {
      readonly kind: 'login'
      readonly url: string
      readonly parameters: Readonly<Record<string, string>>
      readonly secret: string
    }
  | { readonly kind: 'metadata'; readonly url: string }

export class AzureIdentity {
  readonly cloud: AzureCloud
  readonly #caller: Caller
  readonly #spec: AzureDnsSpec
  readonly #clientSecret: SecretText | undefined
  readonly #tokens = new TokenCache()
  /** What no message may repeat, beside the token. */
  #shown: readonly string[] = []

  /** @param clientSecret - undefined: what the operator itself runs as */
  constructor(caller: Caller, spec: AzureDnsSpec, clientSecret: SecretText | undefined) {
    this.cloud = clouds[spec.environment ?? 'AzurePublicCloud']
    this.#caller = caller
    this.#spec = spec
    this.#clientSecret = clientSecret
  }

  token(ctx: ProviderCtx): Promise<Called<SecretText>> {
    return this.#tokens.take(ctx.now(), () => this.#ask(ctx))
  }

  /** Forgets a token that Azure has refused. */
  drop(): void {
    this.#tokens.drop()
  }

  secrets(): readonly string[] {
    const token = this.#tokens.last
    return token === undefined ? this.#shown : [...this.#shown, token.reveal()]
  }

  async #ask(ctx: ProviderCtx): Promise<Called<Token<SecretText>>> {
    const claim = await this.#claim(ctx)
    if (!claim.ok) return claim
    const made = this.#callFor(claim.value)
    const reply = await callJson(this.#caller, made, ctx)
    if (!reply.ok) return reply
    const token = readToken(reply.value, ctx.now())
    return token === undefined ? err(unreadable(this.#caller, made.purpose)) : ok(token)
  }

  #callFor(claim: Claim): Call {
    if (claim.kind === 'metadata') {
      const request = { method: 'GET', url: claim.url, headers: { metadata: 'true' } } as const
      return { request, purpose: 'give a token of the machine', secrets: this.secrets() }
    }
    this.#shown = [claim.secret]
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
    const body = new URLSearchParams(claim.parameters).toString()
    const request = { method: 'POST', url: claim.url, headers, body } as const
    return { request, purpose: 'give a token', secrets: this.secrets() }
  }

  async #claim(ctx: ProviderCtx): Promise<Called<Claim>> {
    const { clientID = '', tenantID = '' } = this.#spec
    if (this.#clientSecret !== undefined) {
      const secret = this.#clientSecret.reveal()
      return ok(this.#login({ tenantID, clientID, proof: { client_secret: secret }, secret }))
    }
    const { ambient } = ctx
    const file = ambient.variable('AZURE_FEDERATED_TOKEN_FILE')
    if (file !== undefined) return this.#workload(file, ctx)
    if (!ambient.allowed) return err(notAllowed(this.#caller.field))
    const query = new URLSearchParams({ 'api-version': '2018-02-01', resource: `${this.cloud.management}/` })
    const { managedIdentity } = this.#spec
    if (managedIdentity?.clientID !== undefined) query.set('client_id', managedIdentity.clientID)
    if (managedIdentity?.resourceID !== undefined) query.set('mi_res_id', managedIdentity.resourceID)
    return ok({ kind: 'metadata', url: `${metadata}?${query.toString()}` })
  }

  /** The token is read anew each time: kubelet replaces it long before it expires. */
  async #workload(file: string, { ambient }: ProviderCtx): Promise<Called<Claim>> {
    const { managedIdentity } = this.#spec
    const clientID = managedIdentity?.clientID ?? ambient.variable('AZURE_CLIENT_ID')
    const tenantID = managedIdentity?.tenantID ?? ambient.variable('AZURE_TENANT_ID')
    const secret = (await ambient.file(file))?.trim()
    if (clientID === undefined || tenantID === undefined) return err(halfWorkload(this.#caller.field))
    if (secret === undefined || secret === '') return err(noToken(this.#caller.field, file))
    const proof = { client_assertion_type: assertionType, client_assertion: secret }
    return ok(this.#login({ tenantID, clientID, proof, secret }))
  }

  #login(wish: {
    readonly tenantID: string
    readonly clientID: string
    readonly proof: Readonly<Record<string, string>>
    readonly secret: string
  }): Claim {
    const { tenantID, clientID, proof, secret } = wish
    const scope = `${this.cloud.management}/.default`
    const parameters = { grant_type: 'client_credentials', client_id: clientID, scope, ...proof }
    return {
      kind: 'login',
      url: `${this.cloud.login}/${encodeURIComponent(tenantID)}/oauth2/v2.0/token`,
      parameters,
      secret,
    }
  }
}

const notAllowed = (field: string) =>
  failed(
    'CredentialsMissing',
    `${field} names no credentials, and this issuer may not use what the operator itself runs as; set ${field}.clientID, ${field}.tenantID and ${field}.clientSecretSecretRef, or allow it with --issuer-ambient-credentials`,
  )

const noToken = (field: string, file: string) =>
  failed(
    'CredentialsMissing',
    `the file ${file}, which AZURE_FEDERATED_TOKEN_FILE of the operator names, cannot be read or is empty; check the label azure.workload.identity/use of its pods, or set ${field}.clientID, ${field}.tenantID and ${field}.clientSecretSecretRef`,
  )

const halfWorkload = (field: string) =>
  failed(
    'CredentialsMissing',
    `the workload identity that ${field} is to use is not whole: AZURE_CLIENT_ID, AZURE_TENANT_ID and the file of AZURE_FEDERATED_TOKEN_FILE are set by the webhook of Azure on pods with the label azure.workload.identity/use; check them`,
  )
