/** Java's keytool, as an independent judge of keystores. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scratchDirectory } from './scratch.ts'

/**
 * Runs keytool in a directory of its own, which is removed afterwards.
 *
 * @param args - the command and its options; files are named relative to the directory
 * @param files - what lies in the directory
 * @returns what was written to standard output and standard error, in English
 */
export function keytool(args: readonly string[], files: Readonly<Record<string, Uint8Array>> = {}): string {
  const scratch = scratchDirectory('keytool')
  const cwd = scratch.path
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content)
    const run = spawnSync('keytool', ['-J-Duser.language=en', ...args], { cwd, encoding: 'utf8' })
    return run.error === undefined ? run.stdout + run.stderr : run.error.message
  } finally {
    scratch.remove()
  }
}

/** Whether tests can ask Java. Where they cannot, they say so in their names. */
export const hasKeytool = keytool(['-help']).includes('Commands')
