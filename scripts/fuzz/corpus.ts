/** Inputs in files: those of the repository, and those that findings left behind. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const targetsFolder = 'test/fuzz/targets'
const corpusFolder = 'test/fuzz/corpus'
const findingsFolder = 'test/fuzz/findings'

/** @returns the names of all targets */
export const targetNames = (): readonly string[] =>
  readdirSync(targetsFolder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.slice(0, -3))
    .sort()

export const targetSource = (name: string): string => join(targetsFolder, `${name}.ts`)

/** @returns the inputs in a folder, by the names of their files */
export function inputsOf(target: string): readonly Uint8Array[] {
  const folder = join(corpusFolder, target)
  return !existsSync(folder)
    ? []
    : readdirSync(folder)
        .sort()
        .map((name) => readFileSync(join(folder, name)))
}

/** Replaces the corpus of a target. Files are named by what is in them, so that what stays does not change. */
export function writeCorpus(target: string, inputs: readonly Uint8Array[]): void {
  const folder = join(corpusFolder, target)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const input of inputs) writeFileSync(join(folder, nameOf(input)), input)
}

/** @returns the path of the file that the input of a finding is kept in */
export function keepFinding(target: string, input: Uint8Array): string {
  const folder = join(findingsFolder, target)
  mkdirSync(folder, { recursive: true })
  const path = join(folder, nameOf(input))
  writeFileSync(path, input)
  return path
}

const nameOf = (input: Uint8Array): string => createHash('sha256').update(input).digest('hex').slice(0, 16)
