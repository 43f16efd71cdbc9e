/**
 * R12 and R21: two thousand objects that nobody would write, and Secrets with what does not belong there, beside neighbours who go on
 * with their work.
 */
import { connect, inParallel } from '../../bench/api.ts'
import type { Api } from '../../bench/api.ts'
import { kinds } from '../../src/api/kinds.ts'
import type { Kind } from '../../src/api/kind.ts'
import { isJsonObject, mergePatch } from '../../src/std/json.ts'
import type { Json, JsonObject } from '../../src/std/json.ts'
import { Namespace, ec, makeAuthority, until } from '../../test/support/cluster.ts'
import { Dice } from '../../test/sim/dice.ts'
import type { BatteryOptions } from '../options.ts'
import { breaches } from '../verdict.ts'
import type { Row } from '../verdict.ts'
import { openWorld } from '../world.ts'
import type { World } from '../world.ts'
import { crafted, craftedIssuers } from './crafted.ts'
import { Churn, patience, settle, spent } from './fleet.ts'
import { Hostile } from './hostile.ts'
import { hostileMarked, hostilePairs } from './hostilesecrets.ts'

const place = 'hostile'
/** How many of each kind. Policies come last: they select whatever is in the same namespace. */
const counts: readonly (readonly [string, number])[] = [
  ['Certificate', 1300],
  ['Issuer', 400],
  ['CertificateRevocation', 150],
  ['CertificatePolicy', 150],
]
/** Seconds of the operator's CPU for each object that the API server took. */
const dearest = 1

interface Scene {
  readonly world: World
  readonly hostile: Namespace
  readonly api: Api
  readonly lost: string[]
  taken: number
  refused: number
}

export async function sendNonsense({ say }: BatteryOptions): Promise<readonly Row[]> {
  const world = await openWorld({ name: 'r12', houses: ['ca', 'est', 'cmp'] })
  const hostile = await Namespace.make(world.plane, place)
  const api = connect(world.plane)
  const scene: Scene = { world, hostile, api, lost: [], taken: 0, refused: 0 }
  try {
    await makeAuthority(hostile)
    const churn = new Churn(world, await settle(world, 3))
    churn.start(1000)
    const before = await cpuOf(world)
    const pairs = await leaveSecrets(scene)
    await sendCrafted(scene)
    for (const [name, count] of counts) await sendMany(scene, name, count)
    say(`${scene.taken} objects taken, ${scene.refused} refused`)
    const told = await allTold(scene)
    say(`${told} Certificates and issuers say how it is with them`)
    const cpu = ((await cpuOf(world)) - before) / scene.taken
    await churn.stop()
    return await rowsOf(scene, { churn, pairs, told, cpu })
  } finally {
    await api.close()
    await hostile.close()
    await world.close()
  }
}

const issuersPath = `/apis/perennial.dev/v1/namespaces/${place}`

async function send(scene: Scene, plural: string, object: object): Promise<void> {
  const path = plural === 'certificatepolicies' ? `/apis/perennial.dev/v1/${plural}` : `${issuersPath}/${plural}`
  await scene.api.call('POST', path, object).then(
    () => (scene.taken += 1),
    () => (scene.refused += 1),
  )
}

const objectOf = (kind: string, name: string, more: object): object => ({
  apiVersion: 'perennial.dev/v1',
  kind,
  metadata: { name },
  ...more,
})

/** @returns how many */
async function leaveSecrets({ hostile, world, api }: Scene): Promise<number> {
  await hostile.secret('stranger', { note: 'of somebody else' })
  world.observer.foreign(`${place}/stranger`)
  const pairs = Object.entries(await hostilePairs())
  for (const [name, data] of pairs) {
    await hostile.secret(`pair-${name}`, data)
    await hostile.issuer(`pair-${name}`, { ca: { secretName: `pair-${name}` } })
  }
  const marked = Object.entries(hostileMarked)
  for (const [name, data] of marked) {
    await hostile.secret(`marked-${name}`, data)
    const labels = { 'perennial.dev/managed': 'certificate' }
    await hostile.patch('secrets', `marked-${name}`, { metadata: { labels } })
    await hostile.certificate(`marked-${name}`, { issuerRef: { name: 'ca', kind: 'Issuer', group: 'perennial.dev' } })
  }
  const key = Buffer.from('junk').toString('base64')
  const nextKey = {
    metadata: { name: 'next', labels: { 'perennial.dev/managed': 'next-key' } },
    data: { 'tls.key': key },
  }
  await api.call('POST', `/api/v1/namespaces/${place}/secrets`, nextKey)
  return pairs.length + marked.length + 2
}

