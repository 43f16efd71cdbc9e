/** Records at Cloudflare: one record for each value, so that values of others are never touched. */
import type { CloudflareSpec } from '../../../../api/issuer/dns01/cloudflare.ts'
import type { Fault } from '../../../../domain/fault.ts'
import { ok } from '../../../../std/result.ts'
import type { Result } from '../../../../std/result.ts'
import type { CredentialNeed, Credentials } from '../../../enroller.ts'
import { refused } from '../calls.ts'
import { needOf, secretLine } from '../credentials.ts'
import type { DnsChange, DnsProvider, ProviderCtx, ProviderFactory, TxtValue } from '../provider.ts'
import { CloudflareClient } from './client.ts'
import type { CloudflareLogin } from './client.ts'
import { dialect } from './faults.ts'

export const cloudflare: ProviderFactory<CloudflareSpec> = {
  provider: 'cloudflare',
  needs: (spec, field) => secretsOf(spec, `${field}.cloudflare`),
  create: (spec, field, credentials) => create(spec, `${field}.cloudflare`, credentials),
}

function secretsOf({ apiTokenSecretRef, apiKeySecretRef }: CloudflareSpec, field: string): readonly CredentialNeed[] {
  return [
    ...(apiTokenSecretRef === undefined ? [] : [needOf(`${field}.apiTokenSecretRef`, apiTokenSecretRef)]),
    ...(apiKeySecretRef === undefined ? [] : [needOf(`${field}.apiKeySecretRef`, apiKeySecretRef)]),
  ]
}

function create(spec: CloudflareSpec, field: string, credentials: Credentials): DnsProvider | Fault {
  const login = loginOf(spec, field, credentials)
  if (!login.ok) return login.error
  const member = login.value.kind === 'token' ? 'apiTokenSecretRef' : 'apiKeySecretRef'
  const client = new CloudflareClient({ dialect, field: `${field}.${member}` }, login.value)
  return { present: (txt, ctx) => present(client, txt, ctx), remove: (txt, ctx) => remove(client, txt, ctx) }
}

function loginOf(spec: CloudflareSpec, field: string, credentials: Credentials): Result<CloudflareLogin, Fault> {
  if (spec.apiKeySecretRef !== undefined) {
    const key = secretLine(`${field}.apiKeySecretRef`, spec.apiKeySecretRef.key, credentials)
    return key.ok ? ok({ kind: 'key', email: spec.email ?? '', key: key.value }) : key
  }
  const token = secretLine(`${field}.apiTokenSecretRef`, spec.apiTokenSecretRef?.key ?? '', credentials)
  return token.ok ? ok({ kind: 'token', token: token.value }) : token
}

async function present(client: CloudflareClient, txt: TxtValue, ctx: ProviderCtx): Promise<DnsChange> {
  const zone = await client.zoneId(txt.zone, ctx)
  if (!zone.ok) return refused(zone.error)
  const records = await client.records(zone.value, txt, ctx)
  if (!records.ok) return refused(records.error)
  if (records.value.some(({ value }) => value === txt.value)) return { kind: 'done' }
  const made = await client.create(zone.value, txt, ctx)
  return made.ok ? { kind: 'done' } : refused(made.error)
}

async function remove(client: CloudflareClient, txt: TxtValue, ctx: ProviderCtx): Promise<DnsChange> {
  const zone = await client.zoneId(txt.zone, ctx)
  if (!zone.ok) return refused(zone.error)
  const records = await client.records(zone.value, txt, ctx)
  if (!records.ok) return refused(records.error)
  for (const record of records.value.filter(({ value }) => value === txt.value)) {
    const gone = await client.remove(zone.value, record, ctx)
    if (!gone.ok) return refused(gone.error)
  }
  return { kind: 'done' }
}
