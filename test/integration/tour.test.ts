/** docs/tour.md, command by command as it stands there, in the world that `npm run demo` starts. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { writeEnvironment } from '../../demo/environment.ts'
import { Cleanup, startWorld } from '../../demo/world.ts'
import { startTimeout, testTimeout } from '../support/operatorworld.ts'
import { chaptersOf, openShell, patternOf } from '../support/walk.ts'
import type { Shell } from '../support/walk.ts'

const cleanup = new Cleanup()
let shell: Shell

beforeAll(async () => {
  const world = await startWorld(cleanup, () => undefined)
  await cleanup.add(Promise.resolve(writeEnvironment(world)))
  shell = await cleanup.add(Promise.resolve(openShell()))
}, startTimeout)

afterAll(() => cleanup.stop(), testTimeout)

const chapters = chaptersOf(readFileSync('docs/tour.md', 'utf8'))

describe('the tour', () => {
  it('has chapters', () => {
    expect(chapters.map(({ title }) => title)).toEqual([
      'A tour',
      'Denied',
      'Revoked at its CA',
      'Imported',
      'Fallen back',
      'Alerted',
      'All of it in one place',
    ])
  })

  it.each(chapters)(
    '$title: goes as the page says',
    async ({ commands }) => {
      let last = 0
      for (const [index, command] of commands.entries()) {
        const { code, output } = await shell.type(command.text, last)
        expect(`$ ${command.text}\n${output}`).toMatch(withCommand(command))
        // A command that may fail is followed by a look at how it ended.
        if (commands[index + 1]?.text !== 'echo $?') expect({ command: command.text, code }).toMatchObject({ code: 0 })
        last = code
      }
    },
    testTimeout,
  )
})

/** So that what fails is shown with its command. */
function withCommand(command: Parameters<typeof patternOf>[0]): RegExp {
  const { source } = patternOf(command)
  const typed = `$ ${command.text}\n`.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('\n', '\\n')
  return new RegExp(`^${typed}${source.slice(1)}`)
}
