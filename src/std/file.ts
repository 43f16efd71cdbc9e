/** Files whose size somebody else decides: a mounted Secret, a token, what a person names on the command line. */
import { createReadStream } from 'node:fs'

export class FileTooLarge extends Error {
  override readonly name = 'FileTooLarge'
  /** Bytes. */
  readonly most: number

  constructor(what: string, most: number) {
    super(`${what} has more than ${most} bytes, which is more than is read of it`)
    this.most = most
  }
}

/**
 * Reads a file up to a limit, and no further.
 *
 * @param most - bytes
 * @throws FileTooLarge, or what the system says
 */
export async function readWithin(path: string, most: number): Promise<Buffer> {
  // The end is inclusive: one byte more than may be.
  const bytes = await collect(createReadStream(path, { end: most }), most)
  if (bytes === undefined) throw new FileTooLarge(path, most)
  return bytes
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''

/** @param code - of the system, for example `ENOENT` */
export const hasCode = (error: unknown, code: string): boolean => codeOf(error) === code

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
  if (error instanceof FileTooLarge) return `it has more than ${error.most} bytes`
  const code = codeOf(error)
  return failures[code] ?? (code === '' ? 'the system refuses' : `the system says ${code}`)
}

/** @returns the file that the system objects to; undefined for an error that is about none */
export function pathIn(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('syscall' in error) || !('path' in error)) return undefined
  return String(error.path)
}

/** @returns everything that a stream brings; undefined as soon as that is more than `most` bytes */
export async function collect(stream: AsyncIterable<unknown>, most: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Uint8Array)
    length += bytes.length
    if (length > most) return undefined
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}
