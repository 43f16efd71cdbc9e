/** Alerts and dashboards speak of metrics by name: a renamed one would silence them without a word. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'

const read = (path: string): string => readFileSync(path, 'utf8')
const known = new Set(
  [...read('docs/reference/metrics.md').matchAll(/^\| `(perennial_\w+)`/gm)].map(([, name]) => name),
)

interface Rule {
  readonly alert: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly description: string }
}

const { groups } = parse(read('charts/perennial/rules/perennial.yaml')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[]
}
const rules = groups.flatMap((group) => group.rules)

describe('alerts and dashboards', () => {
  it.each(['charts/perennial/rules/perennial.yaml', 'charts/perennial/dashboards/perennial.json'])(
    'in %s speak only of metrics that are there',
    (path) => {
      const named = [...read(path).matchAll(/perennial_\w+/g)].map(([name]) => name.replace(/_bucket$/, ''))
      expect(named.length).toBeGreaterThan(8)
      expect(named.filter((name) => !known.has(name))).toEqual([])
    },
  )

  it.each(rules)('$alert is told in sentences and explained on the page', ({ alert, labels, annotations }) => {
    expect(['warning', 'critical']).toContain(labels.severity)
    expect(annotations.summary).toMatch(/\.$/)
    expect(annotations.description).toMatch(/\.$/)
    expect(read('docs/monitoring.md')).toContain(`## ${alert}\n`)
    expect(read('charts/perennial/rules/perennial.test.yaml')).toContain(`alertname: ${alert}\n`)
  })
})
