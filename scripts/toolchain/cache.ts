/** The cache of the user: filled by rename, so that a directory that exists is complete. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cacheDirectory } from './find.ts'

const unfinished = '.building-'

/**
 * Fills a directory of the cache, or leaves it as it is when somebody else was quicker.
 *
 * @param target - the directory to come to be
 * @param fill - puts everything into the directory it is given, which becomes the target
 */
export async function publish(target: string, fill: (directory: string) => Promise<void>): Promise<void> {
  mkdirSync(cacheDirectory(), { recursive: true })
  const building = mkdtempSync(join(cacheDirectory(), unfinished))
  try {
    await fill(building)
    renameSync(building, target)
  } catch (error) {
    if (!isAnyOf(error, ['ENOTEMPTY', 'EEXIST'])) throw error
  } finally {
    rmSync(building, { recursive: true, force: true })
  }
}

/**
 * Keeps two processes from doing the same long work. What they do stays right without it: see {@link publish}.
 *
 * @param onWait - told once who is at work, when there is somebody to wait for
 */
export async function whileAlone(onWait: (pid: number) => void, work: () => Promise<void>): Promise<void> {
  mkdirSync(cacheDirectory(), { recursive: true })
  const lock = join(cacheDirectory(), '.lock')
  for (let told = false; !take(lock);) {
    const holder = holderOf(lock)
    if (holder === undefined) rmSync(lock, { force: true })
    else if (!told) onWait(holder)
    told = told || holder !== undefined
    await sleep(500)
  }
  try {
    removeUnfinished()
    await work()
  } finally {
    rmSync(lock, { force: true })
  }
}

/** What builds that were interrupted have left. Only for the holder of the lock: nobody else is filling anything. */
function removeUnfinished(): void {
  for (const name of readdirSync(cacheDirectory())) {
    if (name.startsWith(unfinished)) rmSync(join(cacheDirectory(), name), { recursive: true, force: true })
  }
}

function take(lock: string): boolean {
  try {
    writeFileSync(lock, `${process.pid}`, { flag: 'wx' })
    return true
  } catch (error) {
    if (isAnyOf(error, ['EEXIST'])) return false
    throw error
  }
}

/** @returns undefined when the holder is gone without having cleaned up */
function holderOf(lock: string): number | undefined {
  try {
    const pid = Number(readFileSync(lock, 'utf8'))
    process.kill(pid, 0)
    return pid
  } catch (error) {
    return isAnyOf(error, ['EPERM']) ? -1 : undefined
  }
}

function isAnyOf(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
