/** Runs one project of jest, and counts. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './run.ts'

export interface Tally {
  readonly passed: number
  readonly failed: number
}

export interface Project {
  readonly name: string
  /** Further flags of jest. */
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Breaks it off. */
  readonly signal?: AbortSignal
  readonly print: (text: string) => void
}

/** @throws when it is broken off, or cannot even be started */
export async function runProject({ name, flags = [], env = {}, signal, print }: Project): Promise<Tally> {
  const directory = mkdtempSync(join(tmpdir(), 'perennial-test-'))
  const report = join(directory, 'report.json')
  try {
    const args = [
      '--experimental-vm-modules',
      'node_modules/jest/bin/jest.js',
      '--ci',
      '--passWithNoTests',
      `--selectProjects=${name}`,
      '--json',
      `--outputFile=${report}`,
      ...flags,
    ]
    const ended = await run({
      command: process.execPath,
      args,
      env: { NODE_NO_WARNINGS: '1', ...env },
      ...(signal === undefined ? {} : { signal }),
      onOutput: print,
    })
    return tallyOf(readFileSync(report, 'utf8'), ended.ok)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A file that could not even be loaded has no failed tests, but has failed; so has a run that ended badly otherwise. */
function tallyOf(report: string, ok: boolean): Tally {
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(report) as Report
  const failed = numFailedTests + numRuntimeErrorTestSuites
  return { passed: numPassedTests, failed: ok ? failed : Math.max(failed, 1) }
}

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numRuntimeErrorTestSuites: number
}
