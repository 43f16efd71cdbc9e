/** The page about dependencies speaks of those that there are, and of the versions that are taken. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'

interface PackageFile {
  readonly dependencies: Readonly<Record<string, string>>
  readonly scripts: Readonly<Record<string, string>>
}

interface Lockfile {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly dev?: boolean; readonly hasInstallScript?: boolean }>
  >
}

const page = readFileSync('docs/dependencies.md', 'utf8')
const own = JSON.parse(readFileSync('package.json', 'utf8')) as PackageFile
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lockfile
const direct = Object.keys(own.dependencies)
const rows = page.split('\n').flatMap((line) => /^\| `([^`]+)` \| (.*) \|$/.exec(line)?.slice(1) ?? [])

describe('the direct dependencies', () => {
  it('are few', () => {
    expect(direct.length).toBeLessThanOrEqual(15)
    expect(page).toContain('Eight packages are direct dependencies')
    expect(direct).toHaveLength(8)
  })

  it.each(direct)('have a reason and a review each: %s, of the version that is taken', (name) => {
    expect(rows.filter((cell) => cell === name)).toHaveLength(2)
    const { version = '' } = packages[`node_modules/${name}`] ?? {}
    expect(page).toContain(`| \`${name}\` | ${version}, `)
  })
})

describe('what is in the bundle', () => {
  it('has nothing that runs when it is installed', () => {
    const running = Object.entries(packages).filter(([, one]) => one.dev !== true && one.hasInstallScript === true)
    expect(running.map(([path]) => path)).toEqual([])
    expect(readFileSync('.npmrc', 'utf8')).toContain('ignore-scripts=true')
    expect(Object.keys(own.scripts).filter((name) => /^(?:pre|post)?(?:install|prepare)/.test(name))).toEqual([])
  })
})
