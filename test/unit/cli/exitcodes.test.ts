import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { exitCodes, exitOf, faultExits } from '../../../src/cli/exitcodes.ts'
import type { ExitName } from '../../../src/cli/exitcodes.ts'
import { faultTable } from '../../../src/domain/fault.ts'
import type { FaultCode, FaultSubject } from '../../../src/domain/fault.ts'

const codes = Object.keys(faultTable) as readonly FaultCode[]

/** What a script may conclude from the end, by what the fault is about. */
const endsOf: Readonly<Record<FaultSubject, readonly ExitName[]>> = {
  names: ['refused'],
  policy: ['refused'],
  request: ['refused'],
  credentials: ['issuer'],
  configuration: ['issuer'],
  rate: ['temporary'],
  network: ['temporary', 'issuer'],
  server: ['temporary'],
  protocol: ['temporary', 'reply'],
  security: ['security'],
  operator: ['internal'],
}

/** The row of an exit code in the page about the tool. */
const rowOf = (code: number): string =>
  new RegExp(String.raw`^\| ${code} \|.*$`, 'm').exec(readFileSync('docs/cli.md', 'utf8'))?.[0] ?? ''

describe('the page about the tool', () => {
  it.each(Object.entries(exitCodes))('explains the end %s, code %d', (_name, code) => {
    expect(rowOf(code)).not.toBe('')
  })

  it.each(codes)('lists %s under its code', (code) => {
    expect(rowOf(exitOf(code))).toContain(`\`${code}\``)
  })
})

describe('the exit code', () => {
  it.each(codes)('of %s says what a script can do about it', (code) => {
    expect(endsOf[faultTable[code].about]).toContain(faultExits[code])
    expect(exitOf(code)).toBe(exitCodes[faultExits[code]])
  })

  it.each(codes.filter((code) => faultTable[code].retry === 'soon' && code !== 'Internal'))(
    'of %s, which the operator tries again soon, is that of trouble that passes',
    (code) => expect(exitOf(code)).toBe(3),
  )

  it('is never that of success, of a wrong command line or of waiting for a fault', () => {
    const ends = codes.map((code) => exitOf(code))
    for (const end of [exitCodes.fine, exitCodes.usage, exitCodes.pending]) expect(ends).not.toContain(end)
  })

  it('tells the ends apart', () => {
    expect(new Set(Object.values(exitCodes)).size).toBe(Object.keys(exitCodes).length)
  })
})
