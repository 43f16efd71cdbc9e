/** The bundles that people run and install, made again only when something that goes into them has changed. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { step } from './progress.ts'
import { run } from './run.ts'

const bundles = ['dist/perennial.mjs', 'dist/kubectl-perennial', 'dist/sbom.cdx.json']

/** @throws with what the build said when it fails */
export async function ensureBundle(): Promise<void> {
  if (isCurrent()) return
  const command = { command: 'npm', args: ['run', '--silent', 'build'] }
  const built = await step('building the operator', () => run(command), { isFine: ({ ok }) => ok })
  if (!built.ok) throw new Error(`The build failed:\n${built.output}`)
}

function sources(): readonly string[] {
  const entries = readdirSync('src', { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

function isCurrent(): boolean {
  const made = Math.min(...bundles.map((path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0))
  const ingredients = ['package-lock.json', 'scripts/build.ts', ...sources()]
  return ingredients.every((path) => statSync(path).mtimeMs < made)
}
