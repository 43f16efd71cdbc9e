/** The bars, and which run of the operator shows each. */
import { measureProtocol } from '../run.ts'
import type { BenchOptions } from '../options.ts'
import { introduce } from '../stage.ts'
import { failingIssuers } from './failing.ts'
import { foreign } from './foreign.ts'
import { largeKeys } from './keys.ts'
import { renewals } from './renewals.ts'
import { steady } from './steady.ts'
import { tenThousand, thousand } from './waiting.ts'

interface Scene {
  /** Bars that it shows. */
  readonly shows: readonly string[]
  readonly run: (options: BenchOptions) => Promise<void>
}

const scenes: readonly Scene[] = [
  { shows: ['P1', 'P3', 'P4', 'P5', 'P6'], run: thousand },
  { shows: ['P4'], run: (options) => measureProtocol(options, 'acme') },
  { shows: ['P2'], run: steady },
  { shows: ['P7'], run: renewals },
  { shows: ['P3', 'P5', 'P6', 'P8', 'P9'], run: tenThousand },
  { shows: ['P10'], run: foreign },
  { shows: ['P11'], run: failingIssuers },
  { shows: ['P12'], run: largeKeys },
]

/** Runs what shows the bars that are asked for; what another bar is shown by on the way is printed, too. */
export async function measureBars(options: BenchOptions): Promise<void> {
  introduce()
  const { bars } = options
  for (const { shows, run } of scenes)
    if (bars === undefined || shows.some((name) => bars.includes(name))) await run(options)
}
