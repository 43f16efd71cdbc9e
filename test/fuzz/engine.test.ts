import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, jest } from '@jest/globals'
import { hunt } from '../../scripts/fuzz/hunt.ts'
import type { Bag, Hunt } from '../../scripts/fuzz/hunt.ts'

// Threads are started and broken off, which a busy machine takes its time for.
jest.setTimeout(120_000)

const folder = mkdtempSync(join(tmpdir(), 'perennial-fuzz-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

let written = 0

/** Hunts in a parser that is written for it. */
function huntIn(body: string, more: Partial<Hunt> & { readonly form?: string } = {}): Promise<Bag> {
  const { form = 'bytes', ...plan } = more
  const source = join(folder, `target${(written += 1)}.ts`)
  writeFileSync(source, `export const target = { form: '${form}', longest: 4096, run(input) { ${body} } }`)
  return hunt({ source, corpus: [Buffer.from('seed')], seed: 1, seconds: 60, executions: 40_000, ...plan })
}

const kinds = ({ findings }: Bag): readonly string[] => findings.map(({ kind }) => kind)

describe('the fuzzer', () => {
  it('finds its way behind several conditions by what each of them lets through', async () => {
    const bag = await huntIn(`
      if (input[0] !== 70) return
      if (input[1] !== 85) return
      if (input[2] !== 90) return
      if (input[3] !== 231) return
      throw new Error('found')`)
    expect(bag.findings).toMatchObject([{ kind: 'exception', words: expect.stringContaining('Error: found') }])
    expect([...(bag.findings[0]?.input ?? [])].slice(0, 4)).toEqual([70, 85, 90, 231])
  })

  it('knows the words that a parser compares with', async () => {
    const bag = await huntIn(`if (Buffer.from(input).includes('a word nobody guesses')) throw new Error('found')`)
    expect(kinds(bag)).toEqual(['exception'])
  })

  it('changes what lies deep in an encoding, and keeps the lengths around it right', async () => {
    const corpus = [Buffer.from('300c300a3008040600000000002a', 'hex')]
    const body = `
      const inside = (bytes, tag) => bytes[0] === tag && bytes[1] === bytes.length - 2 ? bytes.subarray(2) : undefined
      let at = inside(input, 48)
      at = at && inside(at, 48)
      at = at && inside(at, 48)
      const value = at && inside(at, 4)
      if (value && value.length > 8 && value.length < 40) throw new Error('found')`
    expect(kinds(await huntIn(body, { corpus, form: 'der' }))).toEqual(['exception'])
  })

  it('finds what takes long', async () => {
    const bag = await huntIn(`
      if (input[0] !== 88) return
      const end = process.cpuUsage().user + 150_000
      while (process.cpuUsage().user < end);`)
    expect(kinds(bag)).toEqual(['slow'])
  })

  it('finds what takes much memory', async () => {
    const bag = await huntIn(`
      if (input[0] !== 88) return
      globalThis.held = [...(globalThis.held ?? []).slice(-1), Buffer.alloc(80 * 1024 * 1024)]`)
    expect(kinds(bag)).toEqual(['memory'])
  })

  it('breaks off what never ends, keeps its input, and goes on', async () => {
    const bag = await huntIn(`if (input[0] === 88) for (;;);`, { patience: 500, seconds: 2 })
    expect(kinds(bag)).toContain('hang')
    expect(bag.findings.every(({ input }) => input[0] === 88)).toBe(true)
  })

  it('does the same again with the same seed', async () => {
    const body = `if (input[0] === 1) { if (input.length > 9) return 1; if (input[1] === 2) return 2 }`
    const [one, other] = [await huntIn(body, { executions: 5000 }), await huntIn(body, { executions: 5000 })]
    expect(one.favoured).toEqual(other.favoured)
    expect(one.counts).toMatchObject({ executions: 5000, features: other.counts.features })
  })

  it('finds nothing where there is nothing', async () => {
    const { findings, counts, favoured } = await huntIn('return input.length', { executions: 2000 })
    expect(findings).toEqual([])
    expect(counts.executions).toBe(2000)
    expect(favoured.length).toBeGreaterThan(0)
  })
})
