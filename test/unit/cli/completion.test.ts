import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { complete, completionLines } from '../../../src/cli/completion.ts'
import { commandNames, commands } from '../../../src/cli/flags.ts'
import { completionScript, shells } from '../../../src/cli/shells.ts'
import { scratchDirectory } from '../../support/scratch.ts'

const words = (line: string): readonly string[] => complete(line.split(' ')).candidates.map(({ word }) => word)

describe('what may come next on a command line', () => {
  it('is a command at first', () => {
    expect(words('')).toEqual(commandNames)
    expect(words('in')).toEqual(['inventory', 'inspect'])
  })

  it.each(commandNames)('is a flag of %s that the parser knows', (name) => {
    expect(words(`${name} --`)).toEqual(Object.keys(commands[name].flags).map((flag) => `--${flag}`))
  })

  it.each([
    ['status -o ', ['text', 'wide', 'json', 'yaml']],
    ['status -o j', ['json']],
    ['enroll -o ', ['text', 'wide', 'json', 'yaml']],
    ['inventory --output=c', ['--output=csv']],
    ['revoke web --reason key', ['keyCompromise']],
    ['policy ', ['test']],
    ['completion ', [...shells]],
    ['status --all-namespaces -', words('status -')],
    ['nonsense ', []],
    ['renew -l ', []],
  ] as const)('of "%s" is %j', (line, expected) => {
    expect(words(line)).toEqual(expected)
  })

  it('is a file where a flag takes one', () => {
    for (const flag of ['-f', '-d']) expect(completionLines(complete(['probe', flag, '']))).toEqual([':0'])
    expect(completionLines(complete(['renew', '-l', '']))).toEqual([':4'])
  })

  it('comes with the help of each, in one line', () => {
    for (const line of completionLines(complete(['enroll', '--']))) expect(line).toMatch(/^(--[a-z0-9-]+\t[^\t]+|:4)$/)
  })
})

describe('the script for bash', () => {
  const scratch = scratchDirectory('completion')
  afterAll(() => scratch.remove())

  /** Types a line into bash, which has the script and a program that answers as the tool does, and presses Tab. */
  function typed(line: string): readonly string[] {
    const answers = new Map([
      ['sta', complete(['sta'])],
      ['status -o ', complete(['status', '-o', ''])],
    ])
    const stub = join(scratch.path, 'kubectl-perennial')
    const text = completionLines(answers.get(line) ?? complete([''])).join('\n')
    writeFileSync(stub, `#!/bin/sh\ncat <<'END'\n${text}\nEND\n`)
    chmodSync(stub, 0o755)
    const script = join(scratch.path, 'script.bash')
    const asked = line.split(' ')
    const array = ['kubectl-perennial', ...asked].map((word) => `'${word}'`).join(' ')
    writeFileSync(
      script,
      `compopt() { :; }\n${completionScript('bash')}\nCOMP_WORDS=(${array})\nCOMP_CWORD=${asked.length}\n_kubectl_perennial\nprintf '%s\\n' "\${COMPREPLY[@]}"\n`,
    )
    const env = { PATH: `${scratch.path}:/usr/bin:/bin` }
    return execFileSync('bash', ['--norc', script], { encoding: 'utf8', env }).split('\n').filter(Boolean)
  }

  it('hands what the tool says to bash', () => {
    expect(typed('sta')).toEqual(['status'])
    expect(typed('status -o ')).toEqual(['text', 'wide', 'json', 'yaml'])
  })
})
