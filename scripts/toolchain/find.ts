/** Where a part may already be: a directory that the user names, or the cache of the user. Nothing is built here. */
import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { partOf } from './parts.ts'
import type { Binary, Edition } from './parts.ts'

export interface Found {
  readonly binary: Binary
  readonly path: string
  /** Which way it was had, for the person who asks why this one. */
  readonly way: string
}

/** The convention of envtest: a directory with kube-apiserver, etcd and kubectl. Every other part is looked for there too. */
const assetsVariable = 'KUBEBUILDER_ASSETS'

/** Outside the checkout, so that a second clone builds nothing. */
export function cacheDirectory(): string {
  const base = process.env['XDG_CACHE_HOME'] ?? ''
  return join(base === '' ? join(homedir(), '.cache') : base, 'perennial')
}

export function cachedDirectory(binary: Binary, { version }: Edition): string {
  return join(cacheDirectory(), `${binary}-${version}`)
}

export function find(binary: Binary): Found | undefined {
  return findInAssets(binary) ?? findInCache(binary)
}

/**
 * @returns the path of each, as an object by name
 * @throws when one of them has not been built yet, with the command that builds it
 */
export function locate<const B extends Binary>(binaries: readonly B[]): Readonly<Record<B, string>> {
  const paths = binaries.map((binary) => {
    const found = find(binary)
    if (found === undefined) throw new Error(`${binary} is not there yet. Get it with: npm run toolchain`)
    return [binary, found.path] as const
  })
  // Every name that was asked for has its row.
  return Object.fromEntries(paths) as Record<B, string>
}

function findInAssets(binary: Binary): Found | undefined {
  const directory = process.env[assetsVariable] ?? ''
  if (directory === '') return undefined
  const path = join(directory, binary)
  return isExecutable(path) ? { binary, path, way: `from $${assetsVariable}` } : undefined
}

function findInCache(binary: Binary): Found | undefined {
  for (const edition of partOf(binary).editions) {
    const path = join(cachedDirectory(binary, edition), binary)
    if (isExecutable(path)) return { binary, path, way: `${edition.version}, from the cache` }
  }
  return undefined
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
