/** What runs on the forge: no forge is needed to see that nobody can change it from outside, and that it signs what it makes. */
import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>
  readonly steps: readonly Step[]
}

interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, Job>>
}

const folder = '.github/workflows'
const textOf = (name: string): string => readFileSync(`${folder}/${name}`, 'utf8')
const read = (name: string): Workflow => parse(textOf(name)) as Workflow
const stepsOf = (workflow: Workflow): readonly Step[] => Object.values(workflow.jobs).flatMap(({ steps }) => steps)

describe.each(readdirSync(folder))('the workflow %s', (name) => {
  it('takes every action by its commit, with the version beside it', () => {
    const lines = textOf(name)
      .split('\n')
      .filter((line) => line.includes('uses:'))
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) expect(line).toMatch(/uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  })

  it('may read alone, but where a job says why not', () => {
    expect(read(name).permissions).toEqual({ contents: 'read' })
  })

  it('installs without running scripts of packages', () => {
    const installs = stepsOf(read(name)).flatMap(({ run = '' }) => (/npm (?:ci|install)/.test(run) ? [run] : []))
    expect(installs.filter((run) => !run.includes('--ignore-scripts'))).toEqual([])
  })
})

describe('a release', () => {
  const release = read('release.yml')
  const build = stepsOf(release).find(({ uses = '' }) => uses.startsWith('docker/build-push-action@'))
  const commands = stepsOf(release).map(({ run = '' }) => run)

  it('is of several architectures, with a bill of materials and provenance', () => {
    expect(build?.with).toMatchObject({ platforms: 'linux/amd64,linux/arm64', sbom: true, provenance: 'mode=max' })
  })

  it('is built on digests of the images that the Dockerfile names', () => {
    const dockerfile = readFileSync('Dockerfile', 'utf8')
    for (const stage of ['BUILD_IMAGE', 'RUN_IMAGE']) {
      expect(build?.with?.['build-args']).toContain(`${stage}=\${{ steps.base.outputs.${stage} }}`)
      expect(dockerfile).toMatch(new RegExp(`^ARG ${stage}=\\S+:\\S+$`, 'm'))
      expect(dockerfile).toMatch(new RegExp(`^FROM .*\\$${stage}( |$)`, 'm'))
    }
  })

  it('is signed by digest, without a key: the image and the chart', () => {
    expect(Object.values(release.jobs).map(({ permissions }) => permissions)).toEqual([
      { contents: 'read', packages: 'write', 'id-token': 'write' },
    ])
    expect(commands.filter((run) => /cosign sign --yes "\S+@/.test(run))).toHaveLength(2)
  })
})