async function sendCrafted(scene: Scene): Promise<void> {
  for (const [name, secretName] of Object.entries(craftedIssuers))
    await scene.hostile.issuer(name, { ca: { secretName } })
  for (const [name, { metadata = {}, spec }] of Object.entries(crafted)) {
    const whole = { metadata: { ...metadata, name }, spec: { secretName: name, privateKey: ec, ...spec } }
    await send(scene, 'certificates', objectOf('Certificate', name, whole))
  }
}

async function sendMany(scene: Scene, name: string, count: number): Promise<void> {
  const kind = kinds.find((one) => one.kind === name)
  if (kind === undefined) throw new Error(`there is no kind ${name}`)
  const dice = new Dice(12)
  const hostile = new Hostile(kind, dice)
  const specs = Array.from({ length: count }, (_, i) => tame(kind, hostile.spec(), { dice, i }))
  await inParallel(count, 8, (i) =>
    send(scene, kind.plural, objectOf(name, `${kind.singular}-${i}`, { spec: specs[i] ?? {} })),
  )
}

/** Most Certificates get a Secret of their own and a CA that works; policies reach no neighbour. Keys are quick to make. */
function tame({ kind }: Kind, spec: JsonObject, { dice, i }: { readonly dice: Dice; readonly i: number }): JsonObject {
  const more: JsonObject =
    kind === 'CertificatePolicy'
      ? { selector: { namespaces: { matchLabels: { 'kubernetes.io/metadata.name': place } } } }
      : kind === 'Certificate'
        ? { ...(dice.chance(0.8) ? { secretName: `secret-${i}` } : {}), privateKey: { algorithm: 'ECDSA', size: 256 } }
        : kind === 'CertificateRevocation'
          ? { certificateRef: { name: `certificate-${i}` } }
          : {}
  const patched: Json = mergePatch(spec, more)
  return isJsonObject(patched) ? patched : {}
}

async function cpuOf({ operator }: World): Promise<number> {
  return operator.running.metric('process_cpu_seconds_total')
}

interface Told {
  readonly metadata: { readonly name: string; readonly generation?: number }
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly observedGeneration?: number }[] }
}

/** Every Certificate and every Issuer has a condition that is about what it says now. @returns how many there are */
async function allTold({ hostile, lost }: Scene): Promise<number> {
  const all = async (): Promise<readonly Told[]> => [
    ...(await hostile.list<Told>('certificates')),
    ...(await hostile.list<Told>('issuers')),
  ]
  let silent: readonly string[] = []
  const look = async (): Promise<number | undefined> => {
    const objects = await all()
    silent = objects.filter((one) => !isTold(one)).map(({ metadata }) => metadata.name)
    return silent.length === 0 ? objects.length : undefined
  }
  return until('all told', look, patience).catch(() => {
    lost.push(`nothing was said of ${silent.length} objects: ${silent.slice(0, 10).join(', ')}`)
    return silent.length
  })
}

const isTold = ({ metadata, status }: Told): boolean =>
  status?.conditions?.some(
    ({ type, observedGeneration }) => type === 'Ready' && observedGeneration === metadata.generation,
  ) === true

async function rowsOf(
  { world, taken, refused, lost }: Scene,
  seen: { readonly churn: Churn; readonly pairs: number; readonly told: number; readonly cpu: number },
): Promise<readonly Row[]> {
  const { churn, pairs, told, cpu } = seen
  const { observer, ns } = world
  const troubled = (): readonly string[] => observer.unready().filter((key) => key.startsWith(`${ns.name}/`))
  const rested = (): Promise<true | undefined> => Promise.resolve(troubled().length === 0 ? true : undefined)
  await until('all neighbours Ready', rested, patience).catch(() =>
    lost.push(`I7: not Ready: ${troubled().join(', ')}`),
  )
  const { issued, least } = await spent(world)
  const all = [...lost, ...(await breaches(world))]
  if (issued > least) all.push(`I3: neighbours were issued ${issued} certificates where ${least} had to be`)
  if (cpu > dearest) all.push(`an object cost ${cpu.toFixed(2)} s of CPU`)
  return [
    {
      id: 'R12',
      what: 'objects of the schema and of chance: Certificates, Issuers, orders to revoke, policies; and some crafted ones',
      often: `${taken + refused} sent, ${taken} taken by the API server, ${churn.requests} renewals of neighbours`,
      found: `${told} say how it is with them; ${(cpu * 1000).toFixed(0)} ms of CPU each; neighbours: ${issued} issued where ${least} had to be`,
      lost: all,
    },
    {
      id: 'R21',
      what: 'Secrets that hold no pair, another pair, junk, too much; some with the mark of the operator',
      often: `${pairs} Secrets, each with an issuer or a Certificate that names it`,
      found: 'as R12, in the same run',
      lost: [],
    },
  ]
}
