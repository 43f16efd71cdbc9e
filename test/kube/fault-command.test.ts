/** The fault proxy as a command: what a person types, and what a command behind it lives through. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { freePorts } from '../support/process.ts'
import { serveHttp } from '../support/servers.ts'
import type { LocalServer } from '../support/servers.ts'

let server: LocalServer
let served: number

beforeEach(async () => {
  served = 0
  server = await serveHttp((_request, response) => {
    served += 1
    response.end(`answer ${served}`)
  })
})

afterEach(() => server.close())

interface Said {
  readonly stdout: string
  readonly stderr: string
}

const faults = (...args: readonly string[]): Promise<Said> =>
  promisify(execFile)(process.execPath, ['--import', 'tsx', 'scripts/faults.ts', ...args])

const client = (port: number): readonly string[] => [
  process.execPath,
  '--eval',
  `fetch('http://127.0.0.1:${port}/').then((reply) => reply.text()).then((text) => console.log(text))`,
]

describe('npm run faults', () => {
  it('kills the command when its rule says so, starts it again, and ends when it ends', async () => {
    const [port = 0] = await freePorts(1)
    const rule = ['--rule', 'call nth 1 -> kill after']
    const { stdout, stderr } = await faults(
      'http',
      '--to',
      server.url,
      '--port',
      `${port}`,
      ...rule,
      '--',
      ...client(port),
    )
    expect(stdout).toBe('answer 2\n')
    expect(stderr).toContain(`http://127.0.0.1:${port} leads to ${server.url}.`)
    expect(stderr).toContain('2 requests went by, 1 of them met a fault.')
  }, 30_000)

  it.each([
    [['http', '--to', 'nowhere'], '--to wants the URL of the CA, not "nowhere".'],
    [['udp'], '"udp" is no place for a proxy; write api, http or tcp, or see npm run faults -- --help.'],
    [['api', '--rules', '/nowhere'], '/nowhere cannot be read: '],
    [['api', '--what'], "Unknown option '--what'"],
  ])(
    '%j is told what is wrong in a sentence',
    async (args, sentence) => {
      await expect(faults(...args)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(sentence) })
    },
    30_000,
  )

  it('explains itself', async () => {
    expect((await faults('--help')).stdout).toContain('write secrets nth 3 -> kill after')
  }, 30_000)
})
