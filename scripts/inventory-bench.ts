/**
 * `npx tsx scripts/inventory-bench.ts [certificates]`: how long questions to the inventory take, and what it keeps in memory.
 * First through the API of the page, each time over an inventory that is put together anew, then the questions alone.
 */
import { createHash } from 'node:crypto'
import type { Certificate } from '../src/api/certificate.ts'
import type { CertificateProjection } from '../src/controllers/certificate/certificates.ts'
import type { SecretProjection } from '../src/controllers/certificate/projection.ts'
import { Claimants } from '../src/controllers/ingress/claimants.ts'
import type { FoundProjection } from '../src/controllers/inventory/found.ts'
import { Inventory } from '../src/controllers/inventory/inventory.ts'
import type { CertificateFacts } from '../src/domain/facts.ts'
import type { IssuerProjection } from '../src/controllers/issuer/issuers.ts'
import type { PolicyProjection } from '../src/controllers/policy/policies.ts'
import { foundSource } from '../src/domain/inventory/found.ts'
import { inventoryItem } from '../src/domain/inventory/item.ts'
import type { InventoryItem } from '../src/domain/inventory/item.ts'
import { managedSource } from '../src/domain/inventory/managed.ts'
import type { Held } from '../src/domain/inventory/managed.ts'
import { answerQuery, judge } from '../src/domain/inventory/query.ts'
import { readQuery } from '../src/domain/inventory/readquery.ts'
import { summarize } from '../src/domain/inventory/summary.ts'
import type { DistinguishedName } from '../src/domain/wanted.ts'
import { Store } from '../src/kube/store.ts'
import type { Clock } from '../src/std/clock.ts'
import { silentLogger } from '../src/std/log.ts'
import { Stretch } from '../src/runtime/stretch.ts'
import { ok } from '../src/std/result.ts'
import { compact } from '../src/std/shared.ts'
import { days, instant, milliseconds, minus, plus, toRfc3339 } from '../src/std/time.ts'
import { answerApi } from '../src/web/api.ts'
import type { ApiParts } from '../src/web/api.ts'

const count = Number(process.argv[2] ?? 10_000)
const rounds = 25
/** Milliseconds: whoever asks a question waits no longer. What takes longer ends the run with status 1; files of everything may. */
const bar = 100
const now = instant(Date.parse('2026-11-24T00:00:00Z'))

/** Ten seconds go by between two looks, so that no question is answered with what was put together for the one before it. */
let looks = 0
const clock: Clock = {
  now: () => now,
  monotonic: () => milliseconds((looks += 1) * 10_000),
  after: () => () => undefined,
}

const named = (text: string): DistinguishedName => [
  [{ oid: '2.5.4.10', value: 'Example' }],
  [{ oid: '2.5.4.3', value: text }],
]
const issuers = Array.from({ length: 20 }, (_, index) => named(`Example Issuing CA ${index}`))
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

function factsOf(index: number): CertificateFacts {
  const host = `host-${index}.team-${index % 200}.example`
  return {
    serialNumber: hashOf(`serial ${index}`).slice(0, 32).toUpperCase(),
    fingerprint: hashOf(host),
    subject: named(host),
    issuer: issuers[index % issuers.length] ?? [],
    names: [
      { type: 'dns', value: host },
      { type: 'dns', value: `www.${host}` },
    ],
    notBefore: minus(now, days(index % 90)),
    notAfter: plus(now, days((index * 7) % 400)),
    key: index % 3 === 0 ? { algorithm: 'RSA', size: 2048 } : { algorithm: 'ECDSA', size: 256 },
    publicKeyHash: hashOf(`key ${index}`),
    usages: ['digital signature', 'server auth'],
    isCA: false,
    signatureHash: 'sha256',
    subjectKeyId: hashOf(`id ${index}`).slice(0, 40),
    authorityKeyId: 'ca',
    selfSigned: false,
  }
}

/** A cluster of Certificates, a fifth of them found in Secrets; the operator's caches as they would be. */
function certificateOf(index: number): Certificate {
  const issuerRef = { kind: 'ClusterIssuer', name: `issuer-${index % 20}`, group: 'perennial.dev' } as const
  return {
    apiVersion: 'perennial.dev/v1',
    kind: 'Certificate',
    metadata: {
      name: `host-${index}`,
      namespace: `team-${index % 200}`,
      uid: `uid-${index}`,
      labels: { owner: `team-${index % 200}` },
    },
    spec: { secretName: `host-${index}-tls`, issuerRef },
    status: {
      protocol: (['acme', 'est', 'scep', 'cmp'] as const)[index % 4] ?? 'acme',
      renewalTime: toRfc3339(plus(now, days(index % 60))),
      revision: 1,
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'Issued',
          message: 'The certificate is good.',
          lastTransitionTime: toRfc3339(now),
        },
      ],
    },
  }
}

const heldBy = (facts: CertificateFacts): Held => ({ facts, chain: [], unreadAbove: 0, unreadable: undefined })

function secretOf(facts: CertificateFacts, owner: string): SecretProjection {
  const marks = {
    requestHash: undefined,
    outputsHash: undefined,
    issuerRef: undefined,
    issuedAt: undefined,
    renewRequest: undefined,
  }
  const certificate = { kind: 'ok', facts } as const
  const view = { resourceVersion: '1', owner, certificate, key: { kind: 'missing' }, intact: true, marks } as const
  return {
    role: 'certificate',
    resourceVersion: '1',
    uid: '',
    view,
    chain: [],
    unreadAbove: 0,
    content: undefined,
    ownerReferences: [],
  }
}

