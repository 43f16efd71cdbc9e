/** Runs the battery and prints what was found. */
import { cpus } from 'node:os'
import type { BatteryOptions } from './options.ts'
import { writeRows } from './page.ts'
import { runs } from './table.ts'
import { brokenOff } from './verdict.ts'
import type { Row } from './verdict.ts'

/** @returns whether nothing was lost */
export async function runBattery(options: BatteryOptions): Promise<boolean> {
  console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`)
  const names = options.runs.length === 0 ? Object.keys(runs) : options.runs
  const all: Row[] = []
  for (const name of names) {
    const begun = performance.now()
    const rows = await outcome(name, options)
    const took = `${((performance.now() - begun) / 60_000).toFixed(1)} min`
    for (const row of rows) print(row)
    console.log(`${name} took ${took}`)
    all.push(...rows)
  }
  if (options.writes) writeRows(all)
  return all.every(({ lost }) => lost.length === 0)
}

async function outcome(name: string, options: BatteryOptions): Promise<readonly Row[]> {
  try {
    return (await runs[name]?.(options)) ?? []
  } catch (error) {
    return [brokenOff(name, error)]
  }
}

function print({ id, what, often, found, lost }: Row): void {
  console.log(`${id}  ${what}\n    ${often}; ${found}; lost: ${lost.length === 0 ? 'nothing' : lost.length}`)
  for (const sentence of lost) console.log(`    ✗ ${sentence}`)
}
