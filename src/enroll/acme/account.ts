/** The account (RFC 8555 section 7.3): found or made once per process, by its key. */
import type { AcmeSpec } from '../../api/issuer/acme.ts'
import { fault } from '../../domain/fault.ts'
import { err, ok } from '../../std/result.ts'
import type { Ctx } from '../enroller.ts'
import type { AcmeClient, AcmeFailure, Answer } from './client.ts'
import { malformed } from './client.ts'
import type { ExternalAccount } from './eab.ts'
import { bindingFor } from './eab.ts'
import type { JwsKey } from './jws.ts'
import type { Directory } from './wire.ts'

export interface Account {
  readonly kind: 'account'
  readonly url: string
  readonly key: JwsKey
}

export interface AccountRequest {
  readonly spec: AcmeSpec
  readonly key: JwsKey
  readonly directory: Directory
  readonly external: ExternalAccount | undefined
}

/**
 * Finds the account of a key, or makes it: the CA answers newAccount for a known key with 200 and the account that is there
 * (RFC 8555 section 7.3.1), so one call serves both.
 */
export async function openAccount(client: AcmeClient, request: AccountRequest, ctx: Ctx): Promise<Answer<Account>> {
  const { spec, key, directory, external } = request
  if (directory.meta.externalAccountRequired && external === undefined) return err(needsBinding())
  const contact = spec.email === undefined ? [] : [`mailto:${spec.email}`]
  const payload = {
    termsOfServiceAgreed: true,
    ...(contact.length === 0 ? {} : { contact }),
    ...(external === undefined ? {} : { externalAccountBinding: bindingFor(external, key, directory.newAccount) }),
  }
  const answer = await client.post({ url: directory.newAccount, signer: { kind: 'key', key }, payload }, ctx)
  if (!answer.ok) return answer
  const { location, json, status } = answer.value
  if (location === undefined) return err(malformed('the CA named no account (its reply has no Location)'))
  const account: Account = { kind: 'account', url: location, key }
  const members: { readonly status?: unknown; readonly contact?: unknown } = isObject(json) ? json : {}
  if (members.status !== undefined && members.status !== 'valid') return err(notValid(members.status, spec))
  // 201: it has just been made with this contact. 200: it was there; the contact may have changed since.
  if (status === 201 || contact.length === 0 || sameContact(members.contact, contact)) return ok(account)
  const updated = await client.post({ url: location, signer: account, payload: { contact } }, ctx)
  return updated.ok ? ok(account) : updated
}

/** The account of a key that the CA knows already (RFC 8555 section 7.3.1); an error when it knows none. */
export async function findAccount(
  client: AcmeClient,
  { key, directory }: Pick<AccountRequest, 'key' | 'directory'>,
  ctx: Ctx,
): Promise<Answer<Account>> {
  const signer = { kind: 'key', key } as const
  const answer = await client.post({ url: directory.newAccount, signer, payload: { onlyReturnExisting: true } }, ctx)
  if (!answer.ok) return answer
  const { location } = answer.value
  return location === undefined
    ? err(malformed('the CA named no account'))
    : ok({ kind: 'account', url: location, key })
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** CAs that hide contacts answer without them: then there is nothing to compare, and nothing to change. */
function sameContact(value: unknown, wanted: readonly string[]): boolean {
  return !Array.isArray(value) || (value.length === wanted.length && wanted.every((item) => value.includes(item)))
}

function needsBinding(): AcmeFailure {
  const message =
    'the CA requires an external account binding; set spec.acme.externalAccountBinding with the key id and key it gave out'
  return { fault: fault('Misconfigured', message), retryAfter: undefined, problem: undefined }
}

function notValid(status: unknown, spec: AcmeSpec): AcmeFailure {
  const message = `the ACME account is ${String(status).slice(0, 40)}; delete Secret ${spec.privateKeySecretRef.name} to register a new one`
  return { fault: fault('CredentialsRejected', message), retryAfter: undefined, problem: undefined }
}
