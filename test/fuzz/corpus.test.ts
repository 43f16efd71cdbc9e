import { pathToFileURL } from 'node:url'
import { describe, expect, it, jest } from '@jest/globals'
import { inputsOf, targetNames, targetSource } from '../../scripts/fuzz/corpus.ts'
import { hunt } from '../../scripts/fuzz/hunt.ts'
import type { FuzzTarget } from '../../scripts/fuzz/target.ts'

jest.setTimeout(120_000)

/** As many for every run, and not as many as there is time for: the same seed makes the same inputs. */
const executions = 300
/** Only for a machine that stands still. */
const seconds = 60

const targetOf = async (name: string): Promise<FuzzTarget> =>
  ((await import(pathToFileURL(targetSource(name)).href)) as { readonly target: FuzzTarget }).target

describe.each(targetNames())('the parser behind the target %s', (name) => {
  it('breaks no promise for what the fuzzer has found of it', async () => {
    const target = await targetOf(name)
    const inputs = inputsOf(name)
    expect(inputs.length).toBeGreaterThan(4)
    for (const input of inputs) await target.run(input)
  })

  it('breaks none for what some fuzzing adds to that', async () => {
    const { findings } = await hunt({
      source: targetSource(name),
      corpus: inputsOf(name),
      seed: 1,
      seconds,
      executions,
    })
    expect(findings).toEqual([])
  })
})
