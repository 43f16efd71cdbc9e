import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What Node is to run: the bundle that users get, unless the sources have changed since it was built.
 *
 * @param bundle - for example `dist/perennial.mjs`
 * @param source - the file that it was made from
 */
export function programOf(bundle: string, source: string): readonly string[] {
  return runsBundle(bundle) ? [bundle] : ['--import=tsx', source]
}

/** Whether the bundle is what is run. */
export const runsBundle = (bundle: string): boolean => existsSync(bundle) && statSync(bundle).mtimeMs > newestIn('src')

function newestIn(directory: string): number {
  const entries = readdirSync(directory, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile())
  return Math.max(...entries.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs))
}
