/** The alerting rules, judged by Prometheus' own tool over series of hours. */
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from '@jest/globals'

const isHere = spawnSync('promtool', ['--version']).status === 0
const only = isHere ? it : it.skip
const why = isHere ? '' : ' (skipped: promtool of the package prometheus is not installed)'

const promtool = (...args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: 'charts/perennial/rules', encoding: 'utf8' })
  return `${status === 0 ? 'fine' : 'failed'}\n${stdout}${stderr}`
}

describe(`the alerting rules${why}`, () => {
  only('can be read', () => {
    expect(promtool('check', 'rules', 'perennial.yaml')).toMatch(/^fine\n[^]*13 rules found/)
  })

  only('fire when they should, and only then', () => {
    expect(promtool('test', 'rules', 'perennial.test.yaml')).toMatch(/^fine\n/)
  })
})
