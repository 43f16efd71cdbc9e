/**
 * How long proofs of control take together: many names over DNS-01 at Pebble and BIND, and whether names that can never be
 * proven hold up those that can.
 */
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasBind, startBind, tsigKeys } from '../test/support/bind.ts'
import type { Bind } from '../test/support/bind.ts'
import { openChallengeWorld } from '../test/support/challengeworld.ts'
import type { ChallengeWorld } from '../test/support/challengeworld.ts'
import type { SeenCertificate } from '../test/support/cluster.ts'
import { line } from './lines.ts'

const certificates = 5
const namesEach = 100
const singles = 100
/** Where the names lead that cannot be proven: whoever listens there takes connections and says nothing. */
const silentAddress = '127.0.0.2'
/** Seconds after which the benchmark gives up. */
const patience = 600

export async function measureChallenges(): Promise<void> {
  if (!hasBind) throw new Error('This benchmark needs BIND: apt-get install bind9.')
  const bind = await startBind({
    zones: ['example.test'],
    records: { 'example.test': [`*.nowhere IN A ${silentAddress}`] },
  })
  const world = await openWorld(bind)
  const silent = createServer()
  try {
    await manyNames(world, bind)
    const before = await good(world, 'before')
    silent.listen(world.proxy.port, silentAddress)
    await hopeless(world)
    const together = await good(world, 'together')
    const meanwhile = await good(world, 'meanwhile')
    silent.close()
    const after = await good(world, 'after')
    const alone = (before + after) / 2
    line('singles: 100 good ones, alone, before and after', `${before.toFixed(1)} s, ${after.toFixed(1)} s`)
    const delay = (seconds: number): string => `${seconds.toFixed(1)} s (${percent(seconds / alone)})`
    line('singles: begun together with 100 that hang', delay(together))
    line('singles: while those 100 hang', delay(meanwhile))
  } finally {
    await world.close()
    await bind.stop()
  }
}

const percent = (ratio: number): string => `${ratio >= 1 ? '+' : ''}${((ratio - 1) * 100).toFixed(0)} %`

async function openWorld(bind: Bind): Promise<ChallengeWorld> {
  const dnsServer = `127.0.0.1:${bind.port}`
  const world = await openChallengeWorld({
    pebble: { dnsServer, nonceReject: 0 },
    flags: [`--dns01-recursive-nameservers=${dnsServer}`, '--dns01-recursive-nameservers-only=true'],
  })
  await world.ns.secret('tsig', { secret: tsigKeys.HMACSHA256.secret })
  const tsigSecretSecretRef = { name: 'tsig', key: 'secret' }
  const rfc2136 = { nameserver: dnsServer, tsigKeyName: tsigKeys.HMACSHA256.name, tsigSecretSecretRef }
  const nowhere = { selector: { dnsZones: ['nowhere.example.test'] }, http01: { selfCheck: 'Disabled' } }
  await world.issuer('dns', [{ dns01: { rfc2136 } }, nowhere])
  await world.ns.issuerTold('dns', 'True')
  return world
}

const issuerRef = { name: 'dns', kind: 'Issuer', group: 'perennial.dev' } as const

async function manyNames(world: ChallengeWorld, bind: Bind): Promise<void> {
  const namesOf = (i: number): readonly string[] =>
    Array.from({ length: namesEach }, (_, n) => `n${n}.c${i}.many.example.test`)
  const took = await timed(world, certificates, { group: 'many', spec: (i) => ({ dnsNames: namesOf(i) }) })
  const left = await bind.texts('_acme-challenge.n0.c0.many.example.test')
  const names = certificates * namesEach
  line(
    `DNS-01: ${names} names in ${certificates} Certificates`,
    `${took.toFixed(1)} s, ${(names / took).toFixed(1)} names/s`,
  )
  line('DNS-01: values left at a name', String(left.length))
}

const good = (world: ChallengeWorld, group: string): Promise<number> =>
  timed(world, singles, { group, spec: (i) => ({ dnsNames: [`s${i}.${group}.example.test`] }) })

async function hopeless(world: ChallengeWorld): Promise<void> {
  for (let i = 0; i < singles; i += 1)
    await world.ns.certificate(`hopeless-${i}`, { dnsNames: [`h${i}.nowhere.example.test`], issuerRef })
}

/** @returns seconds from the first Certificate that is made until all are Ready */
async function timed(
  { ns }: ChallengeWorld,
  count: number,
  { group, spec }: { readonly group: string; readonly spec: (i: number) => { readonly dnsNames: readonly string[] } },
): Promise<number> {
  const began = performance.now()
  for (let i = 0; i < count; i += 1) await ns.certificate(`${group}-${i}`, { ...spec(i), issuerRef })
  for (;;) {
    const ready = (await ns.list<SeenCertificate>('certificates')).filter(
      ({ metadata, status }) =>
        metadata.name.startsWith(`${group}-`) &&
        status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True'),
    )
    const took = (performance.now() - began) / 1000
    if (ready.length === count) return took
    if (took > patience) throw new Error(`only ${ready.length} of ${count} of ${group} are Ready after ${patience} s`)
    await sleep(100)
  }
}
