/** Gets and builds what the benchmark needs, and runs it. */
import { run } from './run.ts'
import { ensure } from './toolchain/ensure.ts'

try {
  await ensure(['etcd', 'kube-apiserver', 'kubectl', 'pebble', 'pebble-challtestsrv'])
  const built = await run({ command: 'npm', args: ['run', '--silent', 'build'] })
  if (!built.ok) throw new Error(`The build failed:\n${built.output}`)
  await import('../bench/run.ts')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
