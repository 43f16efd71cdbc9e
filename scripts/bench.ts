/** Gets and builds what the benchmark needs, and runs it. */
import type { BenchOptions } from '../bench/options.ts'
import { ensureBundle } from './bundle.ts'
import { ensure } from './toolchain/ensure.ts'
import type { Binary } from './toolchain/parts.ts'

const ofProtocol: Readonly<Record<string, readonly Binary[]>> = {
  acme: ['pebble', 'pebble-challtestsrv'],
  est: ['estserver'],
}

async function bench(options: BenchOptions): Promise<void> {
  const programs = options.protocols.flatMap((protocol) => ofProtocol[protocol] ?? [])
  if (options.what === 'exchange') {
    await ensure(programs.filter((name) => name === 'estserver'))
    const { measureExchanges } = await import('../bench/exchange.ts')
    return measureExchanges({ protocols: options.protocols, count: options.exchangeCount })
  }
  const acme = options.what === 'challenges' ? (ofProtocol['acme'] ?? []) : []
  await ensure(['etcd', 'kube-apiserver', 'kubectl', ...programs, ...acme])
  await ensureBundle()
  if (options.what === 'challenges') {
    const { measureChallenges } = await import('../bench/challenges.ts')
    return measureChallenges()
  }
  const { measureOperator } = await import('../bench/run.ts')
  return measureOperator(options)
}

try {
  // Read here, so that what is wrong with the command line is a sentence and no more.
  const { benchOptions, printHelp } = await import('../bench/options.ts')
  const options = benchOptions()
  await (options.what === 'help' ? printHelp() : bench(options))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
