import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { Mortal } from '../../../battery/mortal.ts'

const directory = mkdtempSync(join(tmpdir(), 'perennial-mortal-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** Says once that it is ready, and does what is left to do. */
const operator = (then: string): Mortal =>
  new Mortal({
    kubeconfig: '/nowhere',
    logFile: join(directory, 'operator.log'),
    program: [
      '--eval',
      `const port = process.argv.find((one) => one.startsWith('--metrics-address=')).split(':').at(-1)
       require('node:http').createServer((_, reply) => { reply.once('close', () => { ${then} }).end() }).listen(port, '127.0.0.1')`,
      '--',
    ],
  })

describe('an operator that can be killed', () => {
  it('is killed once, which is no breakdown', async () => {
    const mortal = operator('')
    await mortal.start()
    expect([mortal.kill(), mortal.kill()]).toEqual([true, false])
    await mortal.running.exited
    expect(mortal).toMatchObject({ kills: 1, hasEnded: false, breakdowns: [] })
    await mortal.revive()
    expect(mortal.kill()).toBe(true)
    await mortal.stop()
  })

  it('is not killed where it has ended by itself', async () => {
    const mortal = operator('process.exit(3)')
    await mortal.start()
    await mortal.running.exited
    expect(mortal.kill()).toBe(false)
    expect(mortal).toMatchObject({ kills: 0, hasEnded: true, breakdowns: ['I8: the operator ended by itself (3)'] })
  })
})
