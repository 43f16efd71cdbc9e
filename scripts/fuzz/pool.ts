/** The inputs that each reached something new, and which of them is changed next. */
import type { Dice } from './dice.ts'

export interface Pool {
  readonly size: number
  /** @param features - what the input reaches */
  add(input: Uint8Array, features: readonly number[]): void
  /** The input to be changed. */
  next(dice: Dice): Uint8Array
  /** Any input. */
  any(dice: Dice): Uint8Array
  /** The shortest inputs that together reach all that was reached. */
  favoured(): readonly Uint8Array[]
}

export function poolOf(): Pool {
  const inputs: Uint8Array[] = []
  const features: (readonly number[])[] = []
  /** The shortest input that reaches a feature, by its place. */
  const best = new Map<number, number>()
  /** The keys of `best`, to pick from. */
  const known: number[] = []
  const any = (dice: Dice): Uint8Array => (inputs.length === 0 ? new Uint8Array() : dice.pick(inputs))
  return {
    get size() {
      return inputs.length
    },
    add: (input, reached) => {
      const place = inputs.push(input) - 1
      features.push(reached)
      for (const feature of reached) {
        const holder = best.get(feature)
        if (holder === undefined) known.push(feature)
        if (holder === undefined || input.length < (inputs[holder]?.length ?? 0)) best.set(feature, place)
      }
    },
    // A feature first, so that what only one input reaches is looked at as often as what they all reach; the newest for luck.
    next: (dice) => {
      if (known.length === 0 || dice.oneIn(8)) return any(dice)
      if (dice.oneIn(6)) return inputs[inputs.length - 1 - dice.below(Math.min(8, inputs.length))] ?? any(dice)
      return inputs[best.get(dice.pick(known)) ?? 0] ?? any(dice)
    },
    any,
    favoured: () => cover(inputs, { features, best }),
  }
}

/** Greedy: the rarest features first, each by its shortest input. */
function cover(
  inputs: readonly Uint8Array[],
  { features, best }: { features: readonly (readonly number[])[]; best: ReadonlyMap<number, number> },
): readonly Uint8Array[] {
  const holders = new Map<number, number>()
  for (const feature of features.flat()) holders.set(feature, (holders.get(feature) ?? 0) + 1)
  const covered = new Set<number>()
  const chosen = new Set<number>()
  const rarest = [...best].sort(([a], [b]) => (holders.get(a) ?? 0) - (holders.get(b) ?? 0) || a - b)
  for (const [feature, place] of rarest) {
    if (covered.has(feature)) continue
    chosen.add(place)
    for (const reached of features[place] ?? []) covered.add(reached)
  }
  return [...chosen].sort((a, b) => a - b).flatMap((place) => inputs[place] ?? [])
}
