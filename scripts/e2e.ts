/**
 * The suite with real pods (test/e2e), on a cluster that is made for it and goes afterwards.
 *
 *   npm run test:cluster                 on this machine itself; skipped, with the reason, where it cannot be
 *   npm run test:cluster -- image.tar    with the image in an archive, called docker.io/library/perennial:e2e, in place of one
 *                                        that is packed from the same files
 *   npm run test:kind                    on kind
 */
import { hostCluster } from './e2e/host.ts'
import { kindCluster } from './e2e/kind.ts'
import type { Place } from './e2e/place.ts'
import { runProject } from './jest.ts'
import type { Tally } from './jest.ts'
import { run } from './run.ts'
import { ensure } from './toolchain/ensure.ts'

const print = (text: string): void => void process.stdout.write(text)

async function must(command: string, args: readonly string[]): Promise<void> {
  const { ok } = await run({ command, args, onOutput: print })
  if (!ok) throw new Error(`${[command, ...args].join(' ')} failed`)
}

function runSuite({ kubeconfig, loader, environment = {} }: Place, signal: AbortSignal): Promise<Tally> {
  const env = { E2E_KUBECONFIG: kubeconfig, E2E_LOAD_IMAGE: loader, ...environment }
  return runProject({ name: 'e2e', flags: ['--runInBand'], env, signal, print })
}

/** @param archive - path of an image, as `docker save` writes it */
async function withImage({ loader, ...place }: Place, archive: string): Promise<Place> {
  const [command = '', ...args] = loader.split(' ')
  await must(command, [...args, archive])
  return { ...place, loader, environment: { ...place.environment, E2E_OPERATOR_IMAGE: 'loaded' } }
}

async function main(where: string | undefined, archive: string | undefined): Promise<void> {
  const place = await (where === 'kind' ? kindCluster() : hostCluster())
  if ('missing' in place) {
    if (where === 'kind') throw new Error(place.missing)
    return print(`The suite with real pods is skipped: ${place.missing}.\n`)
  }
  // A run that is broken off takes its cluster along.
  const ending = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => ending.abort())
  try {
    await ensure(['kubectl', 'helm', 'pebble', 'pebble-challtestsrv'])
    await must('npm', ['run', '--silent', 'build'])
    const { passed, failed, failures } = await runSuite(
      archive === undefined ? place : await withImage(place, archive),
      ending.signal,
    )
    print(`${failures.map((one) => `  ✗ ${one}\n`).join('')}${passed} passed, ${failed} failed\n`)
    process.exitCode = failed === 0 ? 0 : 1
  } finally {
    await place.close()
  }
}

try {
  await main(process.argv[2], process.argv[3])
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
