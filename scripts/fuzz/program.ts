/** Makes programs of a target: instrumented, for the thread that it runs in. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { BuildOptions } from 'esbuild'
import { instrument } from './instrument.ts'
import { wordsIn } from './words.ts'

export interface Program {
  /** Path of the instrumented target. */
  readonly program: string
  readonly counters: number
  readonly words: readonly Uint8Array[]
  /** Path of the thread's own program. */
  readonly worker: string
  readonly remove: () => void
}

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  packages: 'external',
  write: false,
} satisfies BuildOptions

async function bundled(entry: string, format: 'cjs' | 'esm'): Promise<string> {
  // ASCII, so that the positions of the syntax, which count octets, count characters too.
  const made = await build({ ...common, entryPoints: [entry], format, charset: 'ascii', logLevel: 'silent' })
  return made.outputFiles[0]?.text ?? ''
}

/**
 * @param source - path of the target's TypeScript
 * @returns where its programs lie, in a folder of their own below that for temporary files
 */
export async function programOf(source: string): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), 'perennial-fuzz-'))
  const [code, worker] = await Promise.all([bundled(source, 'cjs'), bundled('scripts/fuzz/worker.ts', 'esm')])
  const { code: instrumented, counters } = instrument(code)
  const at = { program: join(folder, 'target.cjs'), worker: join(folder, 'worker.mjs') }
  writeFileSync(at.program, instrumented)
  writeFileSync(at.worker, worker)
  return { ...at, counters, words: wordsIn(code), remove: () => rmSync(folder, { recursive: true }) }
}