const isFound = (index: number): boolean => index % 5 === 0

function itemOf(index: number): InventoryItem {
  const held = heldBy(factsOf(index))
  if (!isFound(index)) return inventoryItem(managedSource(compact(certificateOf(index)), held))
  const team = `team-${index % 200}`
  const place = { kind: 'Secret', namespace: team, name: `host-${index}`, labels: { owner: team }, entry: '' } as const
  return inventoryItem(foundSource(place, held, 0))
}

function filledInventory(): Inventory {
  const [certificates, secrets] = [new Store<CertificateProjection>({}), new Store<SecretProjection>({})]
  const found = new Store<FoundProjection>({})
  for (let index = 0; index < count; index += 1) {
    const key = `team-${index % 200}/host-${index}`
    const object = compact(certificateOf(index))
    if (isFound(index)) found.put(key, { resourceVersion: '1', items: [itemOf(index)] })
    else {
      certificates.put(key, { resourceVersion: '1', object })
      secrets.put(`${key}-tls`, secretOf(factsOf(index), object.metadata.name))
    }
  }
  for (const store of [certificates, secrets, found]) store.markSynced()
  return new Inventory({
    certificates,
    secrets,
    issuers: new Store<IssuerProjection>({}),
    clusterIssuers: new Store<IssuerProjection>({}),
    policies: new Store<PolicyProjection>({}),
    found: [{ kind: 'Secret', store: found }],
    claimants: new Claimants(silentLogger),
    clock,
  })
}

async function measured(name: string, work: () => unknown): Promise<void> {
  const runs: { readonly time: number; readonly cpu: number }[] = []
  for (let round = 0; round < rounds; round += 1) {
    const [started, before] = [performance.now(), process.cpuUsage()]
    await work()
    const { user, system } = process.cpuUsage(before)
    runs.push({ time: performance.now() - started, cpu: (user + system) / 1000 })
  }
  if (runs.some(({ time }) => time >= bar) && !name.includes('everything')) process.exitCode = 1
  const at = (share: number, of: 'time' | 'cpu'): string => {
    const sorted = runs.map((run) => run[of]).sort((a, b) => a - b)
    return `${(sorted[Math.floor(share * (rounds - 1))] ?? 0).toFixed(1).padStart(8)} ms`
  }
  console.log(`${name.padEnd(40)} ${at(0.5, 'time')} ${at(1, 'time')} ${at(0.5, 'cpu')}`)
}

const heap = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const searches = [
  '',
  'q=host-77',
  'namespace=team-7&sort=-expires',
  'state=ready&finding=expiring',
  'sort=issuer&page=40',
]

function filledItems(): readonly InventoryItem[] {
  const before = heap()
  const items = Array.from({ length: count }, (_, index) => itemOf(index))
  const each = Math.round((heap() - before) / count)
  const how = globalThis.gc ? '' : ' (roughly: run with --expose-gc)'
  console.log(`${each} bytes of heap for each certificate, facts included${how}`)
  return items
}

/** Questions to items that are there: what the domain alone takes. */
async function measureQuestions(items: readonly InventoryItem[]): Promise<void> {
  const judging = { now, placesOf: () => 1 }
  const asking = { ...judging, consumerKinds: () => ['Ingress'] }
  for (const search of searches) {
    const query = readQuery(new URLSearchParams(search))
    if (!query.ok) throw new Error(query.error)
    await measured(`query ?${search}`, () => answerQuery(judge(items, judging), query.value, asking))
  }
  await measured('summary', () => summarize(judge(items, judging), now))
}

/** As a browser asks: the caches are looked through, and the answer is written out. */
async function measureApi(): Promise<void> {
  const everyone = { username: 'bench', uid: '', groups: [], extra: {} }
  const inventory = filledInventory()
  const stretch = new Stretch(clock)
  // As the operator does when its caches are filled.
  await inventory.prepare(() => stretch.rest())
  const parts: ApiParts = {
    inventory,
    access: {
      identify: () => Promise.resolve(ok(everyone)),
      allowed: (_user, _listed, namespaces) => Promise.resolve(new Set(namespaces)),
      mayEverywhere: () => Promise.resolve(true),
    },
    pace: { allows: () => true },
    lookup: () => Promise.resolve({ moments: [], consumers: [], unread: [] }),
    version: '0',
  }
  const ask = async (path: string, search = ''): Promise<void> => {
    const { status } = await answerApi(parts, { method: 'GET', path, host: 'bench', search })
    if (status !== 200) throw new Error(`${path}?${search}: status ${status}`)
  }
  for (const search of searches) await measured(`API ?${search}`, () => ask('/api/certificates', search))
  await measured('API summary', () => ask('/api/summary'))
  await measured('API one certificate', () => ask('/api/certificates/Certificate/team-77/host-77'))
  await measured('API everything as CSV', () => ask('/api/certificates', 'format=csv'))
  await measured('API everything as JSON', () => ask('/api/certificates', 'format=json'))
}

const items = filledItems()
console.log(`${count} certificates, ${rounds} rounds each${' '.repeat(8)}      median     longest  median CPU`)
await measureApi()
await measureQuestions(items)
