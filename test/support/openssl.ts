/** The openssl command, as an independent judge of what we encode. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { types } from 'node:util'

export interface OpensslRun {
  readonly ok: boolean
  /** What was written to standard output and standard error. */
  readonly text: string
}

/**
 * Runs openssl in a directory of its own, which is removed afterwards.
 *
 * @param args - the subcommand and its options; files are named relative to the directory
 * @param files - what lies in the directory
 */
export function openssl(
  args: readonly string[],
  files: Readonly<Record<string, string | Uint8Array>> = {},
): OpensslRun {
  const cwd = mkdtempSync(join(tmpdir(), 'openssl-'))
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content)
    return { ok: true, text: execFileSync('openssl', args, { cwd, encoding: 'utf8', stdio: 'pipe' }) }
  } catch (error) {
    return { ok: false, text: outputOf(error) }
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}

function outputOf(error: unknown): string {
  if (!types.isNativeError(error) || !('stderr' in error) || !('stdout' in error)) throw error
  return `${String(error.stdout)}${String(error.stderr)}`
}
