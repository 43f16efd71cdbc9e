/** R10: a leader that is killed, that is stopped for a minute, and that is cut off from the API server. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Namespace, until } from '../../test/support/cluster.ts'
import { startApiProxy } from '../faults/api.ts'
import type { ApiProxy } from '../faults/api.ts'
import { isWrite } from '../faults/asked.ts'
import type { Asked } from '../faults/asked.ts'
import { Plan } from '../faults/plan.ts'
import { Mortal } from '../mortal.ts'
import type { BatteryOptions } from '../options.ts'
import type { Row } from '../verdict.ts'
import { openWorld } from '../world.ts'
import type { World } from '../world.ts'
import { Churn, patience, recovery, settle, spent } from './fleet.ts'

const pause = 60_000
/** Seconds until another leads. */
const bar = 20

/** A replica that may end: one that has lost its Lease does. */
interface Replica {
  readonly name: string
  readonly operator: Mortal
  readonly proxy: ApiProxy
  readonly plan: Plan
}

interface Scene {
  readonly world: World
  readonly home: Namespace
  readonly replicas: readonly Replica[]
  readonly churn: Churn
  readonly lost: string[]
  readonly say: (line: string) => void
  /** How often a replica has ended by itself: on a busy machine a Lease is not always kept in time. */
  ends: number
}

export async function changeLeaders({ times: kills = 50, say }: BatteryOptions): Promise<readonly Row[]> {
  const world = await openWorld({ name: 'r10', houses: ['ca', 'cmp', 'scep'] })
  const replicas: Replica[] = []
  const home = await Namespace.make(world.plane, 'perennial')
  try {
    const names = await settle(world, 5)
    await world.operator.stop()
    for (const name of ['one', 'two']) replicas.push(await replicaOf(world, name))
    const scene: Scene = { world, home, replicas, churn: new Churn(world, names), lost: [], say, ends: 0 }
    scene.churn.start(400)
    const killed: number[] = []
    for (let i = 0; i < kills; i++) killed.push(await killLeader(scene))
    const stopped = await silence(scene, 'stopped')
    const cut = await silence(scene, 'cut off')
    await scene.churn.stop()
    const rest = await recovery(world, patience)
    if (typeof rest === 'string') scene.lost.push(rest)
    return [await rowOf(scene, { killed, stopped, cut })]
  } finally {
    for (const { operator, proxy } of replicas) {
      await operator.stop()
      await proxy.close()
    }
    await home.close()
    await world.close()
  }
}

async function replicaOf(world: World, name: string): Promise<Replica> {
  const opened: { operator?: Mortal } = {}
  const kill = (): void => void opened.operator?.kill()
  const plan = new Plan()
  const proxy = await startApiProxy({ target: world.plane, plan, kill }, world.plane.token)
  const kubeconfig = join(world.directory, `kubeconfig-${name}`)
  writeFileSync(kubeconfig, proxy.kubeconfig, { mode: 0o600 })
  const flags = ['--allow-addresses=127.0.0.0/8', '--leader-election=true']
  const logFile = join(world.directory, `operator-${name}.log`)
  const operator = new Mortal({ kubeconfig, identity: name, flags, logFile })
  opened.operator = operator
  await operator.start()
  return { name, operator, proxy, plan }
}

/** @returns who holds the Lease */
async function holder({ home, replicas }: Scene): Promise<Replica | undefined> {
  const name = (await home.lease('perennial'))?.spec.holderIdentity
  return replicas.find((one) => one.name === name)
}

/** Two live, and one leads. Whoever has ended by itself is started again, as a kubelet does. @returns who leads */
async function leader(scene: Scene): Promise<Replica> {
  return until('a leader', async () => {
    for (const { name, operator } of scene.replicas.filter((one) => one.operator.hasEnded)) {
      scene.ends += 1
      scene.say(`${name} ended by itself`)
      await operator.revive()
    }
    const found = await holder(scene)
    return found?.operator.hasEnded === false ? found : undefined
  })
}

/** @returns seconds until another leads */
async function another(scene: Scene, than: Replica): Promise<number> {
  const begun = performance.now()
  const isOther = async (): Promise<true | undefined> => {
    const found = await holder(scene)
    return found === undefined || found === than ? undefined : true
  }
  await until(`another leader than ${than.name}`, isOther, 120_000)
  return (performance.now() - begun) / 1000
}

