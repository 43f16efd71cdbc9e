import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { Turns } from '../../../src/pki/turns.ts'
import type { Weight } from '../../../src/pki/turns.ts'

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Work that ends when it is told to. */
class Bench {
  readonly turns = new Turns({ all: 2, heavy: 1 })
  readonly started: string[] = []
  readonly #ends = new Map<string, (error?: Error) => void>()
  readonly #running = { light: 0, heavy: 0 }
  readonly most = { all: 0, heavy: 0 }

  begin(name: string, weight: Weight): Promise<string> {
    return this.turns.take(weight, async () => {
      this.started.push(name)
      this.#running[weight] += 1
      this.most.all = Math.max(this.most.all, this.#running.light + this.#running.heavy)
      this.most.heavy = Math.max(this.most.heavy, this.#running.heavy)
      try {
        await new Promise<void>((resolve, reject) => {
          this.#ends.set(name, (error) => (error === undefined ? resolve() : reject(error)))
        })
      } finally {
        this.#running[weight] -= 1
      }
      return name
    })
  }

  async end(name: string, error?: Error): Promise<void> {
    this.#ends.get(name)?.(error)
    await settled()
  }
}

describe('turns', () => {
  it('are taken in order, two at a time', async () => {
    const bench = new Bench()
    const all = ['a', 'b', 'c', 'd'].map((name) => bench.begin(name, 'light'))
    await settled()
    expect(bench.started).toEqual(['a', 'b'])
    await bench.end('b')
    expect(bench.started).toEqual(['a', 'b', 'c'])
    for (const name of ['a', 'c', 'd']) await bench.end(name)
    await expect(Promise.all(all)).resolves.toEqual(['a', 'b', 'c', 'd'])
  })

  it('of light work come while heavy work waits for heavy work', async () => {
    const bench = new Bench()
    const all = [bench.begin('h1', 'heavy'), bench.begin('h2', 'heavy'), bench.begin('l', 'light')]
    await settled()
    expect(bench.started).toEqual(['h1', 'l'])
    await bench.end('l')
    expect(bench.started).toEqual(['h1', 'l'])
    await bench.end('h1')
    expect(bench.started).toEqual(['h1', 'l', 'h2'])
    await bench.end('h2')
    await Promise.all(all)
  })

  it('go on after work that failed', async () => {
    const bench = new Bench()
    const ending = bench.begin('h1', 'heavy').catch((error: unknown) => error)
    const next = bench.begin('h2', 'heavy')
    await settled()
    await bench.end('h1', new Error('no memory'))
    await expect(ending).resolves.toEqual(new Error('no memory'))
    expect(bench.started).toEqual(['h1', 'h2'])
    await bench.end('h2')
    await next
  })

  it('come to all work and never to too much at once, in any mixture', async () => {
    const weights = fc.array(fc.constantFrom<Weight>('light', 'heavy'), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(weights, async (mixture) => {
        const bench = new Bench()
        const all = mixture.map((weight, index) => bench.begin(String(index), weight))
        await settled()
        for (let ended = 0; ended < mixture.length; ended += 1) await bench.end(bench.started[ended] ?? '')
        await Promise.all(all)
        expect(bench.most.all).toBeLessThanOrEqual(2)
        expect(bench.most.heavy).toBeLessThanOrEqual(1)
      }),
      { numRuns: 30 },
    )
  })
})
