/** Records at Google Cloud DNS, which knows whole record sets. */
import type { CloudDnsSpec } from '../../../../api/issuer/dns01/clouddns.ts'
import type { Fault } from '../../../../domain/fault.ts'
import { ok } from '../../../../std/result.ts'
import type { Result } from '../../../../std/result.ts'
import type { Credentials } from '../../../enroller.ts'
import { brokenSecret } from '../../../secrets.ts'
import { notYet, refused } from '../calls.ts'
import { needOf } from '../credentials.ts'
import { PendingChanges } from '../pending.ts'
import type { DnsChange, DnsProvider, ProviderCtx, ProviderFactory, TxtValue } from '../provider.ts'
import { edit } from '../recordset.ts'
import { CloudDnsClient } from './client.ts'
import { dialect } from './faults.ts'
import { GoogleIdentity } from './identity.ts'
import { readServiceAccount } from './wire.ts'
import type { ServiceAccount } from './wire.ts'

export const cloudDNS: ProviderFactory<CloudDnsSpec> = {
  provider: 'cloudDNS',
  needs: ({ serviceAccountSecretRef: ref }, field) =>
    ref === undefined ? [] : [needOf(`${field}.cloudDNS.serviceAccountSecretRef`, ref)],
  create: (spec, field, credentials) => create(spec, `${field}.cloudDNS`, credentials),
}

interface House {
  readonly client: CloudDnsClient
  readonly pending: PendingChanges
}

function create(spec: CloudDnsSpec, field: string, credentials: Credentials): DnsProvider | Fault {
  const account = accountOf(spec, `${field}.serviceAccountSecretRef`, credentials)
  if (!account.ok) return account.error
  const caller = { dialect, field }
  const client = new CloudDnsClient(caller, spec, new GoogleIdentity(caller, account.value))
  const house = { client, pending: new PendingChanges() }
  return { present: (txt, ctx) => present(house, txt, ctx), remove: (txt, ctx) => remove(house, txt, ctx) }
}

/** @returns undefined where the operator's own identity is meant */
function accountOf(
  { serviceAccountSecretRef: ref }: CloudDnsSpec,
  field: string,
  credentials: Credentials,
): Result<ServiceAccount | undefined, Fault> {
  if (ref === undefined) return ok(undefined)
  const account = readServiceAccount(credentials.get(field)?.[ref.key])
  return account.ok ? account : brokenSecret(field, `its entry ${ref.key}: ${account.error}`)
}

async function present({ client, pending }: House, txt: TxtValue, ctx: ProviderCtx): Promise<DnsChange> {
  const edited = await edit(client, { txt, action: 'add' }, ctx)
  if (!edited.ok) return refused(edited.error)
  if (edited.value.kind === 'unchanged') return pending.stateOf(txt, (change) => client.isInForce(change, ctx), ctx)
  if (edited.value.change === undefined) return { kind: 'done' }
  pending.keep(txt, edited.value.change)
  return notYet(ctx.now(), `${txt.name} is on its way to the nameservers of Google`)
}

async function remove({ client, pending }: House, txt: TxtValue, ctx: ProviderCtx): Promise<DnsChange> {
  pending.forget(txt)
  const edited = await edit(client, { txt, action: 'remove' }, ctx)
  return edited.ok ? { kind: 'done' } : refused(edited.error)
}
