/** Gets and builds what the benchmark needs, and runs it. */
import { ensureBundle } from './bundle.ts'
import { ensure } from './toolchain/ensure.ts'

try {
  await ensure(['etcd', 'kube-apiserver', 'kubectl', 'pebble', 'pebble-challtestsrv'])
  await ensureBundle()
  await import('../bench/run.ts')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
