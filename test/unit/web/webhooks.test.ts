import { describe, expect, it } from '@jest/globals'
import { isUsedBy, webhookUse } from '../../../src/web/webhooks.ts'
import type { WebhookConfiguration } from '../../../src/web/webhooks.ts'
import { facts, item } from '../../support/inventoryitems.ts'

const configuration = (...webhooks: NonNullable<WebhookConfiguration['webhooks']>): WebhookConfiguration => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name: 'checks' },
  webhooks,
})

const use = (...webhooks: NonNullable<WebhookConfiguration['webhooks']>) =>
  webhookUse(configuration(...webhooks), (pem) => [pem])

const named = (value: string) => item({ facts: facts({ names: [{ type: 'dns', value }] }) })

describe('a webhook configuration', () => {
  it('uses the certificate of the Service that it calls', () => {
    const calls = use({ clientConfig: { service: { namespace: 'shop', name: 'hook' } } })
    expect(isUsedBy(named('hook.shop.svc'), calls)).toBe(true)
    expect(isUsedBy(named('hook.shop.svc.cluster.local'), calls)).toBe(true)
    expect(isUsedBy(named('hook.bank.svc'), calls)).toBe(false)
  })

  it('uses no certificate of another namespace, whatever names it claims', () => {
    const calls = use({ clientConfig: { service: { namespace: 'bank', name: 'hook' } } })
    expect(isUsedBy(named('hook.bank.svc'), calls)).toBe(false)
  })

  it('uses a certificate that stands in its caBundle itself', () => {
    const { fingerprint } = facts()
    const trusting = use({ clientConfig: { caBundle: Buffer.from(fingerprint).toString('base64') } })
    expect(isUsedBy(named('other.example'), trusting)).toBe(true)
    expect(isUsedBy(item({ facts: undefined }), trusting)).toBe(false)
  })

  it('is read whatever it leaves out', () => {
    expect(use({}, { clientConfig: { service: null } })).toMatchObject({ name: 'checks', hosts: new Set() })
    expect(webhookUse({ apiVersion: 'v1', kind: 'x', metadata: { name: 'bare' } }, () => []).name).toBe('bare')
  })
})
