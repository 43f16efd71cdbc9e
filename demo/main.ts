/**
 * `npm run demo`: a real control plane, real CAs of every protocol, the examples, the operator, and a table to watch.
 *
 *   npm run demo                          until Ctrl-C
 *   npm run demo -- --once                until all is Ready and has renewed; checks the Secrets with openssl; exits 0 or 1
 *   npm run demo -- --once --picture=F    and draws the last table into F, for the README
 */
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ensureBundle } from '../scripts/bundle.ts'
import { ensure } from '../scripts/toolchain/ensure.ts'
import { asker } from './asking.ts'
import { connect, isReady, nameOf, readiness } from './cluster.ts'
import type { CertificateView, Cluster } from './cluster.ts'
import { environmentFile, writeEnvironment } from './environment.ts'
import { soonRenewed } from './manifests.ts'
import { pictureOf } from './picture.ts'
import { openScreen } from './screen.ts'
import type { Screen } from './screen.ts'
import { tableOf } from './table.ts'
import { verify } from './verify.ts'
import { Cleanup, startWorld } from './world.ts'
import type { World } from './world.ts'

const binaries = [
  ...(['etcd', 'kube-apiserver', 'kubectl'] as const),
  ...(['pebble', 'pebble-challtestsrv', 'estserver', 'scepserver'] as const),
]

/** Milliseconds between two looks at the API server. */
const lookInterval = 400

/** How long `--once` waits for everything, in milliseconds: the slowest certificate renews after some 80 seconds. */
const patience = 240_000

const options = readOptions()

function readOptions(): { readonly once: boolean; readonly picture: string } {
  try {
    return parseArgs({
      options: { once: { type: 'boolean', default: false }, picture: { type: 'string', default: '' } },
    }).values
  } catch (error) {
    console.error(`${(error as Error).message}. The demo takes --once, and --picture FILE.`)
    process.exit(2)
  }
}

async function prepare(): Promise<void> {
  for (const { binary, way } of await ensure(binaries)) {
    console.log(`  ✓ ${binary} (${way})`)
  }
  await ensureBundle()
}

function explain(screen: Screen, { plane, operator, operatorLog, page }: World): void {
  screen.say(
    [
      '',
      `The inventory: ${page}    # sign in with the token ${plane.token}`,
      'To look around in another terminal, in this folder; docs/tour.md is a walk:',
      `  . ${environmentFile}`,
      '  kubectl get certificates.perennial.dev -A; kubectl perennial inventory -A',
      `  tail -f ${operatorLog}`,
      `  kill -9 ${operator.pid()}    # the operator; it is started again, and nothing is issued twice`,
      'Ctrl-C stops everything.',
    ].join('\n'),
  )
}

/** Whether there is nothing left to wait for: all is Ready, and what is renewed soon has been renewed, with every protocol. */
function isDone(certificates: readonly CertificateView[], { authorities }: World): boolean {
  const renewed = certificates.filter(({ status }) => (status?.revision ?? 0) > 1).map(({ metadata }) => metadata.name)
  return certificates.every(isReady) && soonRenewed(authorities).every((name) => renewed.includes(name))
}

interface Watch {
  readonly cluster: Cluster
  readonly world: World
  readonly screen: Screen
  readonly until: (certificates: readonly CertificateView[]) => boolean
  readonly signal: AbortSignal
}

/** @returns what was seen last */
async function watch({ cluster, world, screen, until, signal }: Watch): Promise<readonly CertificateView[]> {
  const names = world.authorities.flatMap(({ asked }) => asked)
  const ask = asker({ plane: world.plane, names, say: (text) => screen.say(text) })
  let first = true
  let seen: readonly CertificateView[] = []
  while (!signal.aborted && !until(seen)) {
    seen = await cluster.certificates()
    if (first && seen.some(isReady)) {
      screen.say(`  ✓ the first certificate is Ready, ${(performance.now() / 1000).toFixed(1)} s after the command`)
      first = false
    }
    screen.show(seen)
    await ask(seen)
    await sleep(lookInterval, undefined, { signal }).catch(() => undefined)
  }
  return seen
}

/** Judges what `--once` has seen, and says so. */
async function judge(certificates: readonly CertificateView[], world: World, cluster: Cluster): Promise<boolean> {
  const roots = (await Promise.all(world.authorities.map((authority) => authority.roots()))).flat()
  const late = certificates.filter((one) => !isReady(one)).map((one) => `${nameOf(one)}: ${readiness(one)?.message}`)
  const wrong = await Promise.all(certificates.map((certificate) => verify(certificate, cluster, roots)))
  const complaints = isDone(certificates, world)
    ? wrong.flat()
    : [`Not done within ${patience / 1000} s.`, ...late, ...wrong.flat()]
  console.log(['', ...tableOf(certificates, Date.now()), ''].join('\n'))
  if (options.picture !== '') writeFileSync(options.picture, pictureOf(pictured(certificates)))
  for (const complaint of complaints) console.log(`  ✗ ${complaint}`)
  if (complaints.length > 0) return false
  console.log(
    `  ✓ openssl agrees: ${certificates.length} Secrets hold the key, the chain and the names that were asked for`,
  )
  return true
}

const pictured = (certificates: readonly CertificateView[]): readonly string[] => [
  '$ npm run demo',
  '',
  ...tableOf(certificates, Date.now()),
]

/** @returns the exit code */
async function demo(cleanup: Cleanup, signal: AbortSignal): Promise<number> {
  await prepare()
  const screen = openScreen()
  const world = await startWorld(cleanup, (pid) =>
    screen.say(`  ✓ the operator was killed and is back, process ${pid}`),
  )
  for (const { who } of world.authorities) screen.say(`    ${who}`)
  const cluster = connect(world.plane)
  try {
    if (!options.once) {
      await cleanup.add(Promise.resolve(writeEnvironment(world)))
      explain(screen, world)
      await watch({ cluster, world, screen, until: () => false, signal })
      return 0
    }
    const deadline = performance.now() + patience
    const until = (seen: readonly CertificateView[]): boolean => isDone(seen, world) || performance.now() > deadline
    const seen = await watch({ cluster, world, screen, until, signal })
    if (signal.aborted) return 1
    const isFine = await judge(seen, world, cluster)
    if (!isFine) console.log(`The end of the operator's log:\n${world.operator.tail()}`)
    return isFine ? 0 : 1
  } finally {
    await cluster.close()
  }
}

const cleanup = new Cleanup()
const interrupted = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interrupted.abort())

try {
  process.exitCode = await demo(cleanup, interrupted.signal)
} catch (error) {
  process.exitCode = 1
  if (!interrupted.signal.aborted) console.error(error instanceof Error ? error.message : error)
} finally {
  await cleanup.stop()
  console.log('Stopped; no process is left behind.')
}
