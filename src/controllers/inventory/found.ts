/**
 * What the inventory keeps of Secrets and ConfigMaps that are not ours: facts about the certificates in them. The bytes are
 * read when they arrive and dropped at once; the entry `tls.key` is never looked at.
 */
import type { KubeObject, ObjectMeta, Secret } from '../../api/meta.ts'
import { foundSource } from '../../domain/inventory/found.ts'
import type { FoundPlace } from '../../domain/inventory/found.ts'
import { inventoryItem } from '../../domain/inventory/item.ts'
import type { InventoryItem } from '../../domain/inventory/item.ts'
import { nothingHeld } from '../../domain/inventory/managed.ts'
import { readEntry } from '../../pki/entry.ts'
import type { EntryFacts } from '../../pki/entry.ts'
import { pemLimits, readCertificates } from '../../pki/pem.ts'
import type { Result } from '../../std/result.ts'
import { err, ok } from '../../std/result.ts'
import type { Der } from '../../std/bytes.ts'
import { labels } from '../names.ts'

/** A core/v1 ConfigMap. */
export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
}

export interface FoundProjection {
  readonly resourceVersion: string
  readonly items: readonly InventoryItem[]
}

/** Secrets of Perennial are known through their Certificates; whoever takes our mark away has made them somebody else's. */
export const notOurs = `!${labels.managed}`
export const tlsSecrets = 'type=kubernetes.io/tls'
/** Every namespace has a copy of the cluster's own root. */
export const otherConfigMaps = 'metadata.name!=kube-root-ca.crt'

/** @param secret - of the type kubernetes.io/tls */
export function projectFoundSecret({ metadata, data }: Secret): FoundProjection {
  const text = Buffer.from(data?.['tls.crt'] ?? '', 'base64').toString('utf8')
  const read = readEntry(readCertificates(text), 'chain')
  const item = foundItem({ kind: 'Secret', metadata, entry: '' }, read)
  return { resourceVersion: metadata.resourceVersion ?? '', items: [item] }
}

const mark = '-----BEGIN CERTIFICATE-----'
/** Entries of one ConfigMap that are read; whoever has more has a program that writes them. */
const mostEntries = 32

export function projectConfigMap({ metadata, data = {} }: ConfigMap): FoundProjection {
  const entries = Object.entries(data).filter(([, text]) => text.includes(mark))
  const items = entries.slice(0, mostEntries).map(([entry, text]) => {
    const certificates = readCertificates(text, pemLimits.bundle)
    return foundItem({ kind: 'ConfigMap', metadata, entry }, readEntry(limited(certificates), 'bundle'))
  })
  return { resourceVersion: metadata.resourceVersion ?? '', items: [...items, ...rest(metadata, entries.length)] }
}

/** What is not read is shown: nobody is to think that there is nothing. */
function rest(metadata: ObjectMeta, entries: number): readonly InventoryItem[] {
  if (entries <= mostEntries) return []
  const entry = `${entries - mostEntries} more`
  const clause = `it has ${entries} entries with certificates, and ${mostEntries} of a ConfigMap are read; split it`
  return [foundItem({ kind: 'ConfigMap', metadata, entry }, err(clause))]
}

/** As many as any program trusts. */
const mostCertificates = 500

function limited(certificates: Result<readonly Der[], string>): Result<readonly Der[], string> {
  if (!certificates.ok) return certificates
  const { length } = certificates.value
  return length > mostCertificates
    ? err(`it has ${length} certificates, and at most ${mostCertificates} are read`)
    : ok(certificates.value)
}

function foundItem(
  { kind, entry, metadata }: Pick<FoundPlace, 'kind' | 'entry'> & { readonly metadata: ObjectMeta },
  read: Result<EntryFacts, string>,
): InventoryItem {
  const { name, namespace = '', labels: marks } = metadata
  const held = read.ok ? { ...read.value, unreadable: undefined } : { ...nothingHeld, unreadable: read.error }
  return inventoryItem(
    foundSource({ kind, namespace, name, entry, labels: marks }, held, read.ok ? read.value.others : 0),
  )
}
