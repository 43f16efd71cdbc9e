/** Gets and builds what the benchmark needs, and runs it. */
import type { BenchOptions } from '../bench/options.ts'
import { ensureBundle } from './bundle.ts'
import { ensure } from './toolchain/ensure.ts'
import type { Binary } from './toolchain/parts.ts'

const ofProtocol: Readonly<Record<string, readonly Binary[]>> = {
  acme: ['pebble', 'pebble-challtestsrv'],
  est: ['estserver'],
}

const controlPlane: readonly Binary[] = ['etcd', 'kube-apiserver', 'kubectl']

/** The programs of the CAs that a run needs. */
function programsOf({ protocols, bars }: BenchOptions, run: string): readonly Binary[] {
  if (run === 'challenges' || (run === 'bars' && (bars?.includes('P4') ?? true))) return ofProtocol['acme'] ?? []
  const all = protocols.flatMap((protocol) => ofProtocol[protocol] ?? [])
  return run === 'exchange' ? all.filter((name) => name === 'estserver') : run === 'operator' ? all : []
}

async function bench(options: BenchOptions, run: string): Promise<void> {
  if (run === 'fleet') {
    const { fleet } = await import('../bench/fleet.ts')
    return fleet()
  }
  await ensure([...(run === 'exchange' ? [] : controlPlane), ...programsOf(options, run)])
  if (run === 'exchange') {
    const { measureExchanges } = await import('../bench/exchange.ts')
    return measureExchanges({ protocols: options.protocols, count: options.exchangeCount })
  }
  await ensureBundle()
  if (run === 'challenges') {
    const { measureChallenges } = await import('../bench/challenges.ts')
    return measureChallenges()
  }
  if (run === 'soak') {
    const { soak } = await import('../bench/soak.ts')
    return soak(options, options.minutes)
  }
  if (run === 'scale') {
    const { measureScale } = await import('../bench/scale.ts')
    return measureScale(options, options.scaleCount)
  }
  if (run === 'bars') {
    const { measureBars } = await import('../bench/bars/table.ts')
    return measureBars(options)
  }
  const { measureOperator } = await import('../bench/run.ts')
  return measureOperator(options)
}

try {
  // Read here, so that what is wrong with the command line is a sentence and no more.
  const { benchOptions, printHelp } = await import('../bench/options.ts')
  const options = benchOptions()
  if (options.what === 'help') printHelp()
  else for (const run of options.what) await bench(options, run)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
