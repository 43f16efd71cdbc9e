/**
 * Packs `kubectl perennial` for krew, kubectl's package manager: an archive, and the manifest that says where it lies.
 *
 *   npm run krew -- --base https://downloads.example.com/perennial
 *
 * @see https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest/
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { version } from '../src/version.ts'
import { ensureBundle } from './bundle.ts'
import { run } from './run.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'dist', 'krew')
const archive = `kubectl-perennial-v${version}.tar.gz`

/** As the archive has them. Moments, owners and order are fixed, so that the same files make the same archive. */
const reproducible = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=a+rX,u+w,go-w']

async function pack(): Promise<string> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const tar = join(folder, 'perennial.tar')
  const files = ['-C', join(root, 'dist'), 'kubectl-perennial', '-C', root, 'LICENSE']
  await must('tar', ['-c', '-f', tar, ...reproducible, ...files])
  await must('gzip', ['-n', '-9', tar])
  await must('mv', [`${tar}.gz`, join(folder, archive)])
  return createHash('sha256')
    .update(readFileSync(join(folder, archive)))
    .digest('hex')
}

async function must(command: string, args: readonly string[]): Promise<void> {
  const { ok, output } = await run({ command, args })
  if (!ok) throw new Error(`${command} failed: ${output.trim()}`)
}

/**
 * @param base - where the archive is going to lie, a URL without a slash at its end
 * @param sha256 - of the archive, hex
 */
const krewManifest = (base: string, sha256: string): object => ({
  apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
  kind: 'Plugin',
  metadata: { name: 'perennial' },
  spec: {
    version: `v${version}`,
    homepage: base,
    shortDescription: 'Certificates by ACME, EST, SCEP or CMP',
    description:
      'Shows the certificates that Perennial keeps alive, says why one is not ready,\n' +
      'renews and revokes, lists and reports on all of the cluster, judges manifests by\n' +
      'policies, takes over from cert-manager, and enrolls without a cluster.\n',
    caveats: 'It needs Node.js 20.19 or later on the PATH.\n',
    platforms: [
      {
        selector: { matchExpressions: [{ key: 'os', operator: 'In', values: ['linux', 'darwin'] }] },
        uri: `${base}/${archive}`,
        sha256,
        bin: 'kubectl-perennial',
        files: [
          { from: 'kubectl-perennial', to: '.' },
          { from: 'LICENSE', to: '.' },
        ],
      },
    ],
  },
})

const { values } = parseArgs({ options: { base: { type: 'string' } } })
if (values.base === undefined || !/^https:\/\/[^\s]+[^/\s]$/.test(values.base)) {
  console.error('Say where the archive is going to lie: npm run krew -- --base https://downloads.example.com/perennial')
  process.exitCode = 1
} else {
  await ensureBundle()
  const sha256 = await pack()
  writeFileSync(join(folder, 'perennial.yaml'), stringify(krewManifest(values.base, sha256)))
  console.log(`  ✓ dist/krew/${archive} (sha256 ${sha256})`)
  console.log('  ✓ dist/krew/perennial.yaml')
  console.log('Try it: kubectl krew install --manifest=dist/krew/perennial.yaml --archive=dist/krew/' + archive)
}
