/** An API server, an operator behind a fault proxy, CAs behind theirs, and the observer beside them. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Namespace, installCrds, until } from '../test/support/cluster.ts'
import { startControlPlane } from '../test/support/controlplane.ts'
import type { ControlPlane, ControlPlaneOptions } from '../test/support/controlplane.ts'
import { startApiProxy } from './faults/api.ts'
import type { ApiProxy } from './faults/api.ts'
import { Plan } from './faults/plan.ts'
import { houses } from './houses/table.ts'
import type { HouseName } from './houses/table.ts'
import type { House } from './houses/house.ts'
import { Mortal } from './mortal.ts'
import { Observer } from './observer/observer.ts'

export interface World {
  readonly plane: ControlPlane
  readonly ns: Namespace
  readonly operator: Mortal
  /** What requests to the API server meet. */
  readonly plan: Plan
  readonly proxy: ApiProxy
  readonly houses: readonly House[]
  readonly observer: Observer
  /** For logs. */
  readonly directory: string
  close(): Promise<void>
}

export interface WorldOptions extends ControlPlaneOptions {
  /** Of the namespace and of the folder with the logs. */
  readonly name: string
  readonly houses: readonly HouseName[]
  /** Further flags of the operator. */
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Options of Node. */
  readonly nodeOptions?: readonly string[]
}

/** What to do at the end, last thing first. */
type Closing = (() => unknown)[]

const logs = mkdtempSync(join(tmpdir(), 'perennial-battery-'))

export async function openWorld(options: WorldOptions): Promise<World> {
  const closing: Closing = []
  const close = async (): Promise<void> => {
    for (const one of closing.splice(0).reverse()) await one()
  }
  try {
    return { ...(await openParts(options, closing)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openParts(options: WorldOptions, closing: Closing): Promise<Omit<World, 'close'>> {
  const { name, flags = [], env = {}, nodeOptions = [], ...planeOptions } = options
  const plane = await startControlPlane(planeOptions)
  closing.push(() => plane.stop())
  await installCrds(plane)
  const plan = new Plan()
  const opened: { operator?: Mortal } = {}
  const kill = (): void => void opened.operator?.kill()
  const proxy = await startApiProxy({ target: plane, plan, kill }, plane.token)
  closing.push(() => proxy.close())
  const running = await openHouses(options.houses, kill, closing)
  const directory = mkdtempSync(join(logs, `${name}-`))
  const kubeconfig = join(directory, 'kubeconfig')
  writeFileSync(kubeconfig, proxy.kubeconfig, { mode: 0o600 })
  const all = [...flagsOfAll, ...running.flatMap((one) => one.flags), ...flags]
  const operator = new Mortal({ kubeconfig, flags: all, env, nodeOptions, logFile: join(directory, 'operator.log') })
  opened.operator = operator
  const ns = await Namespace.make(plane, name)
  closing.push(() => ns.close())
  const observer = new Observer(plane)
  await observer.start()
  closing.push(() => observer.stop())
  await operator.start()
  closing.push(() => operator.stop())
  await furnish(ns, running, observer)
  return { plane, ns, operator, plan, proxy, houses: running, observer, directory }
}

/** The CAs are on this machine; and they are asked for what is counted, not for how they are. */
const flagsOfAll = ['--allow-addresses=127.0.0.0/8', '--issuer-probe-interval=1h']

async function openHouses(names: readonly HouseName[], kill: () => void, closing: Closing): Promise<readonly House[]> {
  const running: House[] = []
  for (const name of names) {
    const house = await houses[name]({ kill })
    closing.push(() => house.stop())
    running.push(house)
  }
  return running
}

/** Issuers, called like their protocols, and what they need. */
export async function furnish(ns: Namespace, running: readonly House[], observer: Observer): Promise<void> {
  if (running.some(({ protocol }) => protocol === 'ca')) await makeRoot(ns)
  for (const { protocol, spec, secrets, words } of running) {
    observer.keepSecret(...words)
    for (const [name, data] of Object.entries(secrets)) await ns.secret(name, data)
    await ns.issuer(protocol, spec)
    await ns.issuerTold(protocol, 'True')
  }
}

/** It may sign lists of what is revoked. */
async function makeRoot(ns: Namespace): Promise<void> {
  await ns.issuer('selfsigned', { selfSigned: {} })
  await ns.certificate('root', {
    issuerRef: { name: 'selfsigned', kind: 'Issuer', group: 'perennial.dev' },
    commonName: 'Battery root',
    dnsNames: [],
    isCA: true,
    usages: ['crl sign'],
  })
  await ns.ready('root')
}

/** Waits until everything is Ready by the observer's own look. @throws with what is not, when the time is up */
export async function settled({ observer }: Pick<World, 'observer'>, within: number): Promise<void> {
  await until(
    'everything Ready',
    () => Promise.resolve(observer.unready().length === 0 ? true : undefined),
    within,
  ).catch((error: unknown) => {
    throw new Error(`I7: not Ready within ${within / 1000} s: ${observer.unready().join(', ')}`, { cause: error })
  })
}
