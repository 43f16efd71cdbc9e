/**
 * The bill of materials of a bundle, as CycloneDX 1.5: the packages whose files are really in it. `npm sbom` lists what is
 * installed, which is more, and leaves out what development needs as well.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import type { Metafile } from 'esbuild'
import { version } from '../src/version.ts'

interface PackageFile {
  readonly name: string
  readonly version: string
  readonly license?: string
}

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly integrity?: string }>>
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

/** @returns folders of the packages whose files esbuild took in, in order */
function packageFolders(metafiles: readonly Metafile[]): readonly string[] {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs))
  const folders = inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [])
  return [...new Set(folders)].toSorted()
}

/** Writes the bill: the same bytes for the same packages, without a moment and a serial number. */
export function writeSbom(metafiles: readonly Metafile[], path: string): void {
  const lock = readJson('package-lock.json') as Lockfile
  const components = packageFolders(metafiles).map((folder) => {
    const found = readJson(`${folder}/package.json`) as PackageFile
    return component(found, lock.packages[folder]?.integrity)
  })
  const metadata = { component: { type: 'application', name: 'perennial', version, 'bom-ref': `perennial@${version}` } }
  const document = { bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, metadata, components }
  writeFileSync(path, `${JSON.stringify(document, undefined, 2)}\n`)
}

/** @param integrity - of the lockfile: the name of a hash, a hyphen, base64 */
function component({ name, version: its, license }: PackageFile, integrity: string | undefined): object {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${its}`
  const [, hash = ''] = /^sha512-(\S+)$/.exec(integrity ?? '') ?? []
  return {
    type: 'library',
    'bom-ref': `${name}@${its}`,
    name,
    version: its,
    purl,
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
    ...(hash === '' ? {} : { hashes: [{ alg: 'SHA-512', content: Buffer.from(hash, 'base64').toString('hex') }] }),
  }
}
