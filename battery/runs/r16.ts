/** R16: deletions in every order, with the CAs there and away: nothing waits for a CA for long, and nothing for ever. */
import type { CertificateSpec } from '../../src/api/certificate.ts'
import { inParallel } from '../../bench/api.ts'
import { Namespace, installCrds, until } from '../../test/support/cluster.ts'
import type { House } from '../houses/house.ts'
import type { BatteryOptions } from '../options.ts'
import { breaches } from '../verdict.ts'
import type { Row } from '../verdict.ts'
import { furnish, openWorld } from '../world.ts'
import type { World } from '../world.ts'
import { patience, settle, specOf } from './fleet.ts'

/** Seconds. */
const bar = 30
/** Seconds that docs/revocation.md gives the order to revoke, because the key that can sign it goes with the Certificate. */
const courtesy = 120

interface Scene {
  readonly world: World
  readonly lost: string[]
  readonly took: string[]
  readonly say: (line: string) => void
}

/** Resolves when all of it is gone. */
type Remove = () => Promise<unknown>

interface Removal {
  readonly what: string
  /** Seconds. */
  readonly within: number
  /** @returns what is measured */
  readonly prepare: () => Promise<Remove>
}

export async function removeEverything({ protocols, say }: BatteryOptions): Promise<readonly Row[]> {
  const world = await openWorld({ name: 'r16', houses: protocols, controllerManager: true })
  const scene: Scene = { world, lost: [], took: [], say }
  try {
    await settle(world, 1)
    for (const removal of removalsOf(scene)) await measure(scene, removal)
    await installCrds(world.plane)
    const back = await comesBack(scene)
    return [
      {
        id: 'R16',
        what: `deletion of Certificates of ${protocols.join(', ')}, to be revoked where their CA can`,
        often: `${scene.took.length} ways`,
        found: `gone: ${scene.took.join(', ')}; with the CRDs back a new Certificate is Ready after ${back.toFixed(0)} s`,
        lost: [...scene.lost, ...(await breaches(world))],
      },
    ]
  } finally {
    heal(world)
    await world.close()
  }
}

/** In this order: what comes last takes everything with it. */
const removalsOf = (scene: Scene): readonly Removal[] => [
  { what: 'amid renewals', within: bar, prepare: () => amidRenewals(scene, 'amid') },
  { what: 'after their Issuers', within: bar, prepare: () => afterIssuers(scene) },
  { what: 'with their namespace', within: bar, prepare: () => withNamespace(scene, 'there') },
  {
    what: 'with their namespace while the CAs are away',
    within: bar,
    prepare: () => walled(scene, withNamespace(scene, 'away')),
  },
  {
    what: 'amid renewals while the CAs are away',
    within: courtesy + bar,
    prepare: () => walled(scene, amidRenewals(scene, 'walled')),
  },
  { what: 'with their CRDs', within: bar, prepare: () => withCrds(scene) },
]

async function measure({ world, lost, took, say }: Scene, { what, within, prepare }: Removal): Promise<void> {
  try {
    const remove = await prepare()
    const begun = performance.now()
    await remove()
    const seconds = (performance.now() - begun) / 1000
    took.push(`${what} ${seconds.toFixed(0)} s`)
    say(took.at(-1) ?? '')
    if (seconds > within) lost.push(`${what}: it took ${seconds.toFixed(1)} s to go`)
  } catch (error) {
    lost.push(`${what}: ${error instanceof Error ? error.message : String(error)}`)
    say(lost.at(-1) ?? '')
  } finally {
    heal(world)
  }
}

/** No CA is reached from the moment at which it begins. */
async function walled({ world }: Scene, prepared: Promise<Remove>): Promise<Remove> {
  const remove = await prepared
  for (const { partition } of world.houses) partition?.begin()
  return remove
}

function heal({ houses }: World): void {
  for (const { partition } of houses) partition?.heal()
}

/** As much as can hang on a Certificate: its Secret, and an order to revoke it. */
const hanging = (house: House): Partial<CertificateSpec> => ({
  deletionPolicy: 'Delete',
  ...(house.revokes === 'never' ? {} : { revocationPolicy: { onDelete: 'Revoke' } }),
})

async function fill({ houses, observer }: World, ns: Namespace, prefix: string): Promise<readonly string[]> {
  const all = houses.map((house) => ({ house, name: `${prefix}-${house.protocol}` }))
  for (const { house, name } of all) await ns.certificate(name, { ...specOf(house, name), ...hanging(house) })
  for (const { name } of all) await ns.ready(name, patience)
  for (const { name } of all) observer.mayGo(`${ns.name}/${name}`)
  // With a namespace the CA goes as well.
  observer.mayGo(`${ns.name}/root`)
  return all.map(({ name }) => name)
}

async function gone(ns: Namespace, name: string): Promise<void> {
  const look = async (): Promise<true | undefined> =>
    (await ns.seenCertificate(name)) === undefined ? true : undefined
  await until(`Certificate ${name} gone`, look, patience).catch(async (error: unknown) => {
    throw new Error(`${String(error)}; it is ${JSON.stringify(await ns.seenCertificate(name))}`, { cause: error })
  })
}

async function removeAll(ns: Namespace, names: readonly string[]): Promise<void> {
  await inParallel(names.length, 8, async (i) => ns.remove('certificates', names[i] ?? ''))
  for (const name of names) await gone(ns, name)
}

/** An enrollment is under way as each of them goes. */
async function amidRenewals({ world }: Scene, prefix: string): Promise<Remove> {
  const { ns } = world
  const names = await fill(world, ns, prefix)
  const annotations = { 'perennial.dev/renew': 'now' }
  return async () => {
    for (const name of names) await ns.patch('certificates', name, { metadata: { annotations } })
    await removeAll(ns, names)
  }
}

/** A namespace with Issuers and their Certificates of its own. */
async function furnished({ world }: Scene, name: string): Promise<{ ns: Namespace; names: readonly string[] }> {
  const ns = await Namespace.make(world.plane, name)
  await furnish(ns, world.houses, world.observer)
  return { ns, names: await fill(world, ns, name) }
}

async function afterIssuers(scene: Scene): Promise<Remove> {
  const { ns, names } = await furnished(scene, 'orphans')
  for (const { protocol } of scene.world.houses) await ns.remove('issuers', protocol)
  return () => removeAll(ns, names)
}

async function withNamespace(scene: Scene, name: string): Promise<Remove> {
  await furnished(scene, name)
  return () => scene.world.plane.kubectl(['delete', 'namespace', name, `--timeout=${patience / 1000}s`])
}

/** All of them, with Certificates and Issuers in them and the operator at work. */
async function withCrds({ world }: Scene): Promise<Remove> {
  await fill(world, world.ns, 'last')
  for (const key of world.observer.certificates.keys()) world.observer.mayGo(key)
  return () => world.plane.kubectl(['delete', '-f', 'crds/', `--timeout=${patience / 1000}s`])
}

/** @returns seconds from a new Certificate until it is Ready */
async function comesBack({ world }: Scene): Promise<number> {
  const { ns, houses } = world
  await ns.issuer('selfsigned', { selfSigned: {} })
  const begun = performance.now()
  await ns.certificate('again', { ...specOf(houses[0], 'again'), issuerRef: selfSigned })
  await ns.ready('again', patience)
  return (performance.now() - begun) / 1000
}

const selfSigned = { name: 'selfsigned', kind: 'Issuer', group: 'perennial.dev' } as const
