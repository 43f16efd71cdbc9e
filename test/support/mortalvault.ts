/** A vault for a process that dies at one of its writes. */
import type { Vault } from '../../src/enroll/enroller.ts'

export class Killed extends Error {}

export interface Death {
  /** Which write, from 0. */
  readonly write: number
  readonly point: 'before' | 'after'
}

/** Every death that so many writes have. */
export const deathsIn = (writes: number): readonly Death[] =>
  Array.from({ length: writes }, (_, write) => (['before', 'after'] as const).map((point) => ({ write, point }))).flat()

/** Dies just before or just after one of its writes takes effect. */
export function mortal(vault: Vault, { write, point }: Death): Vault {
  let writes = 0
  return {
    load: (name) => vault.load(name),
    create: (name, data) => vault.create(name, data),
    swap: async (...swap) => {
      const dies = writes++ === write
      if (dies && point === 'before') throw new Killed()
      const swapped = await vault.swap(...swap)
      if (dies) throw new Killed()
      return swapped
    },
  }
}
