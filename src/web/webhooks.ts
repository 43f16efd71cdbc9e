/** Webhook configurations of the cluster, as far as they say which certificates they rely on. */
import type { KubeObject } from '../api/meta.ts'
import type { InventoryItem } from '../domain/inventory/item.ts'
import type { KindRef } from '../kube/resource.ts'

/** A Mutating- or ValidatingWebhookConfiguration. */
export interface WebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly {
    readonly clientConfig?: {
      /** Base64 of PEM. */
      readonly caBundle?: string
      readonly service?: { readonly namespace?: string; readonly name?: string } | null
    }
  }[]
}

const registration = { group: 'admissionregistration.k8s.io', version: 'v1', namespaced: false } as const

export const webhookKinds = {
  mutatingwebhookconfigurations: {
    ...registration,
    plural: 'mutatingwebhookconfigurations',
    kind: 'MutatingWebhookConfiguration',
  },
  validatingwebhookconfigurations: {
    ...registration,
    plural: 'validatingwebhookconfigurations',
    kind: 'ValidatingWebhookConfiguration',
  },
} as const satisfies Readonly<Record<string, KindRef>>

/** What is kept of one. */
export interface WebhookUse {
  readonly name: string
  /** `name.namespace.svc` of the Services that are called. */
  readonly hosts: ReadonlySet<string>
  /** Fingerprints of the certificates in its bundles, lower-case hex. */
  readonly trusted: ReadonlySet<string>
}

/** @param fingerprintsIn - of the certificates in PEM; none where it cannot be read */
export function webhookUse(
  { metadata, webhooks = [] }: WebhookConfiguration,
  fingerprintsIn: (pem: string) => readonly string[],
): WebhookUse {
  const hosts = new Set<string>()
  // The same bundle stands at each of many webhooks.
  const bundles = new Set<string>()
  for (const { clientConfig } of webhooks) {
    const { service, caBundle } = clientConfig ?? {}
    if (service?.name !== undefined) hosts.add(`${service.name}.${service.namespace ?? ''}.svc`)
    if (caBundle !== undefined) bundles.add(caBundle)
  }
  const pems = [...bundles].map((bundle) => Buffer.from(bundle, 'base64').toString('utf8'))
  return { name: metadata.name, hosts, trusted: new Set(pems.flatMap(fingerprintsIn)) }
}

/** Whether the webhook calls a server that shows this certificate, or trusts this very certificate. */
export function isUsedBy({ namespace, facts }: InventoryItem, { hosts, trusted }: WebhookUse): boolean {
  if (facts === undefined) return false
  if (trusted.has(facts.fingerprint)) return true
  return facts.names.some(({ type, value }) => {
    const host = value.replace(/\.cluster\.local$/, '')
    return type === 'dns' && hosts.has(host) && host.endsWith(`.${namespace}.svc`)
  })
}
