/** Records by a DNS webhook that was made for cert-manager. It must keep other values at the name, and take repetitions. */
import type { WebhookSpec } from '../../../../api/issuer/dns01/webhook.ts'
import { refused } from '../calls.ts'
import type { DnsChange, ProviderCtx, ProviderFactory, TxtValue } from '../provider.ts'
import { WebhookClient } from './client.ts'

export const webhook: ProviderFactory<WebhookSpec> = {
  provider: 'webhook',
  needs: () => [],
  create: (spec, field) => {
    const client = new WebhookClient(spec, `${field}.webhook`)
    return {
      present: (txt, ctx) => send(client, { action: 'Present', txt }, ctx),
      remove: (txt, ctx) => send(client, { action: 'CleanUp', txt }, ctx),
    }
  },
}

interface Step {
  readonly action: 'Present' | 'CleanUp'
  readonly txt: TxtValue
}

async function send(client: WebhookClient, { action, txt }: Step, ctx: ProviderCtx): Promise<DnsChange> {
  const sent = await client.send(action, txt, ctx)
  return sent.ok ? { kind: 'done' } : refused(sent.error)
}
