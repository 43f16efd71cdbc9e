/** Records at an acme-dns server. It takes nothing away: of the two values that it keeps, the older gives way to the next. */
import type { AcmeDnsSpec } from '../../../../api/issuer/dns01/acmedns.ts'
import { fault } from '../../../../domain/fault.ts'
import type { Fault } from '../../../../domain/fault.ts'
import type { Credentials } from '../../../enroller.ts'
import { brokenSecret } from '../../../secrets.ts'
import { refused } from '../calls.ts'
import { needOf } from '../credentials.ts'
import type { DnsChange, DnsProvider, ProviderCtx, ProviderFactory, TxtValue } from '../provider.ts'
import { AcmeDnsClient } from './client.ts'
import { dialect } from './faults.ts'
import { accountFor, readAccounts } from './wire.ts'
import type { Accounts } from './wire.ts'

export const acmeDNS: ProviderFactory<AcmeDnsSpec> = {
  provider: 'acmeDNS',
  needs: ({ accountSecretRef }, field) => [needOf(`${field}.acmeDNS.accountSecretRef`, accountSecretRef)],
  create: (spec, field, credentials) => create(spec, `${field}.acmeDNS`, credentials),
}

interface House {
  readonly client: AcmeDnsClient
  readonly accounts: Accounts
  readonly reference: string
}

function create({ host, accountSecretRef }: AcmeDnsSpec, field: string, credentials: Credentials): DnsProvider | Fault {
  const reference = `${field}.accountSecretRef`
  const accounts = readAccounts(credentials.get(reference)?.[accountSecretRef.key])
  if (accounts === undefined) {
    const shape = '{"example.com": {"username", "password", "subdomain", "fulldomain"}}'
    return brokenSecret(reference, `its entry ${accountSecretRef.key} is not JSON of the form ${shape}`).error
  }
  const house = { client: new AcmeDnsClient({ dialect, field }, host), accounts, reference }
  return {
    present: (txt, ctx) => present(house, txt, ctx),
    remove: () => Promise.resolve({ kind: 'done' }),
  }
}

async function present({ client, accounts, reference }: House, txt: TxtValue, ctx: ProviderCtx): Promise<DnsChange> {
  const account = accountFor(accounts, txt.identifier)
  if (account === undefined) return { kind: 'failed', fault: nobody(reference, txt.identifier) }
  ctx.signal.throwIfAborted()
  if (await client.isThere(account, txt, ctx)) return { kind: 'done' }
  const sent = await client.update(account, txt, ctx)
  return sent.ok ? { kind: 'done' } : refused(sent.error)
}

const nobody = (reference: string, identifier: string): Fault =>
  fault(
    'CredentialsMissing',
    `the Secret that ${reference} names has no acme-dns account for ${identifier} or a domain above it; register one, and add it under that name`,
  )