async function killLeader(scene: Scene): Promise<number> {
  const old = await leader(scene)
  // It may have ended since it was found.
  if (!old.operator.kill()) return killLeader(scene)
  const took = await another(scene, old)
  scene.say(`killed: another leads after ${took.toFixed(1)} s`)
  if (took > bar) scene.lost.push(`it took ${took.toFixed(1)} s until another led`)
  await old.operator.revive()
  return took
}

interface Silence {
  /** Seconds until another led. */
  readonly took: number
  /** Changes and deletions that the old leader got through after it could speak again. */
  readonly late: number
  /** Of those that it tried. */
  readonly tried: number
}

/** The leader says nothing for a minute, and then goes on where it was. */
async function silence(scene: Scene, how: 'stopped' | 'cut off'): Promise<Silence> {
  const old = await leader(scene)
  if (how === 'stopped') old.operator.signal('SIGSTOP')
  else await cutAtNextWrite(old)
  const begun = performance.now()
  const took = await another(scene, old)
  // Late is what arrives from now on, and what waits since the cut.
  const from = old.proxy.passed.length
  const waiting = old.proxy.passed.filter(({ forwarded }) => !forwarded)
  await sleep(Math.max(0, pause - (performance.now() - begun)))
  if (how === 'stopped') old.operator.signal('SIGCONT')
  else old.proxy.partition.heal()
  await old.operator.running.exited
  // What was on its way when it ended is answered by now.
  await sleep(3000)
  const tried = [...waiting, ...old.proxy.passed.slice(from)].filter((one) => isWrite(one) && concerns(one.resource))
  // What is created where nothing was is in nobody's way.
  const late = tried.filter(({ verb, status = 500 }) => status < 300 && verb !== 'create').length
  scene.say(`${how}: another leads after ${took.toFixed(1)} s; of ${tried.length} late writes ${late} got through`)
  for (const { verb, resource, name, status } of tried)
    scene.say(`  ${verb} ${resource} ${name ?? ''}: ${status ?? 'no answer'}`)
  if (late > 0) scene.lost.push(`a leader that was ${how} wrote ${late} times after another had taken over`)
  await old.operator.start()
  return { took, late, tried: tried.length }
}

/** The network goes in the moment in which something is written: the write arrives when it is back. */
async function cutAtNextWrite({ plan, proxy }: Replica): Promise<void> {
  const isMeant = (asked: Asked): boolean => isWrite(asked) && concerns(asked.resource)
  const { struck, lift } = plan.lay({ isMeant, nth: 1, fault: { kind: 'delay', length: 50 } })
  await struck
  lift()
  proxy.partition.begin()
}

/** Certificates and what belongs to them. Events are no decisions. */
const concerns = (resource: string): boolean => resource !== 'events' && resource !== 'leases'

async function rowOf(
  scene: Scene,
  told: { readonly killed: readonly number[]; readonly stopped: Silence; readonly cut: Silence },
): Promise<Row> {
  const { world, replicas, churn, lost, ends } = scene
  const { killed, stopped, cut } = told
  const { issued, least } = await spent(world)
  world.observer.atRest(replicas.map(({ operator }) => operator.printed()).join('\n'))
  const [first, last] = [Math.min(...killed), Math.max(...killed)].map((one) => one.toFixed(1))
  return {
    id: 'R10',
    what: 'two replicas under renewals: the leader is killed, stopped for 60 s, cut off from the API server for 60 s',
    often: `${killed.length} kills, 1 stop, 1 partition, ${churn.requests} renewals; ${ends} times a leader was gone before its kill`,
    found: `another leads ${first} to ${last} s after a kill, ${stopped.took.toFixed(1)} s after the stop, ${cut.took.toFixed(1)} s after the cut; of ${stopped.tried + cut.tried} late writes of the old one ${stopped.late + cut.late} changed anything; ${issued} issued where ${least} had to be`,
    lost: [...lost, ...unexplained(replicas), ...world.observer.broken],
  }
}

/** I8: a replica may end because it has lost its Lease, and then says so. */
const unexplained = (replicas: readonly Replica[]): readonly string[] =>
  replicas.flatMap(({ operator }) => {
    const said = operator.printed().match(/"message":"Lease lost"/g)?.length ?? 0
    return operator.breakdowns.slice(said)
  })
