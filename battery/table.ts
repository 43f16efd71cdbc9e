/** The runs of the battery by name, in the order in which they are run. */
import type { BatteryOptions } from './options.ts'
import { killEverywhere } from './runs/r1.ts'
import type { Row } from './verdict.ts'

export type Run = (options: BatteryOptions) => Promise<readonly Row[]>

export const runs: Readonly<Record<string, Run>> = {
  R1: killEverywhere,
}
