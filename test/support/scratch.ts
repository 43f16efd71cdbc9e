import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Scratch {
  readonly path: string
  remove(): void
}

/** A directory for files that nobody needs afterwards. */
export function scratchDirectory(name: string): Scratch {
  const path = mkdtempSync(join(tmpdir(), `perennial-${name}-`))
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) }
}
