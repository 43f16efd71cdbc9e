/** As whom AWS is called: an access key, or what the operator runs as, and perhaps a role on top of it. */
import type { Route53Spec } from '../../../../api/issuer/dns01/route53.ts'
import { err, ok } from '../../../../std/result.ts'
import { SecretText } from '../../../../std/secret.ts'
import { call, failed, unreadable } from '../calls.ts'
import type { Called, Caller } from '../calls.ts'
import type { ProviderCtx } from '../provider.ts'
import { TokenCache } from '../tokens.ts'
import type { Token } from '../tokens.ts'
import type { AwsPlaces } from './places.ts'
import { placesOf } from './places.ts'
import { signedHeaders } from './sigv4.ts'
import type { AwsCredentials } from './sigv4.ts'
import { readCredentials } from './wire.ts'

const sessionName = 'perennial'
/** Seconds: the most that one role may give to another. */
const duration = '3600'

interface Asked {
  readonly parameters: Readonly<Record<string, string>>
  /** Undefined: the request speaks for itself. */
  readonly signer?: AwsCredentials
}

export class AwsIdentity {
  readonly #caller: Caller
  readonly #spec: Route53Spec
  readonly #key: AwsCredentials | undefined
  readonly #base = new TokenCache<AwsCredentials>()
  readonly #assumed = new TokenCache<AwsCredentials>()
  #environmentKey: AwsCredentials | undefined
  #webToken: SecretText | undefined

  /** @param key - undefined: what the operator itself runs as */
  constructor(caller: Caller, spec: Route53Spec, key: AwsCredentials | undefined) {
    this.#caller = caller
    this.#spec = spec
    this.#key = key
  }

  /** Where AWS is called, as the spec says, else the process. */
  places(ctx: ProviderCtx): AwsPlaces {
    const { ambient } = ctx
    return placesOf(this.#spec.region ?? ambient.variable('AWS_REGION') ?? ambient.variable('AWS_DEFAULT_REGION'))
  }

  async credentials(ctx: ProviderCtx): Promise<Called<AwsCredentials>> {
    const { role } = this.#spec
    if (role === undefined) return this.#own(ctx)
    return this.#assumed.take(ctx.now(), async () => {
      const signer = await this.#own(ctx)
      if (!signer.ok) return signer
      const parameters = {
        Action: 'AssumeRole',
        RoleArn: role,
        RoleSessionName: sessionName,
        DurationSeconds: duration,
      }
      return this.#ask({ parameters, signer: signer.value }, ctx)
    })
  }

  /** Everything that no message may repeat, as far as it is known. */
  secrets(): readonly string[] {
    const all = [this.#key, this.#environmentKey, this.#base.last, this.#assumed.last].flatMap((one) =>
      one === undefined ? [] : secretsOf(one),
    )
    return this.#webToken === undefined ? all : [...all, this.#webToken.reveal()]
  }

  /** Forgets what is temporary, because AWS has refused it. */
  drop(): void {
    this.#base.drop()
    this.#assumed.drop()
  }

  async #own(ctx: ProviderCtx): Promise<Called<AwsCredentials>> {
    if (this.#key !== undefined) return ok(this.#key)
    const { ambient } = ctx
    const [role, file] = [ambient.variable('AWS_ROLE_ARN'), ambient.variable('AWS_WEB_IDENTITY_TOKEN_FILE')]
    if (role !== undefined && file !== undefined)
      return this.#base.take(ctx.now(), () => this.#withToken(role, file, ctx))
    this.#environmentKey = keyIn(ambient)
    return this.#environmentKey === undefined ? err(this.#nobody()) : ok(this.#environmentKey)
  }

  /** The token is read anew each time: kubelet replaces it long before it expires. */
  async #withToken(role: string, file: string, ctx: ProviderCtx): Promise<Called<Token<AwsCredentials>>> {
    const token = (await ctx.ambient.file(file))?.trim()
    if (token === undefined || token === '') {
      const message = `the file ${file}, which AWS_WEB_IDENTITY_TOKEN_FILE of the operator names, cannot be read; check how its ServiceAccount is tied to a role`
      return err(failed('CredentialsMissing', `${message}, or set ${this.#caller.field}.secretAccessKeySecretRef`))
    }
    const parameters = {
      Action: 'AssumeRoleWithWebIdentity',
      RoleArn: role,
      RoleSessionName: ctx.ambient.variable('AWS_ROLE_SESSION_NAME') ?? sessionName,
      WebIdentityToken: token,
      DurationSeconds: duration,
    }
    this.#webToken = new SecretText(token)
    return this.#ask({ parameters }, ctx)
  }

  async #ask({ parameters, signer }: Asked, ctx: ProviderCtx): Promise<Called<Token<AwsCredentials>>> {
    const { sts, region } = this.places(ctx)
    const unsigned = {
      method: 'POST',
      url: `${sts}/`,
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: new URLSearchParams({ ...parameters, Version: '2011-06-15' }).toString(),
    } as const
    const headers =
      signer === undefined
        ? unsigned.headers
        : signedHeaders(unsigned, { region, service: 'sts', credentials: signer }, ctx.now())
    const purpose = `give credentials of the role ${parameters['RoleArn'] ?? ''}`
    const reply = await call(
      this.#caller,
      {
        request: { ...unsigned, headers },
        purpose,
        secrets: this.secrets(),
      },
      ctx,
    )
    if (!reply.ok) return reply
    const credentials = readCredentials(Buffer.from(reply.value.body).toString('utf8'))
    return credentials === undefined ? err(unreadable(this.#caller, purpose)) : ok(credentials)
  }

  #nobody() {
    const { field } = this.#caller
    return failed(
      'CredentialsMissing',
      `${field} names no credentials, and the operator itself runs as nobody whom AWS knows, or this issuer may not use that; name an access key in ${field}.accessKeyID and ${field}.secretAccessKeySecretRef, or tie the ServiceAccount of the operator to a role and allow it with --issuer-ambient-credentials`,
    )
  }
}

const secretsOf = ({ secretAccessKey, sessionToken }: AwsCredentials): readonly string[] =>
  [secretAccessKey, sessionToken].flatMap((secret) => secret?.reveal() ?? [])

function keyIn(ambient: ProviderCtx['ambient']): AwsCredentials | undefined {
  const accessKeyId = ambient.variable('AWS_ACCESS_KEY_ID')
  const secret = ambient.variable('AWS_SECRET_ACCESS_KEY')
  const session = ambient.variable('AWS_SESSION_TOKEN')
  if (accessKeyId === undefined || secret === undefined) return undefined
  const key = { accessKeyId, secretAccessKey: new SecretText(secret) }
  return session === undefined ? key : { ...key, sessionToken: new SecretText(session) }
}
