/** One run at a time in an output directory: two would ask the CA twice. */
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode, readWithin } from '../std/file.ts'
import { err, ok } from '../std/result.ts'
import type { Result } from '../std/result.ts'
import { makeDirectory, removeFile } from './files.ts'

export type Release = () => Promise<void>

/**
 * @param directory - is made when it is not there
 * @returns how to give it back, or a sentence about the run that has it
 */
export async function takeDirectory(directory: string): Promise<Result<Release, string>> {
  const path = join(directory, '.running')
  await makeDirectory(directory)
  for (;;) {
    try {
      const file = await open(path, 'wx', 0o600)
      await file.writeFile(String(process.pid))
      await file.close()
      return ok(() => removeFile(path))
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error
    }
    const pid = await holderOf(path)
    if (pid !== undefined && isAlive(pid))
      return err(
        `Another run (process ${pid}) works in ${directory}; wait for it, or remove ${path} if that is no such run.`,
      )
    await removeFile(path)
  }
}

/** @returns undefined for a lock that was given back, or that a crash left half written */
async function holderOf(path: string): Promise<number | undefined> {
  try {
    const pid = Number((await readWithin(path, 64)).toString('utf8'))
    return Number.isInteger(pid) && pid > 0 ? pid : undefined
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // A process of another user is there, too.
    return hasCode(error, 'EPERM')
  }
}
