import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { readArguments } from '../../../src/cli/arguments.ts'
import { complete, completionLines } from '../../../src/cli/completion.ts'
import { helpText, readConfig } from '../../../src/config.ts'
import { readQuery } from '../../../src/domain/inventory/readquery.ts'
import { textOf } from '../support.ts'

/** A refusal may quote a word of the command line. */
const longestSaying = 10_000
const mostLines = 100

function readSettings(words: readonly string[]): void {
  const config = readConfig(words, { PERENNIAL_NAMESPACES: words[0], KUBERNETES_SERVICE_HOST: words[1] })
  if (!config.ok) return promise(config.error !== '', 'a refusal has words')
  promise(config.value.leaseRenewDeadline < config.value.leaseDuration, 'a leader gives up before others take over')
  promise(Object.isFrozen(config.value), 'settings stay as they are')
}

export const target: FuzzTarget = {
  about: 'command lines: of the tool, of its completion, of the operator',
  form: 'text',
  // Node's own parseArgs takes the square of a word's length for short flags in one word.
  longest: 4096,
  words: [
    'enroll\n-f\na.yaml\n-o\nout',
    'probe\n-f\n-',
    'policy\ntest\n-f\na.yaml',
    'renew\n--all',
    'inventory\n--query=',
    '\n--timeout=',
    '\n-A',
    '\n-n=',
    ...[...helpText().matchAll(/^ {2}(--[a-z0-9-]+)=/gm)].map(([, flag = '']) => `\n${flag}=`),
  ],
  run: (input) => {
    const words = textOf(input).split('\n').slice(0, mostLines)
    const asked = readArguments(words)
    // Control characters go out where it is printed (src/cli/terminal.ts).
    if (!asked.ok) promise(asked.error !== '' && asked.error.length < longestSaying, 'a refusal is a sentence')
    else if (asked.value.kind === 'cluster') readQuery(new URLSearchParams(asked.value.options.query))
    const lines = completionLines(complete(words))
    promise(/^:\d$/.test(lines.at(-1) ?? ''), 'a completion ends with what the shell is to do')
    promise(
      lines.every((line) => !line.includes('\n')),
      'a candidate is one line',
    )
    readSettings(words)
  },
}
