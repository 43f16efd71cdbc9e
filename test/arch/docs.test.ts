import { dirname, join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { faultTable } from '../../src/domain/fault.ts'
import { readArguments } from '../../src/cli/arguments.ts'
import { commandNames, commands } from '../../src/cli/flags.ts'
import { helpText } from '../../src/config.ts'
import { filesIn, isThere, sourcesIn, textOf } from './source.ts'

const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...filesIn('docs').filter((path) => path.endsWith('.md'))]
const decisions = filesIn('docs/adr').filter((path) => path.endsWith('.md'))

const texts = pages.map((path) => ({ path, text: textOf(path) }))

/** Everything a page says that matches, with the page. */
function said(pattern: RegExp): readonly { readonly path: string; readonly words: string }[] {
  return texts.flatMap(({ path, text }) => [...text.matchAll(pattern)].map(([, words = '']) => ({ path, words })))
}

/** As a shell splits them, as far as the pages go; what a program fills in is one word. */
const wordsOf = (line: string): readonly string[] =>
  [...line.replaceAll(/\$?\{\{?[^}]*\}\}?/g, 'x').matchAll(/'[^']*'|\S+/g)].map(([word]) => word.replaceAll("'", ''))

/** @returns the words after the program's name, up to where the shell or the sentence goes on */
const commandLinesIn = (text: string): readonly (readonly string[])[] =>
  [...text.matchAll(/\bkubectl[ -]perennial ([a-z](?:'[^'\n]*'|[^'`"\n|;&>#)(,\\])*)/g)].map(([, line = '']) =>
    wordsOf(line.trim().replace(/[.:]$/, '')),
  )

interface PackageFile {
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
}

const packageFile = JSON.parse(textOf('package.json')) as PackageFile

describe('what the pages tell people to type', () => {
  it('names npm scripts that exist', () => {
    const named = said(/\bnpm run (?:-s |--silent )?([\w:-]+)/g)
    expect(named.length).toBeGreaterThan(2)
    expect(named.filter(({ words }) => !(words in packageFile.scripts))).toEqual([])
  })

  it('names flags and variables that exist', () => {
    const help = helpText()
    const tool = Object.values(commands).flatMap(({ flags }) => Object.keys(flags).map((flag) => `--${flag}`))
    const flags = said(/(?:^|[\s`(])(--[a-z][a-z0-9]+(?:-[a-z0-9]+)+)/gm)
    const foreign = [
      // Of cosign.
      '--certificate-oidc-issuer',
      '--certificate-identity-regexp',
      '--field-selector',
      '--from-file',
      '--from-literal',
      '--for',
      '--overwrite',
      '--ignore-scripts',
      '--server-side',
      '--experimental-vm-modules',
      '--expose-gc',
      '--create-namespace',
      '--reset-then-reuse-values',
    ]
    expect(flags.filter(({ words }) => ![...foreign, ...tool].includes(words) && !help.includes(`${words}=`))).toEqual(
      [],
    )
    expect(said(/\b(PERENNIAL_[A-Z_]+)\b/g).filter(({ words }) => !help.includes(`$${words}`))).toEqual([])
  })

  it('has command lines that the tool understands', () => {
    const folders = ['charts', 'examples', 'src', 'demo']
    // The tool's own help writes what may be left out in brackets.
    const files = folders.flatMap(filesIn).filter((path) => !path.startsWith('src/cli/'))
    const others = files.map((path) => ({ path, text: textOf(path) }))
    const spoken = [...texts, ...others].flatMap(({ path, text }) =>
      commandLinesIn(text).map((words) => ({ path, words })),
    )
    const table = [...textOf('docs/cli.md').matchAll(/`([a-z]+ [^`]+)`/g)].map(([, line = '']) => wordsOf(line))
    const short = table.filter(([first]) => commandNames.some((name) => name === first))
    expect(short.length).toBeGreaterThan(10)
    expect(spoken.length).toBeGreaterThan(40)
    const all = [...spoken, ...short.map((words) => ({ path: 'docs/cli.md', words }))]
    const misunderstood = all.flatMap(({ path, words }) => {
      const asked = readArguments(words)
      // What a sentence only names lacks its objects.
      return asked.ok || /^[a-z ]+ needs /.test(asked.error) ? [] : [`${path}: ${words.join(' ')}: ${asked.error}`]
    })
    expect(misunderstood).toEqual([])
  })

  it('names files that exist', () => {
    const folders = ['src', 'test', 'scripts', 'docs', 'examples', 'crds', 'charts', 'bench', 'battery', 'demo']
    const here = new Set(folders.flatMap(filesIn))
    const files = said(/`((?:src|test|scripts|docs|examples|crds|charts|bench|battery|demo)\/[\w./-]+\.\w+)`/g)
    expect(files.length).toBeGreaterThan(5)
    expect(files.filter(({ words }) => !here.has(words))).toEqual([])
  })

  it('links to files that exist', () => {
    const dead = texts.flatMap(({ path, text }) => {
      const folder = dirname(path)
      const links = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g)]
      return links.filter(([, link = '']) => !isThere(join(folder, link))).map(([, link]) => `${path}: ${link}`)
    })
    expect(dead).toEqual([])
  })
})

describe('reasons that people meet in conditions', () => {
  const operations = textOf('docs/operations.md')
  const words = (text: string): readonly string[] =>
    [...text.matchAll(/'([A-Z][A-Za-z]+)'/g)].map(([, word = '']) => word)
  const checkReasons = words(/type CheckReason =([^]*?)\n\n/.exec(textOf('src/domain/checks.ts'))?.[1] ?? '')
  const literalReasons = sourcesIn('src/domain', 'src/controllers').flatMap(({ code }) =>
    [...code.matchAll(/\breason: ['"]([A-Z]\w+)['"]/g)].map(([, word = '']) => word),
  )
  /** What says that all is well needs no cure. */
  const well = ['Ready', 'UpToDate', 'Issued']

  it.each(
    [...new Set([...checkReasons, ...literalReasons, ...Object.keys(faultTable)])].filter((one) => !well.includes(one)),
  )('%s is explained in docs/operations.md', (reason) => {
    expect(operations).toContain(`\`${reason}\``)
  })

  it('are found at all', () => {
    expect(checkReasons.length).toBeGreaterThan(8)
    expect(literalReasons.length).toBeGreaterThan(4)
  })
})

describe('decision records', () => {
  it('are numbered from 1 without a gap, by name and by title', () => {
    const expected = decisions.map((_, index) => index + 1)
    expect(decisions.map((path) => Number(/\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1]))).toEqual(expected)
    expect(decisions.map((path) => Number(/^# (\d+)\. \S/.exec(textOf(path))?.[1]))).toEqual(expected)
  })

  it('say when they were made and what became of them', () => {
    const bare = decisions.filter(
      (path) => !/^Date: \d{4}-\d{2}-\d{2}\. Status: (?:accepted|superseded by \d+)\.$/m.test(textOf(path)),
    )
    expect(bare).toEqual([])
  })
})

describe('package.json', () => {
  it('asks for 15 packages at run time at most', () => {
    expect(Object.keys(packageFile.dependencies).length).toBeLessThanOrEqual(15)
  })
})
