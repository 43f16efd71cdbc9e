/**
 * The suite with real pods (test/e2e), on a cluster that is made for it and goes afterwards.
 *
 *   npm run test:cluster    on this machine itself; skipped, with the reason, where it cannot be
 *   npm run test:kind       on kind
 */
import { hostCluster } from './e2e/host.ts'
import { kindCluster } from './e2e/kind.ts'
import type { Place } from './e2e/place.ts'
import { run } from './run.ts'
import { ensure } from './toolchain/ensure.ts'

const print = (text: string): void => void process.stdout.write(text)

async function must(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { ok } = await run({ command, args, env, onOutput: print })
  if (!ok) throw new Error(`${[command, ...args].join(' ')} failed`)
}

async function runSuite({ kubeconfig, loader, environment = {} }: Place): Promise<void> {
  const args = [
    '--experimental-vm-modules',
    'node_modules/jest/bin/jest.js',
    '--ci',
    '--selectProjects=e2e',
    '--runInBand',
  ]
  const given = { E2E_KUBECONFIG: kubeconfig, E2E_LOAD_IMAGE: loader, NODE_NO_WARNINGS: '1' }
  await must(process.execPath, args, { ...given, ...environment })
}

async function main(where: string | undefined): Promise<void> {
  const place = await (where === 'kind' ? kindCluster() : hostCluster())
  if ('missing' in place) {
    if (where === 'kind') throw new Error(place.missing)
    return print(`The suite with real pods is skipped: ${place.missing}.\n`)
  }
  // A test run that is broken off takes its cluster along.
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => void place.close().then(() => process.exit(1)))
  try {
    await ensure(['kubectl', 'helm', 'pebble', 'pebble-challtestsrv'])
    await must('npm', ['run', '--silent', 'build'])
    await runSuite(place)
  } finally {
    await place.close()
  }
}

try {
  await main(process.argv[2])
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
