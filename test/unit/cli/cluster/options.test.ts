import { describe, expect, it } from '@jest/globals'
import { readArguments } from '../../../../src/cli/arguments.ts'

const complaint = (line: string): string => {
  const read = readArguments(line.split(' '))
  return read.ok ? 'nothing' : read.error
}

describe('the command line of what speaks with a cluster', () => {
  it('takes names, a namespace and a form of output', () => {
    expect(readArguments('status web -n shop -o json'.split(' '))).toMatchObject({
      ok: true,
      value: { kind: 'cluster', options: { command: 'status', words: ['web'], namespace: 'shop', output: 'json' } },
    })
  })

  it('takes a time to wait in seconds and as a duration', () => {
    for (const [text, timeout] of [
      ['20', 20_000],
      ['20s', 20_000],
      ['10m', 600_000],
    ] as const)
      expect(readArguments(['renew', 'web', '--wait', '--timeout', text])).toMatchObject({
        value: { options: { timeout } },
      })
  })

  it.each([
    ['why', 'why needs the name of a Certificate'],
    ['why a b', 'why takes 1 at most, and "b" is one more'],
    ['status -o csv', '-o is one of text, wide, json, yaml, not "csv"'],
    ['status -n a -A', 'Give -n or -A, not both'],
    ['status web -A', 'Names are of one namespace'],
    ['renew', 'in one way: by name, with --all, or with -l'],
    ['renew web --all', 'in one way'],
    ['renew web -A', 'Names are of one namespace'],
    ['revoke web --reason boredom', '--reason is one of unspecified'],
    ['inspect', 'the name of a Secret, or -f file'],
    ['inspect web -f chain.pem', 'the name of a Secret, or -f file'],
    ['status --namspace a', 'did you mean --namespace?'],
    ['statu', 'did you mean status?'],
    ['revoke web --issuer plant', '--issuer is issuer/name or clusterissuer/name, not "plant"'],
    ['revoke web --timeout soon', '--timeout is a number of seconds'],
    ['renew web --wait --timeout 0s', '--timeout is a number of seconds'],
  ])('turns down "%s" with a sentence', (line, sentence) => {
    expect(complaint(line)).toContain(sentence)
  })
})
