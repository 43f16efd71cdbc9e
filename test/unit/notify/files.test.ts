import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { filesOf } from '../../../src/notify/files.ts'
import { ok } from '../../../src/std/result.ts'
import { scratchDirectory } from '../../support/scratch.ts'

const scratch = scratchDirectory('notify')
afterAll(() => scratch.remove())

describe('a file that the configuration of notifications names', () => {
  const read = filesOf(scratch.path)

  it('is looked for beside it, and read without white space around it', async () => {
    writeFileSync(join(scratch.path, 'password'), ' hush \n')
    expect(await read('passwordFile', 'password')).toEqual(ok('hush'))
  })

  it.each([
    ['is not there', 'none', 'it does not exist', () => undefined],
    ['is a directory', 'folder', 'it is a directory', (path: string) => mkdirSync(path)],
    [
      'is too large',
      'large',
      'it has more than 65536 bytes',
      (path: string) => writeFileSync(path, 'x'.repeat(65_537)),
    ],
  ])('that %s is told with its setting, its path and what to do', async (_what, name, clause, make) => {
    const path = join(scratch.path, name)
    make(path)
    expect(await read('passwordFile', name)).toEqual({
      ok: false,
      error: `passwordFile names ${path}, which cannot be read: ${clause}; put it there, readable for the operator, or correct the path`,
    })
  })
})
