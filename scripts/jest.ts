/** Runs one project of jest, and counts. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { run } from './run.ts'

export interface Tally {
  readonly passed: number
  readonly failed: number
  /** What failed: a line each, and why. */
  readonly failures: readonly string[]
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
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, testResults } = JSON.parse(report) as Report
  const failed = numFailedTests + numRuntimeErrorTestSuites
  return {
    passed: numPassedTests,
    failed: ok ? failed : Math.max(failed, 1),
    failures: testResults.flatMap(failuresOf),
  }
}

function failuresOf({ name, status, message, assertionResults }: FileReport): readonly string[] {
  const file = relative(process.cwd(), name)
  const failed = assertionResults.filter((one) => one.status === 'failed')
  if (failed.length === 0) return status === 'failed' ? [`${file}: ${brief(message)}`] : []
  return failed.map((one) => `${file} › ${one.fullName}: ${brief(one.failureMessages.join('\n'))}`)
}

/** @param text - as jest reports it, coloured for a terminal; where in the sources is left out */
function brief(text: string): string {
  const lines = stripVTControlCharacters(text).split('\n')
  const told = lines.map((line) => line.trim()).filter((line) => line !== '' && !/^(●|at )/.test(line))
  return told.join(' ').slice(0, 400)
}

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numRuntimeErrorTestSuites: number
  readonly testResults: readonly FileReport[]
}

/** What jest says of one file of tests. */
interface FileReport {
  readonly name: string
  readonly status: string
  /** Why the file failed, whichever test of it. */
  readonly message: string
  readonly assertionResults: readonly {
    readonly fullName: string
    readonly status: string
    readonly failureMessages: readonly string[]
  }[]
}
