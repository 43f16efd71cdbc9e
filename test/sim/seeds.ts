import { World } from './world.ts'
import type { WorldOptions } from './world.ts'

/**
 * SIM_SEEDS: how many times as many worlds as usual. SIM_SEED: only the world of this seed, to look at a failure again.
 */
const { SIM_SEEDS = '1', SIM_SEED } = process.env

/** @returns different seeds for every promise, the same in every run */
export function seeds(promise: string, count: number): readonly number[] {
  if (SIM_SEED !== undefined) return [Number(SIM_SEED)]
  let first = 0
  for (const letter of promise) first = (first * 31 + letter.charCodeAt(0)) % 1_000_000
  return Array.from({ length: Math.ceil(count * Number(SIM_SEEDS)) }, (_, i) => first + i)
}

/** Lives through one world for each seed. A failure tells the seed and the last steps. */
export function forWorlds(
  all: readonly number[],
  options: (seed: number) => Omit<WorldOptions, 'seed'>,
  story: (world: World) => void,
): void {
  for (const seed of all) {
    const world = new World({ ...options(seed), seed })
    try {
      story(world)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      throw new Error(`seed ${seed}: ${message}\n${String(world.trace)}`, { cause: error })
    }
  }
}
