#!/usr/bin/env node
/**
 * The process: read the settings, run the operator until it is told to stop, exit. The only file that exits.
 */
import { setFlagsFromString } from 'node:v8'
import { asksForHelp, environment, helpText, readConfig } from './config.ts'
import { runOperator } from './operator.ts'

const exitCodes = { fine: 0, failed: 1, usage: 2 } as const

/**
 * Has V8 move what lives in sparse pages together, which it leaves undone while memory is not short: statuses come and go for the
 * life of a certificate, and without this ten thousand leave gaps of 40 MB. Said here and not on the command line, where
 * it would take the young generation down to 1 MB as well.
 */
setFlagsFromString('--optimize-for-size')

async function main(argv: readonly string[]): Promise<number> {
  if (asksForHelp(argv)) {
    process.stdout.write(helpText())
    return exitCodes.fine
  }
  const config = readConfig(argv, environment())
  if (!config.ok) {
    process.stderr.write(`${config.error}\n`)
    return exitCodes.usage
  }
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort())
  const ended = await runOperator(config.value, stop.signal)
  if (ended.ok) return exitCodes.fine
  process.stderr.write(`${ended.error}\n`)
  return exitCodes.failed
}

process.exit(await main(process.argv.slice(2)))
