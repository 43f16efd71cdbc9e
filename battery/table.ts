/** The runs of the battery by name, in the order in which they are run. */
import type { BatteryOptions } from './options.ts'
import { killEverywhere } from './runs/r1.ts'
import { killAtRandom } from './runs/r2.ts'
import { changeLeaders } from './runs/r10.ts'
import { restartApiServer } from './runs/r3.ts'
import { spoilWatches } from './runs/r4.ts'
import type { Row } from './verdict.ts'

export type Run = (options: BatteryOptions) => Promise<readonly Row[]>

export const runs: Readonly<Record<string, Run>> = {
  R1: killEverywhere,
  R2: killAtRandom,
  R3: restartApiServer,
  R4: spoilWatches,
  R10: changeLeaders,
}
