/** The fault proxies as a command. */
import { runFaults } from '../battery/faults/command.ts'
import { faultOptions } from '../battery/faults/options.ts'

try {
  const options = faultOptions(process.argv.slice(2))
  if (options !== undefined) process.exitCode = await runFaults(options)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
