import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'

interface Collection<T> {
  readonly name: string
  readonly help: string
  readonly samples: () => Iterable<T>
  readonly labels: (sample: T) => Record<string, string>
  /** Undefined leaves the sample out. */
  readonly value: (sample: T) => number | undefined
}

type Collected = Awaited<ReturnType<Gauge['get']>>

/**
 * A gauge whose values are read from the caller at each scrape. prom-client's own `collect` would keep a map of every label set
 * it has seen and hash it on each scrape; with tens of thousands of objects that is memory and time for nothing.
 */
class CollectedGauge<T> extends Gauge {
  readonly #collection: Collection<T>

  constructor(collection: Collection<T>) {
    super({ name: collection.name, help: collection.help, registers: [] })
    this.#collection = collection
  }

  override async get(): Promise<Collected> {
    const { samples, labels, value } = this.#collection
    const values: Collected['values'] = []
    for (const sample of samples()) {
      const held = value(sample)
      if (held !== undefined) values.push({ value: held, labels: labels(sample) })
    }
    return { ...(await super.get()), values }
  }
}

export function collected<T>(registry: Registry, collection: Collection<T>): void {
  registry.registerMetric(new CollectedGauge(collection))
}
