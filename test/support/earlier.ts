/** An earlier version of this repository, from its own history. */
import { execFileSync, spawnSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { scratchDirectory } from './scratch.ts'

export interface Earlier {
  readonly chart: string
  /** What Node runs. */
  readonly program: readonly string[]
  remove(): void
}

/** Whether the history that this checkout has goes back as far as that; a shallow one may not. */
export const isInHistory = (commit: string): boolean =>
  spawnSync('git', ['cat-file', '-e', `${commit}^{commit}`], { stdio: 'ignore' }).status === 0

/** Takes out what is needed to install and run it, with the packages of today. */
export function checkOut(commit: string): Earlier {
  const scratch = scratchDirectory('earlier')
  const parts = ['charts', 'src', 'package.json', 'tsconfig.json']
  const archive = execFileSync('git', ['archive', commit, ...parts], { maxBuffer: 64 * 1024 * 1024 })
  execFileSync('tar', ['-x', '-C', scratch.path], { input: archive })
  symlinkSync(resolve('node_modules'), join(scratch.path, 'node_modules'))
  return {
    chart: join(scratch.path, 'charts/perennial'),
    program: ['--import=tsx', join(scratch.path, 'src/main.ts')],
    remove: () => scratch.remove(),
  }
}
