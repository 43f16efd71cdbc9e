/** The few things that are done with files: read what may be missing, replace in one step. */
import { existsSync } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FileTooLarge, failureText, hasCode, pathIn, readWithin } from '../std/file.ts'

/** A file that a person has to mend, told deep inside a call that has no room for it in what it returns. */
export class DamagedFile extends Error {}

/** @returns a sentence about a file that is damaged or that the system objects to; undefined for every other error */
export function fileTrouble(error: unknown): string | undefined {
  if (error instanceof DamagedFile || error instanceof FileTooLarge) return error.message
  const path = pathIn(error)
  return path === undefined ? undefined : `${path} cannot be used: ${failureText(error)}.`
}

/** Larger than any key, chain or manifest that is kept in a file. */
const mostBytes = 4 * 1024 * 1024

/** @returns undefined when there is no such file */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readWithin(path, mostBytes)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/**
 * Makes a directory, and those above it that are not there. Not by Node's own way, which never ends where the system says
 * ENOENT although the directory above is there, as /proc does.
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return
    const above = dirname(path)
    if (!hasCode(error, 'ENOENT') || above === path || existsSync(above)) throw error
    await makeDirectory(above)
    await mkdir(path, { mode: 0o700 })
  }
}

/**
 * Writes a file so that it is there as a whole or not at all, and survives a power cut.
 *
 * @param mode - permissions, for example 0o600; also of a file that was there with others
 */
export async function replaceFile(path: string, content: Uint8Array | string, mode: number): Promise<void> {
  await makeDirectory(dirname(path))
  const temporary = `${path}.new`
  await rm(temporary, { force: true })
  const file = await open(temporary, 'wx', mode)
  try {
    await file.writeFile(content)
    await file.chmod(mode)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

export const removeFile = (path: string): Promise<void> => rm(path, { force: true })
