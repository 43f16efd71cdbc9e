/** Records at Azure DNS, which knows whole record sets, each with the version that a change must name. */
import type { AzureDnsSpec } from '../../../../api/issuer/dns01/azuredns.ts'
import { fault } from '../../../../domain/fault.ts'
import type { Fault } from '../../../../domain/fault.ts'
import { ok } from '../../../../std/result.ts'
import type { Credentials } from '../../../enroller.ts'
import { refused } from '../calls.ts'
import { needOf, secretLine } from '../credentials.ts'
import type { DnsChange, DnsProvider, ProviderCtx, ProviderFactory } from '../provider.ts'
import { edit } from '../recordset.ts'
import type { Edit } from '../recordset.ts'
import { AzureDnsClient } from './client.ts'
import { dialect } from './faults.ts'
import { AzureIdentity } from './identity.ts'

export const azureDNS: ProviderFactory<AzureDnsSpec> = {
  provider: 'azureDNS',
  needs: ({ clientSecretSecretRef }, field) =>
    clientSecretSecretRef === undefined
      ? []
      : [needOf(`${field}.azureDNS.clientSecretSecretRef`, clientSecretSecretRef)],
  create: (spec, field, credentials) => create(spec, `${field}.azureDNS`, credentials),
}

function create(spec: AzureDnsSpec, field: string, credentials: Credentials): DnsProvider | Fault {
  const { clientSecretSecretRef: ref } = spec
  const secret = ref === undefined ? ok(undefined) : secretLine(`${field}.clientSecretSecretRef`, ref.key, credentials)
  if (!secret.ok) return secret.error
  const caller = { dialect, field }
  const client = new AzureDnsClient(caller, spec, new AzureIdentity(caller, spec, secret.value))
  const change = (wish: Edit, ctx: ProviderCtx): Promise<DnsChange> => {
    const outside = outsideZone(spec, field, wish)
    return outside === undefined ? changed(client, wish, ctx) : Promise.resolve({ kind: 'failed', fault: outside })
  }
  return {
    present: (txt, ctx) => change({ txt, action: 'add' }, ctx),
    remove: (txt, ctx) => change({ txt, action: 'remove' }, ctx),
  }
}

/** A name that does not lie in the zone that the spec insists on would be cut wrongly. */
function outsideZone({ hostedZoneName }: AzureDnsSpec, field: string, { txt }: Edit): Fault | undefined {
  const zone = hostedZoneName?.toLowerCase() ?? txt.zone
  if (txt.name === zone || txt.name.endsWith(`.${zone}`)) return undefined
  return fault('Misconfigured', `${txt.name} does not lie in the zone ${zone}; check ${field}.hostedZoneName`)
}

async function changed(client: AzureDnsClient, wish: Edit, ctx: ProviderCtx): Promise<DnsChange> {
  const edited = await edit(client, wish, ctx)
  return edited.ok ? { kind: 'done' } : refused(edited.error)
}
