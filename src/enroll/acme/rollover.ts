/** Replacing the account key at the CA (RFC 8555 section 7.3.5). */
import type { AcmeSpec } from '../../api/issuer/acme.ts'
import { err, ok } from '../../std/result.ts'
import type { Ctx } from '../enroller.ts'
import type { Account } from './account.ts'
import { findAccount } from './account.ts'
import { dropNextKey, promoteNextKey, storeNextKey } from './accountkey.ts'
import type { KeySecret } from './accountkey.ts'
import type { AcmeClient } from './client.ts'
import { signJws } from './jws.ts'
import type { JwsKey } from './jws.ts'
import { malformed } from './reply.ts'
import type { Answer } from './reply.ts'
import type { Directory } from './wire.ts'

interface Rollover {
  readonly spec: AcmeSpec
  readonly client: AcmeClient
  readonly directory: Directory
  readonly secret: KeySecret
  readonly ctx: Ctx
}

/**
 * @param rollover - `secret` wants a new key
 * @param open - finds the account of the key that is current
 * @returns the account under its new key
 */
export async function rollOver(
  rollover: Rollover,
  open: (key: JwsKey) => Promise<Answer<Account>>,
): Promise<Answer<Account>> {
  const { spec, client, directory, ctx } = rollover
  const secret = rollover.secret.next === undefined ? await storeNextKey(spec, rollover.secret, ctx) : rollover.secret
  const next = secret?.next
  if (secret === undefined || next === undefined)
    return err(malformed('the account Secret was changed meanwhile; looking again'))
  // After a crash the CA may know the new key already.
  const moved = await findAccount(client, { key: next, directory }, ctx)
  const account = moved.ok ? moved : await changeKey(rollover, { secret, next, account: await open(secret.current) })
  if (account.ok) await promoteNextKey(spec, secret, ctx)
  return account
}

async function changeKey(
  { spec, client, directory, ctx }: Rollover,
  { secret, next, account }: { secret: KeySecret; next: JwsKey; account: Answer<Account> },
): Promise<Answer<Account>> {
  if (!account.ok) return account
  const url = directory.keyChange
  if (url === undefined) return err(malformed('the CA offers no key change; take spec.acme.accountKeyRevision back'))
  const inner = signJws(next, { url, jwk: next.jwk }, { account: account.value.url, oldKey: account.value.key.jwk })
  const answer = await client.post({ what: 'keyChange', url, signer: account.value, payload: inner }, ctx)
  // Another replica was faster: the key is the account's own already.
  if (answer.ok || answer.error.location === account.value.url) return ok({ ...account.value, key: next })
  if (answer.error.problem?.status === 409) await dropNextKey(spec, secret, ctx)
  return answer
}
