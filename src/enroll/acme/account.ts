/** The account (RFC 8555 section 7.3): found by its key, or made. */
import type { AcmeSpec } from '../../api/issuer/acme.ts'
import { fault } from '../../domain/fault.ts'
import { err, ok } from '../../std/result.ts'
import type { Ctx } from '../enroller.ts'
import type { AcmeClient } from './client.ts'
import type { ExternalAccount } from './eab.ts'
import { bindingFor } from './eab.ts'
import type { JwsKey } from './jws.ts'
import { failure, malformed } from './reply.ts'
import type { AcmeFailure, AcmeReply, Answer } from './reply.ts'
import { readAccount } from './wire.ts'
import type { Directory } from './wire.ts'

export interface Account {
  readonly kind: 'account'
  readonly url: string
  readonly key: JwsKey
  /** As the CA has it; undefined where the CA does not say. */
  readonly contact: readonly string[] | undefined
}

export interface AccountRequest {
  readonly spec: AcmeSpec
  readonly key: JwsKey
  readonly directory: Directory
  readonly external: ExternalAccount | undefined
}

/**
 * Finds the account of a key, else makes one. In this order, because a binding may be good for one account only: an account
 * that exists must not need it again.
 */
export async function openAccount(client: AcmeClient, request: AccountRequest, ctx: Ctx): Promise<Answer<Account>> {
  const found = await findAccount(client, request, ctx)
  return found.ok || !isUnknown(found.error) ? found : register(client, request, ctx)
}

/** The account of a key that the CA knows already (RFC 8555 section 7.3.1); a failure when it knows none. */
export async function findAccount(
  client: AcmeClient,
  { key, directory }: Pick<AccountRequest, 'key' | 'directory'>,
  ctx: Ctx,
): Promise<Answer<Account>> {
  const signer = { kind: 'key', key } as const
  const answer = await client.post(
    { what: 'newAccount', url: directory.newAccount, signer, payload: { onlyReturnExisting: true } },
    ctx,
  )
  return answer.ok ? accountIn(answer.value, key) : answer
}

/** Tells the CA the contact of the spec, where it has another (RFC 8555 section 7.3.2). */
export async function settleContact(
  client: AcmeClient,
  { account, spec }: { readonly account: Account; readonly spec: AcmeSpec },
  ctx: Ctx,
): Promise<Answer<Account>> {
  const contact = contactOf(spec)
  if (contact === undefined || account.contact === undefined || isSame(account.contact, contact)) return ok(account)
  const updated = await client.post({ what: 'account', url: account.url, signer: account, payload: { contact } }, ctx)
  return updated.ok ? ok({ ...account, contact }) : updated
}

async function register(client: AcmeClient, request: AccountRequest, ctx: Ctx): Promise<Answer<Account>> {
  const { spec, key, directory, external } = request
  if (directory.meta.externalAccountRequired && external === undefined) return err(needsBinding())
  const contact = contactOf(spec)
  const payload = {
    termsOfServiceAgreed: true,
    ...(contact === undefined ? {} : { contact }),
    ...(external === undefined ? {} : { externalAccountBinding: bindingFor(external, key, directory.newAccount) }),
  }
  const answer = await client.post(
    { what: 'newAccount', url: directory.newAccount, signer: { kind: 'key', key }, payload },
    ctx,
  )
  return answer.ok ? accountIn(answer.value, key) : answer
}

function accountIn({ location, json }: AcmeReply, key: JwsKey): Answer<Account> {
  if (location === undefined) return err(malformed('the CA named no account (its reply has no Location)'))
  const { status, contact } = readAccount(json)
  if (status === 'valid') return ok({ kind: 'account', url: location, key, contact })
  const message = `the ACME account is ${status}; delete the Secret of spec.acme.privateKeySecretRef to register a new one`
  return err(failure(fault('CredentialsRejected', message)))
}

/** RFC 8555 section 7.3.1 asks for accountDoesNotExist; CAs answer other refusals too, such as the demand for a binding. */
const isUnknown = ({ problem, fault: { code } }: AcmeFailure): boolean =>
  problem !== undefined && problem.status < 500 && code !== 'RateLimited' && code !== 'ServerFailed'

const contactOf = ({ email }: AcmeSpec): readonly string[] | undefined =>
  email === undefined ? undefined : [`mailto:${email}`]

const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && other.every((item) => one.includes(item))

function needsBinding(): AcmeFailure {
  const message =
    'the CA requires an external account binding; set spec.acme.externalAccountBinding with the key id and key it gave out'
  return failure(fault('Misconfigured', message))
}
