/** Builds a part with Go, from the module proxy: no compiler for C and no checkout of anybody's repository are needed. */
import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Binary, Edition, GoVersion, Part, Recipe } from './parts.ts'

/** Staging modules of k8s.io/kubernetes, which its go.mod requires at v0.0.0. */
const stagingModules = [
  'api apiextensions-apiserver apimachinery apiserver cli-runtime client-go cloud-provider cluster-bootstrap',
  'code-generator component-base component-helpers controller-manager cri-api cri-client cri-streaming',
  'csi-translation-lib dynamic-resource-allocation endpointslice externaljwt kms kube-aggregator',
  'kube-controller-manager kube-proxy kube-scheduler kubectl kubelet metrics mount-utils pod-security-admission',
  'sample-apiserver sample-cli-plugin sample-controller streaming',
].flatMap((line) => line.split(' '))

/** Those that came with 1.36. */
const recentModules: readonly string[] = ['cri-streaming', 'streaming']

/** @returns undefined when there is no Go to call */
export function installedGo(): GoVersion | undefined {
  try {
    const text = execFileSync('go', ['env', 'GOVERSION'], { encoding: 'utf8', cwd: tmpdir(), stdio: 'pipe' })
    const minor = /^go1\.(\d+)/.exec(text)?.[1]
    return minor === undefined ? undefined : `1.${Number(minor)}`
  } catch {
    return undefined
  }
}

export function canBuild(go: GoVersion, edition: Edition): boolean {
  return minorOf(go) >= minorOf(edition.go)
}

const minorOf = (version: GoVersion): number => Number(version.slice('1.'.length))

export interface Build {
  readonly binary: Binary
  readonly part: Part
  readonly edition: Edition
  /** Where the binary goes. */
  readonly directory: string
  /** Told what Go says while it works. */
  readonly onLine: (line: string) => void
}

/** @throws with the end of what Go said when the build fails */
export async function buildWithGo(build: Build): Promise<void> {
  const workspace = mkdtempSync(join(tmpdir(), 'perennial-go-'))
  try {
    writeFileSync(join(workspace, 'go.mod'), moduleFile(build))
    const { recipe } = build.part
    if (recipe.kind === 'program') copyFileSync(join(import.meta.dirname, recipe.source), join(workspace, 'main.go'))
    const packagePath = packageOf(recipe)
    const output = join(build.directory, build.binary)
    const flags = ['-mod=mod', '-trimpath', '-ldflags', linkerFlags(build)]
    await run(['build', ...flags, '-o', output, packagePath], workspace, build.onLine)
  } finally {
    rmSync(workspace, { recursive: true, force: true })
  }
}

function packageOf(recipe: Recipe): string {
  switch (recipe.kind) {
    case 'kubernetes':
      return `k8s.io/kubernetes/cmd/${recipe.command}`
    case 'package':
      return recipe.package
    case 'program':
      return '.'
  }
}

function moduleFile({ part, edition }: Build): string {
  const { recipe } = part
  if (recipe.kind !== 'kubernetes') {
    return ['module wrapper', `go ${edition.go}`, `require ${recipe.module} v${edition.version}`, ''].join('\n')
  }
  const staging = edition.version.replace(/^1\./, 'v0.')
  const modules = stagingModules.filter((name) => edition.go === '1.26' || !recentModules.includes(name))
  return [
    'module wrapper',
    `go ${edition.go}.0`,
    `godebug default=go${edition.go}`,
    `require k8s.io/kubernetes v${edition.version}`,
    ...modules.map((name) => `replace k8s.io/${name} => k8s.io/${name} ${staging}`),
    '',
  ].join('\n')
}

/** Without the stamps the server calls itself v0.0.0-master, and version checks break. */
function linkerFlags({ part, edition }: Build): string {
  if (part.recipe.kind !== 'kubernetes') return '-s -w'
  const [major, minor] = edition.version.split('.')
  const stamps = {
    'k8s.io/component-base/version.gitVersion': `v${edition.version}`,
    'k8s.io/component-base/version.gitMajor': major,
    'k8s.io/component-base/version.gitMinor': minor,
    'k8s.io/component-base/version.gitTreeState': 'clean',
    'k8s.io/component-base/version.gitCommit': 'unknown',
    'k8s.io/component-base/version.buildDate': '1970-01-01T00:00:00Z',
    'k8s.io/client-go/pkg/version.gitVersion': `v${edition.version}`,
  }
  return ['-s -w', ...Object.entries(stamps).map(([name, value]) => `-X ${name}=${value}`)].join(' ')
}

function run(args: readonly string[], cwd: string, onLine: (line: string) => void): Promise<void> {
  // Flags and workspaces of the user's own Go projects must not reach into this build.
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' }
  return new Promise((resolve, reject) => {
    const said: string[] = []
    const child = spawn('go', args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const hear = (chunk: Buffer): void => {
      for (const line of chunk.toString().split('\n').filter(Boolean)) {
        said.push(line)
        onLine(line)
      }
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) return resolve()
      reject(new Error(`go build failed (${signal ?? code}):\n${said.slice(-20).join('\n')}`))
    })
  })
}
