import { pathToFileURL } from 'node:url'
import { describe, expect, it, jest } from '@jest/globals'
import { inputsOf, targetNames, targetSource } from '../../scripts/fuzz/corpus.ts'
import { hunt } from '../../scripts/fuzz/hunt.ts'
import type { FuzzTarget } from '../../scripts/fuzz/target.ts'

// Half a second of a machine that is busy may take many.
jest.setTimeout(120_000)

const targetOf = async (name: string): Promise<FuzzTarget> =>
  ((await import(pathToFileURL(targetSource(name)).href)) as { readonly target: FuzzTarget }).target

describe.each(targetNames())('the parser behind the target %s', (name) => {
  it('breaks no promise for what the fuzzer has found of it', async () => {
    const target = await targetOf(name)
    const inputs = inputsOf(name)
    expect(inputs.length).toBeGreaterThan(4)
    for (const input of inputs) await target.run(input)
  })

  it('breaks none for what half a second of fuzzing adds to that', async () => {
    const { findings } = await hunt({ source: targetSource(name), corpus: inputsOf(name), seed: 1, seconds: 0.5 })
    expect(findings).toEqual([])
  })
})
