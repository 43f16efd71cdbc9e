/** The few things that are done with files: read what may be missing, replace in one step. */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''

const failures: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'the permission is missing',
  EPERM: 'the permission is missing',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is not a directory',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
}

/** @returns a clause about what the system objects to */
export function failureText(error: unknown): string {
  const code = codeOf(error)
  return failures[code] ?? (code === '' ? 'the system refuses' : `the system says ${code}`)
}

/** @returns undefined when there is no such file */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Writes a file so that it is there as a whole or not at all, and survives a power cut.
 *
 * @param mode - permissions, for example 0o600; also of a file that was there with others
 */
export async function replaceFile(path: string, content: Uint8Array | string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
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
