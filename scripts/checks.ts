/** What must hold before a test is worth running: types, lint, format, dead code, and generated files that are current. */
import { step } from './progress.ts'
import { run } from './run.ts'

interface Check {
  readonly name: string
  /** A script of package.json, so that it can be run by itself. */
  readonly script: string
  /** What to do when it fails. */
  readonly remedy: string
}

const checks: readonly Check[] = [
  { name: 'types', script: 'typecheck', remedy: 'Mend what the compiler names.' },
  { name: 'lint', script: 'lint', remedy: 'Mend what the linter names; there are no suppressions here.' },
  { name: 'format', script: 'format:check', remedy: 'Run: npm run format' },
  { name: 'dead code', script: 'knip', remedy: 'Take out what nobody uses, or use it.' },
  { name: 'generated files', script: 'crds:check', remedy: 'Run: npm run crds' },
  { name: 'page of the chart', script: 'chart:check', remedy: 'Run: npm run chart' },
]

export interface CheckResult {
  readonly name: string
  readonly ok: boolean
}

/** Runs every check, whatever the others say, and prints what the failing ones said. */
export async function runChecks(): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = []
  for (const { name, script, remedy } of checks) {
    const ended = await step(name, () => run({ command: 'npm', args: ['run', '--silent', script] }), {
      isFine: (one) => one.ok,
    })
    if (!ended.ok) console.log(`${ended.output.trimEnd()}\n  ✗ ${name} failed. ${remedy}`)
    results.push({ name, ok: ended.ok })
  }
  return results
}
