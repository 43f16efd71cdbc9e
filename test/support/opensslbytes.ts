import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Runs openssl for what it writes to standard output, as bytes.
 *
 * @param args - the subcommand and its options; files are named relative to a directory of its own
 * @throws with what openssl said when it fails
 */
export function runForBytes(args: readonly string[], files: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const cwd = mkdtempSync(join(tmpdir(), 'openssl-'))
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content)
    return execFileSync('openssl', args, { cwd, stdio: 'pipe' })
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}
