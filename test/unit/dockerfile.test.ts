/** No engine is needed to see that the Dockerfile copies what there is, and says what the sources say. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { imageFiles, imageUser } from '../../scripts/image-files.ts'
import { hardening, operatorLaunch } from '../../scripts/launch.ts'

/** Instructions, their continued lines joined. */
const instructions = readFileSync('Dockerfile', 'utf8')
  .replace(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => /^[A-Z]+ /.test(line))

const ignored = readFileSync('.dockerignore', 'utf8').split('\n').filter(Boolean)
const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')))
const copies = (lines: readonly string[]): readonly string[][] =>
  lines.filter((line) => line.startsWith('COPY ')).map((line) => line.split(' ').slice(1))

describe('the Dockerfile', () => {
  const fromContext = copies(instructions).filter(([first = '']) => !first.startsWith('--from'))

  it.each(fromContext.flatMap((words) => words.slice(0, -1)))('copies %s, which is there and not ignored', (path) => {
    expect(existsSync(path)).toBe(true)
    expect(ignored).not.toContain(path.split('/')[0])
  })

  it('puts into the image what scripts/image-files.ts says, and nothing else', () => {
    const put = copies(last).map(([, source = '', target = '']) => ({ source: source.replace('/src/', ''), target }))
    expect(put).toEqual(imageFiles)
  })

  it('runs nothing in the last stage, which has no shell and no package manager', () => {
    expect(last.filter((line) => line.startsWith('RUN '))).toEqual([])
    expect(last[0]).toBe('FROM $RUN_IMAGE')
    expect(instructions).toContainEqual(
      expect.stringMatching(/^ARG RUN_IMAGE=gcr\.io\/distroless\/nodejs24-\S+:nonroot$/),
    )
  })

  it('installs without running scripts of packages', () => {
    expect(instructions).toContain('RUN npm ci --ignore-scripts')
  })

  it('starts the process as scripts/launch.ts has it, as nobody', () => {
    const entry = last.find((line) => line.startsWith('ENTRYPOINT '))?.slice('ENTRYPOINT '.length) ?? ''
    expect(JSON.parse(entry)).toEqual([
      '/nodejs/bin/node',
      ...operatorLaunch.nodeOptions,
      ...hardening,
      '/app/perennial.mjs',
    ])
    expect(last).toContain(`USER ${imageUser}`)
    for (const [name, value] of Object.entries(operatorLaunch.environment))
      expect(last.find((line) => line.startsWith('ENV '))).toContain(`${name}=${value}`)
  })
})
