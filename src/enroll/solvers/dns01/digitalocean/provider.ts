/** Records at DigitalOcean: one record for each value, so that values of others are never touched. */
import type { DigitalOceanSpec } from '../../../../api/issuer/dns01/digitalocean.ts'
import type { Fault } from '../../../../domain/fault.ts'
import type { Credentials } from '../../../enroller.ts'
import { refused } from '../calls.ts'
import { needOf, secretLine } from '../credentials.ts'
import type { DnsChange, DnsProvider, ProviderCtx, ProviderFactory, TxtValue } from '../provider.ts'
import { DigitalOceanClient } from './client.ts'
import { dialect } from './faults.ts'

export const digitalocean: ProviderFactory<DigitalOceanSpec> = {
  provider: 'digitalocean',
  needs: ({ tokenSecretRef }, field) => [needOf(`${field}.digitalocean.tokenSecretRef`, tokenSecretRef)],
  create: (spec, field, credentials) => create(spec, `${field}.digitalocean`, credentials),
}

function create({ tokenSecretRef }: DigitalOceanSpec, field: string, credentials: Credentials): DnsProvider | Fault {
  const token = secretLine(`${field}.tokenSecretRef`, tokenSecretRef.key, credentials)
  if (!token.ok) return token.error
  const client = new DigitalOceanClient({ dialect, field }, token.value)
  return { present: (txt, ctx) => present(client, txt, ctx), remove: (txt, ctx) => remove(client, txt, ctx) }
}

async function present(client: DigitalOceanClient, txt: TxtValue, ctx: ProviderCtx): Promise<DnsChange> {
  const records = await client.records(txt, ctx)
  if (!records.ok) return refused(records.error)
  if (records.value.some(({ value }) => value === txt.value)) return { kind: 'done' }
  const made = await client.create(txt, ctx)
  return made.ok ? { kind: 'done' } : refused(made.error)
}

/** Two replicas may have put the same value at the same moment: all of its records go. */
async function remove(client: DigitalOceanClient, txt: TxtValue, ctx: ProviderCtx): Promise<DnsChange> {
  const records = await client.records(txt, ctx)
  if (!records.ok) return refused(records.error)
  for (const record of records.value.filter(({ value }) => value === txt.value)) {
    const gone = await client.remove(txt.zone, record, ctx)
    if (!gone.ok) return refused(gone.error)
  }
  return { kind: 'done' }
}
