/** `npx tsx scripts/inventory-bench.ts [certificates]`: how long questions to the inventory take, and what it keeps in memory. */
import { createHash } from 'node:crypto'
import type { CertificateFacts } from '../src/domain/facts.ts'
import { inventoryItem } from '../src/domain/inventory/item.ts'
import type { InventoryItem } from '../src/domain/inventory/item.ts'
import { answerQuery, judge } from '../src/domain/inventory/query.ts'
import { readQuery } from '../src/domain/inventory/readquery.ts'
import { summarize } from '../src/domain/inventory/summary.ts'
import type { DistinguishedName } from '../src/domain/wanted.ts'
import { days, instant, minus, plus } from '../src/std/time.ts'

const count = Number(process.argv[2] ?? 10_000)
const rounds = 25
const now = instant(Date.parse('2026-11-24T00:00:00Z'))

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

function itemOf(index: number): InventoryItem {
  const isFound = index % 5 === 0
  return inventoryItem({
    kind: isFound ? 'Secret' : 'Certificate',
    namespace: `team-${index % 200}`,
    name: `host-${index}`,
    entry: '',
    secretName: `host-${index}-tls`,
    state: isFound ? 'found' : 'ready',
    owner: `team-${index % 200}`,
    facts: factsOf(index),
    chain: [],
    others: 0,
    unreadable: undefined,
    management: isFound
      ? undefined
      : {
          uid: `uid-${index}`,
          waits: undefined,
          windowsIgnored: undefined,
          issuer: { kind: 'ClusterIssuer', name: `issuer-${index % 20}` },
          protocol: ['acme', 'est', 'scep', 'cmp'][index % 4],
          renewalTime: plus(now, days(index % 60)),
          revision: 1,
          past: [],
          message: 'The certificate is good.',
          failure: undefined,
          enrollment: undefined,
          violations: [],
        },
  })
}

function measured(name: string, work: () => void): void {
  const runs = Array.from({ length: rounds }, () => {
    const [started, before] = [performance.now(), process.cpuUsage()]
    work()
    const { user, system } = process.cpuUsage(before)
    return { time: performance.now() - started, cpu: (user + system) / 1000 }
  })
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

const before = heap()
const items = Array.from({ length: count }, (_, index) => itemOf(index))
const each = (heap() - before) / count
const judging = { now, placesOf: () => 1 }
const asking = { ...judging, consumerKinds: () => ['Ingress'] }

console.log(`${count} certificates, ${rounds} rounds each${' '.repeat(8)}      median     longest  median CPU`)
for (const search of [
  '',
  'q=host-77',
  'namespace=team-7&sort=-expires',
  'state=ready&finding=expiring',
  'sort=issuer&page=40',
]) {
  const query = readQuery(new URLSearchParams(search))
  if (!query.ok) throw new Error(query.error)
  measured(`query ?${search}`, () => answerQuery(judge(items, judging), query.value, asking))
}
measured('summary', () => summarize(judge(items, judging), now))
console.log(
  `${Math.round(each)} bytes of heap for each certificate, facts included${globalThis.gc ? '' : ' (roughly: run with --expose-gc)'}`,
)
