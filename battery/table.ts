/** The runs of the battery by name, in the order in which they are run. */
import type { BatteryOptions } from './options.ts'
import { killEverywhere } from './runs/r1.ts'
import { killAtRandom } from './runs/r2.ts'
import { changeLeaders } from './runs/r10.ts'
import { partNetworks } from './runs/r11.ts'
import { sendNonsense } from './runs/r12.ts'
import { walkAtRandom } from './runs/r15.ts'
import { removeEverything } from './runs/r16.ts'
import { liveBadly } from './runs/r22.ts'
import { restartApiServer } from './runs/r3.ts'
import { spoilWatches } from './runs/r4.ts'
import { listTheOld } from './runs/r5.ts'
import { writeInBetween } from './runs/r6.ts'
import { setClocks } from './runs/r9.ts'
import type { Row } from './verdict.ts'

export type Run = (options: BatteryOptions) => Promise<readonly Row[]>

export const runs: Readonly<Record<string, Run>> = {
  R1: killEverywhere,
  R2: killAtRandom,
  R3: restartApiServer,
  R4: spoilWatches,
  R5: listTheOld,
  R6: writeInBetween,
  R9: setClocks,
  R10: changeLeaders,
  R11: partNetworks,
  R12: sendNonsense,
  R15: walkAtRandom,
  R16: removeEverything,
  R22: liveBadly,
}
