import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { forgetUnderway, keepUnderway, readUnderway } from '../../../src/cli/resume.ts'
import type { Underway } from '../../../src/cli/resume.ts'
import { generateKey } from '../../../src/pki/key.ts'
import { instant } from '../../../src/std/time.ts'
import { CliDesk } from '../../support/clitool.ts'
import { unwrap } from '../../support/unwrap.ts'

const key = await generateKey({ algorithm: 'ECDSA', size: 256 })
const noon = instant(Date.UTC(2026, 10, 23, 12))
const bare: Underway = { request: 'a', issuer: 'b', key, renewal: true, startedAt: noon }
const whole: Underway = {
  ...bare,
  ticket: {
    version: 3,
    phase: 'challenges',
    state: { deep: { list: [1, 'x', null, true] } },
    answers: [{ type: 'http-01', identifier: 'a.example', token: 't', value: 't.x' }],
  },
  keptRequest: new Uint8Array([0, 1, 254, 255]),
  wakeAt: instant(noon + 60_000),
}

let desk: CliDesk

beforeEach(() => {
  desk = new CliDesk()
})

afterEach(() => desk.remove())

const stateFile = (): string => join(desk.out, 'enrollment.json')
const plain = ({ key: held, ...rest }: Underway): object => ({ ...rest, key: held.publicKeyHash })

describe('an enrollment under way', () => {
  it.each([
    ['that has just begun', bare],
    ['with ticket, request and time', whole],
  ])('%s is read as it was kept', async (_name, underway) => {
    await keepUnderway(desk.out, underway)
    const read = unwrap(await readUnderway(desk.out))
    expect(read && plain(read)).toEqual(plain(underway))
    expect(['enrollment.json', 'next.key'].map((file) => desk.mode(file))).toEqual([0o600, 0o600])
  })

  it('is not there before it is kept, nor after it is forgotten', async () => {
    expect(await readUnderway(desk.out)).toEqual({ ok: true, value: undefined })
    await keepUnderway(desk.out, whole)
    await forgetUnderway(desk.out)
    expect(desk.files()).toEqual([])
    await forgetUnderway(desk.out)
  })

  it('replaces the key of the one before', async () => {
    const second = { ...bare, key: await generateKey({ algorithm: 'Ed25519', size: 0 }) }
    await keepUnderway(desk.out, whole)
    await keepUnderway(desk.out, second)
    expect(unwrap(await readUnderway(desk.out))?.key.publicKeyHash).toBe(second.key.publicKeyHash)
  })

  it('without its key, or with another, is a matter for a person', async () => {
    await keepUnderway(desk.out, whole)
    const other = await generateKey({ algorithm: 'Ed25519', size: 0 })
    writeFileSync(join(desk.out, 'next.key'), other.toPem('PKCS8'))
    expect(await readUnderway(desk.out)).toMatchObject({ ok: false, error: expect.stringContaining('--fresh') })
    rmSync(join(desk.out, 'next.key'))
    expect(await readUnderway(desk.out)).toMatchObject({ ok: false, error: expect.stringContaining('next.key') })
  })

  it('whose file is damaged in any way is told or read, and never throws', async () => {
    await keepUnderway(desk.out, whole)
    const good = readFileSync(stateFile())
    const damage = fc.tuple(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length))
    await fc.assert(
      fc.asyncProperty(damage, async ([at, byte, end]) => {
        const bytes = Buffer.from(good)
        bytes[at] = byte
        writeFileSync(stateFile(), bytes.subarray(0, end))
        const read = await readUnderway(desk.out)
        if (!read.ok) expect(read.error).toContain('--fresh')
      }),
      { numRuns: 200 },
    )
  })
})
