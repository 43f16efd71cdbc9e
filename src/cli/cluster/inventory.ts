/** `kubectl perennial inventory`: what there is, when it ends and what is wrong with it, read with the person's own rights. */
import type { Certificate } from '../../api/certificate.ts'
import type { Secret } from '../../api/meta.ts'
import { csvOf } from '../../domain/inventory/csv.ts'
import { foundSource } from '../../domain/inventory/found.ts'
import { inventoryItem } from '../../domain/inventory/item.ts'
import type { InventoryItem } from '../../domain/inventory/item.ts'
import { managedSource, nothingHeld, toldBy } from '../../domain/inventory/managed.ts'
import type { Held } from '../../domain/inventory/managed.ts'
import { answerQuery, judge } from '../../domain/inventory/query.ts'
import type { Asking, JudgedItem } from '../../domain/inventory/query.ts'
import { readQuery } from '../../domain/inventory/readquery.ts'
import { readEntry } from '../../pki/entry.ts'
import type { EntryFacts } from '../../pki/entry.ts'
import { readCertificates } from '../../pki/pem.ts'
import type { Result } from '../../std/result.ts'
import type { Row } from '../../web/contract.ts'
import { csvColumns, csvRow, rowOf } from '../../web/rows.ts'
import { exitCodes } from '../exitcodes.ts'
import type { ExitCode } from '../exitcodes.ts'
import { listAll } from './cluster.ts'
import type { Errand } from './commands.ts'
import { agoOrAhead, tableLines } from './layout.ts'

export async function inventory(errand: Errand): Promise<ExitCode> {
  const { options, world } = errand
  const query = readQuery(new URLSearchParams(options.query))
  if (!query.ok) {
    world.terminal.complaint(`--query: ${query.error}`)
    return exitCodes.usage
  }
  const items = await collected(errand)
  const asking = askingAbout(items, world.clock.now())
  const judged = judge(items, asking)
  const found = answerQuery(judged, { ...query.value, page: 1, size: Math.max(1, items.length) }, asking)
  show(
    errand,
    found.items.map((one) => rowOf(one, [])),
  )
  return exitCodes.fine
}

/** Everything that the person may read, with what is wrong with it. */
export async function judgedItems(errand: Errand): Promise<readonly JudgedItem[]> {
  const items = await collected(errand)
  return judge(items, askingAbout(items, errand.world.clock.now()))
}

function askingAbout(items: readonly InventoryItem[], now: Asking['now']): Asking {
  const places = new Map<string, number>()
  for (const { facts } of items)
    if (facts !== undefined) places.set(facts.publicKeyHash, (places.get(facts.publicKeyHash) ?? 0) + 1)
  return { now, placesOf: (hash) => places.get(hash) ?? 0, consumerKinds: () => [] }
}

async function collected({ cluster, options, signal }: Errand): Promise<readonly InventoryItem[]> {
  const scope = options.allNamespaces ? {} : { namespace: cluster.namespace }
  const certificates = await listAll(cluster.certificates, scope, signal)
  if (!options.secrets) return certificates.map((one) => inventoryItem(managedSource(one, toldBy(one))))
  const fieldSelector = 'type=kubernetes.io/tls'
  const entries = new Map<string, Result<EntryFacts, string>>()
  const secrets = new Map<string, Secret['metadata']>()
  // Page by page, so that keys are held no longer than their page.
  for await (const { items } of cluster.secrets.pages({ ...scope, fieldSelector }, signal)) {
    for (const { metadata, data } of items) {
      const key = `${metadata.namespace}/${metadata.name}`
      const text = Buffer.from(data?.['tls.crt'] ?? '', 'base64').toString('utf8')
      entries.set(key, readEntry(readCertificates(text), 'chain'))
      secrets.set(key, metadata)
    }
  }
  const managed = certificates.map((one) => {
    const entry = entries.get(secretOf(one))
    secrets.delete(secretOf(one))
    return inventoryItem(managedSource(one, entry === undefined ? nothingHeld : heldIn(entry)))
  })
  const found = [...secrets].flatMap(([key, metadata]) => {
    const entry = entries.get(key)
    return entry === undefined ? [] : [foundIn(metadata, entry)]
  })
  return [...managed, ...found]
}

const secretOf = ({ metadata, spec }: Certificate): string => `${metadata.namespace}/${spec.secretName}`

const heldIn = (entry: Result<EntryFacts, string>): Held =>
  entry.ok ? { ...entry.value, unreadable: undefined } : { ...nothingHeld, unreadable: entry.error }

function foundIn(
  { name, namespace = '', labels }: Secret['metadata'],
  entry: Result<EntryFacts, string>,
): InventoryItem {
  return inventoryItem(foundSource({ kind: 'Secret', namespace, name, labels, entry: '' }, heldIn(entry), 0))
}

function show({ cluster, options, world }: Errand, rows: readonly Row[]): void {
  const { terminal } = world
  switch (options.output) {
    case 'json':
    case 'yaml':
      return terminal.result({ items: rows }, [])
    case 'csv':
      return terminal.text(
        csvOf([csvColumns.map(([name]) => name), ...rows.map(csvRow)])
          .trimEnd()
          .split('\r\n'),
      )
    default:
      break
  }
  if (rows.length === 0) {
    const where = options.allNamespaces ? 'the cluster' : `namespace ${cluster.namespace}`
    return terminal.note(`There are no such certificates in ${where}.`)
  }
  const now = world.clock.now()
  const columns = options.output === 'wide' ? [...narrow, ...further] : narrow
  const shown = options.allNamespaces ? [namespaceColumn, ...columns] : columns
  const table = rows.map((row) => shown.map(([, value]) => value(row, now) || '-'))
  terminal.text(tableLines([shown.map(([title]) => title), ...table]))
}

type Column = readonly [string, (row: Row, now: Asking['now']) => string | undefined]

const namespaceColumn: Column = ['NAMESPACE', ({ namespace }) => namespace]

const narrow: readonly Column[] = [
  ['NAME', ({ name }) => name],
  ['KIND', ({ kind }) => kind],
  ['STATE', ({ state }) => state],
  ['EXPIRES', ({ expires }, now) => agoOrAhead(expires, now)],
  ['ISSUER', ({ issuer, issuedBy }) => issuer ?? issuedBy],
  ['FINDINGS', ({ findings }) => findings.join(',')],
]

const further: readonly Column[] = [
  ['RENEWS', ({ renews }, now) => agoOrAhead(renews, now)],
  ['NAMES', ({ names }) => names.join(',')],
  ['KEY', ({ key }) => key],
  ['SERIAL', ({ serialNumber }) => serialNumber],
  ['OWNER', ({ owner }) => owner],
]
