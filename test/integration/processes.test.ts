import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { startProcess } from '../support/process.ts'
import { scratchDirectory } from '../support/scratch.ts'

const starter = fileURLToPath(new URL('../support/process.ts', import.meta.url))

/** A program that starts a process which ignores SIGTERM, says which, and then does nothing. */
const parentProgram = (directory: string): string => `
  import { startProcess } from ${JSON.stringify(starter)}
  const child = await startProcess({
    name: 'child', command: '/bin/sh', args: ['-c', 'trap "" TERM; while :; do sleep 1; done'],
    logFile: ${JSON.stringify(join(directory, 'data', 'child.log'))},
    leftovers: [${JSON.stringify(join(directory, 'data'))}],
  })
  console.log('child is ' + child.pid + '.')
  setInterval(() => undefined, 1000)
`

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await sleep(20)
}

describe('a process that a test or the demo starts', () => {
  it('is gone, and its directory with it, when the one who started it is killed', async () => {
    const scratch = scratchDirectory('orphans')
    const parent = await startProcess({
      name: 'parent',
      command: process.execPath,
      args: ['--import', 'tsx', '--input-type=module', '--eval', parentProgram(scratch.path)],
      logFile: join(scratch.path, 'parent.log'),
    })
    const childPid = (): number => Number(/child is (\d+)\./.exec(parent.tail())?.[1] ?? 0)
    await until(() => childPid() > 0)
    expect(isAlive(childPid())).toBe(true)
    process.kill(parent.pid, 'SIGKILL')
    await until(() => !isAlive(childPid()) && !existsSync(join(scratch.path, 'data')))
    scratch.remove()
  })

  it('is killed when it does not end by itself', async () => {
    const scratch = scratchDirectory('stubborn')
    const stubborn = await startProcess({
      name: 'stubborn',
      command: '/bin/sh',
      args: ['-c', 'trap "" TERM; echo ready; while :; do sleep 1; done'],
      logFile: join(scratch.path, 'log'),
      stopWithin: 100,
    })
    await until(() => stubborn.tail().includes('ready'))
    await stubborn.stop()
    expect(await stubborn.exited).toEqual({ code: null, signal: 'SIGKILL' })
    scratch.remove()
  })

  it('is told apart from one that ends instead of starting, whose last words are reported', async () => {
    const scratch = scratchDirectory('failing')
    const failing = startProcess({
      name: 'the server',
      command: '/bin/sh',
      args: ['-c', 'echo "port is taken"; exit 3'],
      logFile: join(scratch.path, 'log'),
      isReady: () => Promise.resolve(false),
    })
    await expect(failing).rejects.toThrow('the server ended (3) instead of starting:\nport is taken')
    scratch.remove()
  })

  it('that does not exist is reported by its name', async () => {
    const scratch = scratchDirectory('absent')
    const absent = startProcess({
      name: 'the server',
      command: '/nowhere/at/all',
      args: [],
      logFile: join(scratch.path, 'log'),
      isReady: () => Promise.resolve(false),
    })
    await expect(absent).rejects.toThrow(/\/nowhere\/at\/all/)
    scratch.remove()
  })
})
