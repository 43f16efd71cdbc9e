/** The bundle as kubectl's plugin, away from this repository. */
import { execFile } from 'node:child_process'
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, expect, it } from '@jest/globals'
import { locate } from '../../scripts/toolchain/find.ts'
import { version } from '../../src/version.ts'
import { scratchDirectory } from '../support/scratch.ts'

const scratch = scratchDirectory('plugin')
const testTimeout = 60_000

afterAll(() => scratch.remove())

function kubectl(...args: readonly string[]): Promise<{ readonly code: unknown; readonly text: string }> {
  const path = [scratch.path, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter)
  return new Promise((resolve) => {
    const env = { PATH: path, HOME: scratch.path }
    execFile(locate(['kubectl']).kubectl, args, { cwd: scratch.path, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, text: stdout + stderr }),
    )
  })
}

it(
  'kubectl finds it on the PATH, passes words and standard streams on, and ends with its code',
  async () => {
    const plugin = join(scratch.path, 'kubectl-perennial')
    copyFileSync('dist/kubectl-perennial', plugin)
    chmodSync(plugin, 0o755)
    expect(await kubectl('perennial', 'version')).toEqual({ code: 0, text: `${version}\n` })
    expect(await kubectl('plugin', 'list', '--name-only')).toMatchObject({
      code: 0,
      text: expect.stringContaining('kubectl-perennial'),
    })
    const manifest = 'apiVersion: perennial.dev/v1\nkind: Issuer\nmetadata: {name: a}\nspec: {ca: {secretName: gone}}\n'
    writeFileSync(join(scratch.path, 'issuer.yaml'), manifest)
    const probed = await kubectl('perennial', 'probe', '-f', 'issuer.yaml')
    expect(probed.code).toBe(6)
    expect(probed.text).toMatch(/^error: spec\.ca\.secretName points at Secret gone, .* \(CredentialsMissing\)\n$/)
  },
  testTimeout,
)
