import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { FileTooLarge, collect, readWithin } from '../../../src/std/file.ts'

const folder = mkdtempSync(join(tmpdir(), 'perennial-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('a file', () => {
  it.each([0, 1, 99, 100])('of %i bytes is read where 100 may be', async (size) => {
    const path = join(folder, `of-${size}`)
    writeFileSync(path, 'x'.repeat(size))
    expect((await readWithin(path, 100)).toString()).toBe('x'.repeat(size))
  })

  it('that is larger is not', async () => {
    const path = join(folder, 'large')
    writeFileSync(path, 'x'.repeat(101))
    await expect(readWithin(path, 100)).rejects.toBeInstanceOf(FileTooLarge)
  })

  it('without an end is left after the limit', async () => {
    await expect(readWithin('/dev/zero', 1_000_000)).rejects.toThrow('/dev/zero has more than 1000000 bytes')
  })

  it('that is not there is said to be missing', async () => {
    await expect(readWithin(join(folder, 'none'), 1)).rejects.toMatchObject({
      code: 'ENOENT',
      path: join(folder, 'none'),
    })
  })
})

describe('a stream', () => {
  it('is left as soon as it brings more than may be', async () => {
    let given = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        given += 10
        yield new Uint8Array(10)
      }
    }
    expect(await collect(endless(), 95)).toBeUndefined()
    expect(given).toBe(100)
  })
})
