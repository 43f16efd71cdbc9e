import { parse } from 'yaml'
import { describe, expect, it } from '@jest/globals'
import type { Format } from '../../../src/cli/outputs.ts'
import { Terminal } from '../../../src/cli/terminal.ts'
import { fault } from '../../../src/domain/fault.ts'
import { instant, milliseconds } from '../../../src/std/time.ts'

const noon = instant(Date.UTC(2026, 10, 23, 12, 0, 0, 42))

class Paper {
  out = ''
  err = ''
  readonly terminal: Terminal

  constructor(format: Format = 'text', verbose = false) {
    this.terminal = new Terminal(
      { stdout: (text) => (this.out += text), stderr: (text) => (this.err += text) },
      { format, verbose },
    )
  }
}

const canary = 'canary-Pa55/wörd'
const forms = [canary, Buffer.from(canary).toString('base64'), encodeURIComponent(canary)]

describe('an exchange', () => {
  it('is one aligned line for people', () => {
    const one = new Paper()
    one.terminal.exchange(
      { request: 'PKCSReq', reply: 'PENDING', algorithms: 'RSA 2048', took: milliseconds(8.4) },
      noon,
    )
    one.terminal.exchange({ request: 'GetCACert', reply: '200', took: milliseconds(1234) }, noon)
    expect(one.err.split('\n')).toEqual([
      '12:00:00.042      8 ms  PKCSReq       PENDING               RSA 2048',
      '12:00:00.042   1234 ms  GetCACert     200',
      '',
    ])
  })

  it('is one object for programs', () => {
    const paper = new Paper('json')
    paper.terminal.exchange({ request: 'PKCSReq', reply: 'PENDING', took: milliseconds(8) }, noon)
    expect(JSON.parse(paper.err)).toEqual({
      time: '2026-11-23T12:00:00.042Z',
      request: 'PKCSReq',
      reply: 'PENDING',
      milliseconds: 8,
    })
  })
})

describe('a secret', () => {
  it.each(['text', 'json', 'yaml'] as const)('never gets out as %s, whatever it stands in', (format) => {
    const paper = new Paper(format, true)
    const { terminal } = paper
    terminal.hide({ challenge: Buffer.from(`${canary}\n`) })
    for (const text of forms) {
      terminal.exchange({ request: text, reply: `200 ${text}`, algorithms: text, took: milliseconds(1) }, noon)
      terminal.note(text)
      terminal.remark(text)
      terminal.complaint(text)
      terminal.fault(fault('PolicyDenied', `no ${text}`, `evidence ${text}`))
      terminal.result({ nested: [{ value: text }] }, [text])
      terminal
        .logger()
        .with({ one: text })
        .warn(text, { two: { three: text }, password: 'x' })
    }
    for (const text of forms) expect(paper.out + paper.err).not.toContain(text)
    expect(paper.out + paper.err).toContain('[redacted]')
  })

  it('is not a user name, a certificate, or a word of three letters', () => {
    const paper = new Paper()
    paper.terminal.hide({ username: Buffer.from('device'), 'ca.crt': Buffer.from('example'), pin: Buffer.from('abc') })
    paper.terminal.note('device example abc')
    expect(paper.err).toBe('device example abc\n')
  })

  it('that is a private key is not printed even where nobody said that it is one', () => {
    const paper = new Paper()
    paper.terminal.note('-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----')
    expect(paper.err).not.toContain('MIIB')
  })
})

describe('what a CA says', () => {
  it.each([
    ['moves the cursor', 'x\u001b[2Jy', 'x?[2Jy'],
    ['begins a new line', 'x\r\nerror: y', 'x??error: y'],
    ['turns the writing around', 'x\u202ey', 'x?y'],
  ])('does not do what it would: it %s', (_name, text, shown) => {
    const paper = new Paper()
    paper.terminal.fault(fault('PolicyDenied', text))
    expect(paper.err).toContain(shown.slice(1))
    expect(paper.err.trimEnd()).not.toMatch(/[\p{Cc}\u202e]/u)
  })
})

describe('a result for programs', () => {
  const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'

  it.each([
    ['json', (text: string): unknown => JSON.parse(text)],
    ['yaml', (text: string): unknown => parse(text)],
  ] as const)('of PEM is PEM again when it is read as %s, and still moves no cursor', (format, read) => {
    const paper = new Paper(format)
    paper.terminal.result({ status: [{ certificate: pem, name: 'x\u001b[2J\u009by' }] }, [])
    expect(read(paper.out)).toEqual({ status: [{ certificate: pem, name: 'x?[2J?y' }] })
  })

  it.each(['json', 'yaml'] as const)('as %s holds no private key', (format) => {
    const paper = new Paper(format)
    paper.terminal.result({ key: '-----BEGIN PRIVATE KEY-----\nMIIC\n-----END PRIVATE KEY-----\n' }, [])
    expect(paper.out).not.toContain('MIIC')
  })
})

describe('the log of the client', () => {
  it.each([
    [false, 'warn: c {"a":1}\nerror: d {"a":1}\n'],
    [true, 'debug: a {"a":1}\ninfo: b {"a":1}\nwarn: c {"a":1}\nerror: d {"a":1}\n'],
  ])('is shown as far as it is asked for (verbose: %s)', (verbose, text) => {
    const paper = new Paper('text', verbose)
    const log = paper.terminal.logger({ a: 1 })
    log.debug('a')
    log.info('b')
    log.warn('c')
    log.error('d')
    expect(paper.err).toBe(text)
  })

  it('evidence of a fault is for those who ask for it', () => {
    for (const verbose of [false, true]) {
      const paper = new Paper('text', verbose)
      paper.terminal.fault(fault('PolicyDenied', 'no', 'because'))
      expect(paper.err.includes('because')).toBe(verbose)
    }
  })
})
