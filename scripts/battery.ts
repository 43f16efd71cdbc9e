/** Gets and builds what the battery needs, and runs it. */
import { batteryOptions } from '../battery/options.ts'
import { runBattery } from '../battery/battery.ts'
import { runs } from '../battery/table.ts'
import { ensureBundle } from './bundle.ts'
import { ensure } from './toolchain/ensure.ts'

try {
  const options = batteryOptions(Object.keys(runs))
  if (options !== undefined) {
    await ensure(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl', 'pebble', 'pebble-challtestsrv'])
    await ensureBundle()
    if (!(await runBattery(options))) process.exitCode = 1
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
