/** Files that the configuration names: what is secret, or changes without it. Read anew for every letter. */
import { resolve } from 'node:path'
import { failureText, readWithin } from '../std/file.ts'
import { err, ok } from '../std/result.ts'
import type { ChannelWorld } from './channel.ts'

/** Bytes: what a login, an address or a CA can have. */
const largest = 64 * 1024

/** What to do about a file that cannot be read. */
export const fileCure = 'put it there, readable for the operator, or correct the path'

/** @param folder - where the configuration lies; relative paths count from there */
export function filesOf(folder: string): ChannelWorld['read'] {
  return async (setting, file) => {
    const path = resolve(folder, file)
    try {
      return ok((await readWithin(path, largest)).toString('utf8').trim())
    } catch (error) {
      return err(`${setting} names ${path}, which cannot be read: ${failureText(error)}; ${fileCure}`)
    }
  }
}
