/** What the metrics say of certificates and issuers, read from the caches at scrape time. Part of the composition root. */
import type { CacheSet } from './caches.ts'
import type { InventoryItem } from './domain/inventory/item.ts'
import type { CertificateSample, FoundSample, IssuerSample } from './obs/meters.ts'
import { fromRfc3339 } from './std/time.ts'
import type { Instant } from './std/time.ts'

export function* certificateSamples({ certificates }: CacheSet): Generator<CertificateSample> {
  for (const { object } of certificates.values()) {
    const { metadata, spec, status } = object
    yield {
      namespace: metadata.namespace ?? '',
      name: metadata.name,
      issuer: `${spec.issuerRef.kind}/${spec.issuerRef.name}`,
      protocol: status?.protocol ?? 'unknown',
      ready: isTrue(status?.conditions),
      notBefore: moment(status?.notBefore),
      notAfter: moment(status?.notAfter),
      renewalTime: moment(status?.renewalTime),
    }
  }
}

/** What lies in the cluster and nobody looks after, as far as `--inventory` has it read. */
export function* foundSamples(items: Iterable<InventoryItem>): Generator<FoundSample> {
  for (const { kind, namespace, name, entry, facts } of items)
    yield { kind, namespace, name, entry, notBefore: facts?.notBefore, notAfter: facts?.notAfter }
}

export function* issuerSamples({ issuers, clusterIssuers }: CacheSet): Generator<IssuerSample> {
  for (const { object } of [...issuers.values(), ...clusterIssuers.values()]) {
    const { metadata, status } = object
    yield {
      namespace: metadata.namespace ?? '',
      name: metadata.name,
      protocol: status?.protocol ?? 'unknown',
      ready: isTrue(status?.conditions),
      credentials: (status?.credentials ?? []).flatMap(({ name, notAfter }) => {
        const at = moment(notAfter)
        return at === undefined ? [] : [{ name, notAfter: at }]
      }),
    }
  }
}

function isTrue(conditions: readonly { readonly type: string; readonly status: string }[] = []): boolean {
  return conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True')
}

const moment = (text: string | undefined): Instant | undefined => (text === undefined ? undefined : fromRfc3339(text))
