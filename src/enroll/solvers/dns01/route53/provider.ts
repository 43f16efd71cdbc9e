/** Records at Amazon Route 53, which knows whole record sets. A batch replaces exactly what was seen, or nothing. */
import type { Route53Spec } from '../../../../api/issuer/dns01/route53.ts'
import type { Fault } from '../../../../domain/fault.ts'
import { ok } from '../../../../std/result.ts'
import type { Result } from '../../../../std/result.ts'
import type { CredentialNeed, Credentials } from '../../../enroller.ts'
import { brokenSecret } from '../../../secrets.ts'
import { notYet, refused } from '../calls.ts'
import { needOf, secretLine } from '../credentials.ts'
import { PendingChanges } from '../pending.ts'
import type { DnsChange, DnsProvider, ProviderCtx, ProviderFactory, TxtValue } from '../provider.ts'
import { edit } from '../recordset.ts'
import { Route53Client } from './client.ts'
import { dialect } from './faults.ts'
import { AwsIdentity } from './identity.ts'
import type { AwsCredentials } from './sigv4.ts'

export const route53: ProviderFactory<Route53Spec> = {
  provider: 'route53',
  needs: (spec, field) => secretsOf(spec, `${field}.route53`),
  create: (spec, field, credentials) => create(spec, `${field}.route53`, credentials),
}

function secretsOf(
  { accessKeyIDSecretRef, secretAccessKeySecretRef }: Route53Spec,
  field: string,
): readonly CredentialNeed[] {
  return [
    ...(accessKeyIDSecretRef === undefined ? [] : [needOf(`${field}.accessKeyIDSecretRef`, accessKeyIDSecretRef)]),
    ...(secretAccessKeySecretRef === undefined
      ? []
      : [needOf(`${field}.secretAccessKeySecretRef`, secretAccessKeySecretRef)]),
  ]
}

interface House {
  readonly client: Route53Client
  readonly pending: PendingChanges
}

function create(spec: Route53Spec, field: string, credentials: Credentials): DnsProvider | Fault {
  const key = keyOf(spec, field, credentials)
  if (!key.ok) return key.error
  const caller = { dialect, field }
  const client = new Route53Client(caller, new AwsIdentity(caller, spec, key.value), spec.hostedZoneID)
  const house = { client, pending: new PendingChanges() }
  return { present: (txt, ctx) => present(house, txt, ctx), remove: (txt, ctx) => remove(house, txt, ctx) }
}

/** @returns undefined where the operator's own identity is meant */
function keyOf(spec: Route53Spec, field: string, credentials: Credentials): Result<AwsCredentials | undefined, Fault> {
  if (spec.secretAccessKeySecretRef === undefined) return ok(undefined)
  const secret = secretLine(`${field}.secretAccessKeySecretRef`, spec.secretAccessKeySecretRef.key, credentials)
  if (!secret.ok) return secret
  const id = accessKeyId(spec, `${field}.accessKeyIDSecretRef`, credentials)
  return id.ok ? ok({ accessKeyId: id.value, secretAccessKey: secret.value }) : id
}

function accessKeyId(spec: Route53Spec, field: string, credentials: Credentials): Result<string, Fault> {
  if (spec.accessKeyIDSecretRef === undefined) return ok(spec.accessKeyID ?? '')
  const line = secretLine(field, spec.accessKeyIDSecretRef.key, credentials)
  if (!line.ok) return line
  const id = line.value.reveal()
  return /^\w{16,128}$/.test(id) ? ok(id) : brokenSecret(field, 'it is not the ID of an access key')
}

async function present({ client, pending }: House, txt: TxtValue, ctx: ProviderCtx): Promise<DnsChange> {
  const edited = await edit(client, { txt, action: 'add' }, ctx)
  if (!edited.ok) return refused(edited.error)
  if (edited.value.kind === 'unchanged') return pending.stateOf(txt, (change) => client.isInForce(change, ctx), ctx)
  if (edited.value.change === undefined) return { kind: 'done' }
  pending.keep(txt, edited.value.change)
  return notYet(ctx.now(), `${txt.name} is on its way to the nameservers of Route 53`)
}

async function remove({ client, pending }: House, txt: TxtValue, ctx: ProviderCtx): Promise<DnsChange> {
  pending.forget(txt)
  const edited = await edit(client, { txt, action: 'remove' }, ctx)
  return edited.ok ? { kind: 'done' } : refused(edited.error)
}
