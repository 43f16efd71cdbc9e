/**
 * All that `npm test` runs, cheapest first, and the one line at its end that a machine reads: `N passed, N failed`.
 *
 *   npm test                 everything
 *   npm test -- unit kube    only these suites; no checks, and the real parts only where a suite needs them
 */
import { runChecks } from './checks.ts'
import { runProject } from './jest.ts'
import type { Tally } from './jest.ts'
import { step } from './progress.ts'
import { run } from './run.ts'
import { ensure } from './toolchain/ensure.ts'
import { allBinaries } from './toolchain/parts.ts'

const suites = ['unit', 'contract', 'sim', 'kube', 'arch', 'fuzz', 'integration'] as const

type Suite = (typeof suites)[number]

const nothing: Tally = { passed: 0, failed: 0, failures: [] }

const add = (one: Tally, other: Tally): Tally => ({
  passed: one.passed + other.passed,
  failed: one.failed + other.failed,
  failures: [...one.failures, ...other.failures],
})

const verdict = (name: string, ok: boolean): Tally =>
  ok ? { ...nothing, passed: 1 } : { ...nothing, failed: 1, failures: [`${name}: see above`] }

/** What an integration test may take, in milliseconds: it talks with real servers on what may be a busy machine. */
const integrationTimeout = 120_000

function chosen(names: readonly string[]): readonly Suite[] {
  const unknown = names.filter((name) => !suites.some((suite) => suite === name))
  if (unknown.length > 0) throw new Error(`There is no suite ${unknown.join(', ')}; there are ${suites.join(', ')}.`)
  return names.length === 0 ? suites : suites.filter((suite) => names.includes(suite))
}

async function runEverything(names: readonly string[]): Promise<Tally> {
  const wanted = chosen(names)
  let tally = nothing
  if (wanted.includes('integration')) {
    heading('real parts')
    for (const { binary, way } of await ensure(allBinaries)) console.log(`  ✓ ${binary} (${way})`)
  }
  if (names.length === 0) {
    heading('checks')
    for (const { name, ok } of await runChecks()) tally = add(tally, verdict(name, ok))
  }
  if (wanted.includes('integration')) {
    heading('build')
    const built = await run({
      command: 'npm',
      args: ['run', '--silent', 'build'],
      onOutput: (text) => void process.stdout.write(text),
    })
    tally = add(tally, verdict('build', built.ok))
  }
  for (const suite of wanted) {
    heading(suite)
    tally = add(
      tally,
      await step(suite, ({ print }) => runSuite(suite, print), { isFine: ({ failed }) => failed === 0 }),
    )
  }
  return tally
}

function runSuite(suite: Suite, print: (text: string) => void): Promise<Tally> {
  const flags = suite === 'integration' ? ['--runInBand', `--testTimeout=${integrationTimeout}`] : []
  return runProject({ name: suite, flags, print })
}

function heading(text: string): void {
  console.log(`\n── ${text}`)
}

const begun = performance.now()
try {
  const { passed, failed, failures } = await runEverything(process.argv.slice(2))
  if (failures.length > 0) console.log(`\n── what failed\n${failures.map((one) => `  ✗ ${one}`).join('\n')}`)
  console.log(`\nin ${Math.round((performance.now() - begun) / 1000)} s`)
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
