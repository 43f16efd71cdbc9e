import { describe, expect, it } from '@jest/globals'
import { readArguments } from '../../../src/cli/arguments.ts'
import { cliHelp, commandNames, commands } from '../../../src/cli/flags.ts'
import { minutes, seconds } from '../../../src/std/time.ts'

const read = (line: string): ReturnType<typeof readArguments> =>
  readArguments(line.split(' ').filter((word) => word !== ''))

describe('the words of enroll', () => {
  it('are files, a directory, and what else is set', () => {
    expect(read('enroll -f a.yaml --file=b.yaml -f - -d out')).toEqual({
      ok: true,
      value: {
        kind: 'enroll',
        options: {
          files: ['a.yaml', 'b.yaml', '-'],
          directory: 'out',
          certificate: undefined,
          renew: false,
          fresh: false,
          force: false,
          wait: true,
          http01Address: undefined,
          timeout: seconds(300),
          output: 'text',
          verbose: false,
        },
      },
    })
  })

  it.each([
    ['--renew', { renew: true }],
    ['--fresh --force', { fresh: true, force: true }],
    ['--no-wait', { wait: false }],
    ['--certificate web', { certificate: 'web' }],
    ['--http01-address :80', { http01Address: ':80' }],
    ['--timeout 90', { timeout: seconds(90) }],
    ['--timeout=10m', { timeout: minutes(10) }],
    ['-o json -v', { output: 'json', verbose: true }],
    ['--output=yaml', { output: 'yaml' }],
  ])('%s mean what they say', (more, options) => {
    expect(read(`enroll -f a -d b ${more}`)).toMatchObject({ ok: true, value: { options } })
  })
})

describe('the words of probe', () => {
  it('need no directory', () => {
    expect(read('probe -f a.yaml --issuer ClusterIssuer/ca')).toMatchObject({
      ok: true,
      value: { kind: 'probe', options: { files: ['a.yaml'], issuer: 'ClusterIssuer/ca', directory: undefined } },
    })
  })
})

describe('a wrong word', () => {
  it.each([
    ['enrol -f a', 'There is no command "enrol"; did you mean enroll?'],
    ['frobnicate', `There is no command "frobnicate"; the commands are ${commandNames.join(', ')}.`],
    ['enroll', 'enroll needs manifests: -f issuer.yaml, or -f - for standard input.'],
    ['enroll -f a', 'enroll needs a directory for what it gets: -d dir.'],
    ['enroll -f a -d b -d c', '-d is given twice.'],
    ['enroll -f - -f - -d b', 'Standard input can be read once: give -f - once.'],
    ['enroll -f a -d', '-d needs a value: -d <dir>.'],
    ['enroll -f -d b', '-f needs a value, and "-d" looks like another flag.'],
    ['enroll -f a -d b --renw', 'enroll has no flag --renw; did you mean --renew?'],
    ['enroll -f a -d b --tiemout=3', 'enroll has no flag --tiemout; did you mean --timeout?'],
    ['probe -f a --renew', 'probe has no flag --renew; it belongs to enroll.'],
    ['probe -f a -x', 'probe has no flag -x; see kubectl perennial probe --help.'],
    ['enroll -f a -d b --renew=yes', '--renew takes no value; leave "=yes" out.'],
    [
      'enroll -f a -d b extra',
      '"extra" is not understood: everything is given by flags, see kubectl perennial enroll --help.',
    ],
    ['enroll -f a -d b --timeout 0', '--timeout is a number of seconds from 1 on, or a duration such as 10m, not "0".'],
    [
      'enroll -f a -d b --timeout soon',
      '--timeout is a number of seconds from 1 on, or a duration such as 10m, not "soon".',
    ],
    ['probe -f a -o xml', '-o is one of text, wide, json, yaml, not "xml". A directory is given with -d.'],
    ['enroll -f a -o some/dir', '-o is one of text, wide, json, yaml, not "some/dir". A directory is given with -d.'],
    [
      'enroll -f a -d b --format json',
      'enroll has no flag --format; -o says how the result is printed, as in -o json.',
    ],
    ['probe -f a --format=json', 'probe has no flag --format; -o says how the result is printed, as in -o json.'],
    ['status --format json', 'status has no flag --format; -o says how the result is printed, as in -o json.'],
    ['enroll -f a -d b --http01-address 80', '--http01-address is host:port or :port, not "80".'],
  ])('%s gets a sentence', (line, error) => {
    expect(read(line)).toEqual({ ok: false, error })
  })
})

describe('help', () => {
  it.each(['', '--help', '-h', 'help'])('is what "%s" asks for', (line) => {
    expect(read(line)).toEqual({ ok: true, value: { kind: 'help', command: undefined } })
  })

  it.each(commandNames)('of %s names every flag', (name) => {
    expect(read(`${name} --help`)).toEqual({ ok: true, value: { kind: 'help', command: name } })
    for (const flag of Object.keys(commands[name].flags)) expect(cliHelp(name)).toContain(`--${flag}`)
    expect(cliHelp()).toContain(commands[name].summary)
  })

  it('does not need the other words to be right', () => {
    expect(read('enroll -h')).toMatchObject({ value: { kind: 'help' } })
    expect(read('version')).toEqual({ ok: true, value: { kind: 'version', output: 'text' } })
    expect(read('--version')).toEqual({ ok: true, value: { kind: 'version', output: 'text' } })
    expect(read('version -o yaml')).toEqual({ ok: true, value: { kind: 'version', output: 'yaml' } })
    expect(read('version -o xml')).toEqual({
      ok: false,
      error: '-o is one of text, wide, json, yaml, not "xml".',
    })
  })
})
