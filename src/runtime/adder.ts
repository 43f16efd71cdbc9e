import type { Priority } from './queue.ts'

/** Where keys can be put. */
export interface Adder {
  add(key: string, priority?: Priority): void
}
