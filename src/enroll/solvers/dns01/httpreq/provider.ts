/** Records by a service of one's own that speaks lego's httpreq. It must keep other values at the name, and take repetitions. */
import type { HttpreqSpec } from '../../../../api/issuer/dns01/httpreq.ts'
import type { Fault } from '../../../../domain/fault.ts'
import { ok } from '../../../../std/result.ts'
import type { Result } from '../../../../std/result.ts'
import type { Credentials } from '../../../enroller.ts'
import { refused } from '../calls.ts'
import { secretLine } from '../credentials.ts'
import type { DnsChange, DnsProvider, ProviderCtx, ProviderFactory, TxtValue } from '../provider.ts'
import { HttpreqClient } from './client.ts'
import type { HttpreqLogin } from './client.ts'
import { dialect } from './faults.ts'

const keys = ['username', 'password']

export const httpreq: ProviderFactory<HttpreqSpec> = {
  provider: 'httpreq',
  needs: ({ credentialsSecretRef }, field) =>
    credentialsSecretRef === undefined
      ? []
      : [{ field: `${field}.httpreq.credentialsSecretRef`, secretName: credentialsSecretRef.name, keys }],
  create: (spec, field, credentials) => create(spec, `${field}.httpreq`, credentials),
}

function create(spec: HttpreqSpec, field: string, credentials: Credentials): DnsProvider | Fault {
  const login = loginOf(spec, `${field}.credentialsSecretRef`, credentials)
  if (!login.ok) return login.error
  const client = new HttpreqClient({ dialect, field }, spec.endpoint, login.value)
  return {
    present: (txt, ctx) => send(client, { action: 'present', txt }, ctx),
    remove: (txt, ctx) => send(client, { action: 'cleanup', txt }, ctx),
  }
}

function loginOf(spec: HttpreqSpec, field: string, credentials: Credentials): Result<HttpreqLogin | undefined, Fault> {
  if (spec.credentialsSecretRef === undefined) return ok(undefined)
  const username = secretLine(field, 'username', credentials)
  if (!username.ok) return username
  const password = secretLine(field, 'password', credentials)
  return password.ok ? ok({ username: username.value, password: password.value }) : password
}

interface Step {
  readonly action: 'present' | 'cleanup'
  readonly txt: TxtValue
}

async function send(client: HttpreqClient, { action, txt }: Step, ctx: ProviderCtx): Promise<DnsChange> {
  const sent = await client.send(action, txt, ctx)
  return sent.ok ? { kind: 'done' } : refused(sent.error)
}
