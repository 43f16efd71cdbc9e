/**
 * How long proofs of control take together: many names over DNS-01 at Pebble and BIND, and whether names that can never be
 * proven hold up those that can.
 */
import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasBind, startBind, tsigKeys } from '../test/support/bind.ts'
import type { Bind } from '../test/support/bind.ts'
import { openChallengeWorld } from '../test/support/challengeworld.ts'
import type { ChallengeWorld } from '../test/support/challengeworld.ts'
import type { SeenCertificate } from '../test/support/cluster.ts'
import { connect } from './api.ts'
import type { Api } from './api.ts'
import { line } from './lines.ts'

const certificates = 5
const namesEach = 100
const singles = 100
const rounds = 5
/** Where the names lead that cannot be proven: whoever listens there takes connections and says nothing. */
const silentAddress = '127.0.0.2'
/** Seconds after which the benchmark gives up. */
const patience = 600
/** Milliseconds between two looks. */
const pause = 200

interface Stage {
  readonly world: ChallengeWorld
  readonly bind: Bind
  readonly api: Api
}

export async function measureChallenges(): Promise<void> {
  if (!hasBind) throw new Error('This benchmark needs BIND: apt-get install bind9.')
  const bind = await startBind({
    zones: ['example.test'],
    records: { 'example.test': [`*.nowhere IN A ${silentAddress}`] },
  })
  const world = await openWorld(bind)
  const api = connect(world.plane)
  const stage: Stage = { world, bind, api }
  const silent = createServer()
  try {
    await manyNames(stage)
    const seen: Round[] = []
    for (let i = 1; i <= rounds; i += 1) seen.push(await oneRound(stage, silent, i))
    tell(seen)
  } finally {
    await api.close()
    await world.close()
    await bind.stop()
  }
}

/** Seconds that 100 good ones took. */
interface Round {
  readonly alone: number
  /** Begun in the same moment as 100 that hang. */
  readonly together: number
  /** Begun while those hang. */
  readonly meanwhile: number
}

async function oneRound(stage: Stage, silent: Server, i: number): Promise<Round> {
  const alone = await good(stage, `alone${i}`)
  silent.listen(stage.world.proxy.port, silentAddress)
  await hopeless(stage, i)
  const together = await good(stage, `together${i}`)
  const meanwhile = await good(stage, `meanwhile${i}`)
  silent.close()
  await giveUp(stage, i)
  return { alone, together, meanwhile }
}

function tell(seen: readonly Round[]): void {
  const alone = median(seen.map((one) => one.alone))
  const delays = (times: readonly number[]): string =>
    `${times.map((seconds) => seconds.toFixed(1)).join(', ')} s (${percent(median(times) / alone)} by the medians)`
  line('singles: 100 good ones, alone', `${seen.map((one) => one.alone.toFixed(1)).join(', ')} s`)
  line('singles: begun together with 100 that hang', delays(seen.map((one) => one.together)))
  line('singles: while those 100 hang', delays(seen.map((one) => one.meanwhile)))
}

const median = (times: readonly number[]): number => [...times].sort((a, b) => a - b)[times.length >> 1] ?? 0

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

async function manyNames(stage: Stage): Promise<void> {
  const namesOf = (i: number): readonly string[] =>
    Array.from({ length: namesEach }, (_, n) => `n${n}.c${i}.many.example.test`)
  const took = await timed(stage, certificates, { group: 'many', spec: (i) => ({ dnsNames: namesOf(i) }) })
  const left = await stage.bind.texts('_acme-challenge.n0.c0.many.example.test')
  const names = certificates * namesEach
  line(
    `DNS-01: ${names} names in ${certificates} Certificates`,
    `${took.toFixed(1)} s, ${(names / took).toFixed(1)} names/s`,
  )
  line('DNS-01: values left at a name', String(left.length))
}

const good = (stage: Stage, group: string): Promise<number> =>
  timed(stage, singles, { group, spec: (i) => ({ dnsNames: [`s${i}.${group}.example.test`] }) })

/** All of one kind, told from the others by a label. */
const hopelessGroup = (round: number): string => `hopeless${round}`

async function hopeless({ world }: Stage, round: number): Promise<void> {
  const group = hopelessGroup(round)
  for (let i = 0; i < singles; i += 1)
    await world.ns.certificate(
      `${group}-${i}`,
      { dnsNames: [`h${i}.r${round}.nowhere.example.test`], issuerRef },
      labelled(group),
    )
}

/** Until nothing is left of them: the next round is not to wait for what they have put up. */
async function giveUp(stage: Stage, round: number): Promise<void> {
  const group = hopelessGroup(round)
  for (let i = 0; i < singles; i += 1) await stage.world.ns.remove('certificates', `${group}-${i}`)
  while ((await listed(stage, group)).length > 0) await sleep(pause)
}

/** @returns seconds from the first Certificate that is made until all are Ready */
async function timed(
  stage: Stage,
  count: number,
  { group, spec }: { readonly group: string; readonly spec: (i: number) => { readonly dnsNames: readonly string[] } },
): Promise<number> {
  const began = performance.now()
  for (let i = 0; i < count; i += 1)
    await stage.world.ns.certificate(`${group}-${i}`, { ...spec(i), issuerRef }, labelled(group))
  for (;;) {
    const ready = (await listed(stage, group)).filter(({ status }) =>
      status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True'),
    )
    const took = (performance.now() - began) / 1000
    if (ready.length === count) return took
    if (took > patience) throw new Error(`only ${ready.length} of ${count} of ${group} are Ready after ${patience} s`)
    await sleep(pause)
  }
}

const labelled = (group: string): { readonly labels: { readonly group: string } } => ({ labels: { group } })

/** Those of one group alone: to list all that is there would cost the API server the more, the more there is beside it. */
async function listed({ world, api }: Stage, group: string): Promise<readonly SeenCertificate[]> {
  const path = `/apis/perennial.dev/v1/namespaces/${world.ns.name}/certificates?labelSelector=group%3D${group}`
  const { items } = (await api.call('GET', path)) as { readonly items: readonly SeenCertificate[] }
  return items
}
