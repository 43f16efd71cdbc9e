/** The images of the suite: the operator's own, from the files that the Dockerfile packs, and one with the programs around it. */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { imageFiles, imageUser } from '../../scripts/image-files.ts'
import { hardeningHere, operatorLaunch } from '../../scripts/launch.ts'
import { run } from '../../scripts/run.ts'
import { locate } from '../../scripts/toolchain/find.ts'
import { scratchDirectory } from '../support/scratch.ts'
import { archive, layOut, load } from './rootfs.ts'
import type { Contents, Image } from './rootfs.ts'

export const operatorImage = { repository: 'docker.io/library/perennial', tag: 'e2e' } as const
/** Node, nginx with the controller beside this file, Pebble with its name server, BIND, openssl and curl. */
export const partsImage = 'docker.io/library/perennial-parts:e2e'

/** Where Debian and Ubuntu keep what clients of public CAs trust. */
const roots = '/etc/ssl/certs/ca-certificates.crt'

/** Debian's, where they are not called like the program. */
const packages: Readonly<Record<string, string>> = { named: 'bind9', nginx: 'nginx-light' }

/** @throws with a sentence when a program of the system is missing */
function programOfSystem(name: string): string {
  const path = ['/usr/sbin', '/usr/bin', '/usr/local/bin', '/usr/local/sbin']
    .map((folder) => join(folder, name))
    .find(existsSync)
  if (path === undefined)
    throw new Error(`${name} is not there. Install it with: apt-get install ${packages[name] ?? name}`)
  return path
}

const node = '/nodejs/bin/node'

const operator: { readonly image: Image; readonly contents: Contents } = {
  image: {
    name: `${operatorImage.repository}:${operatorImage.tag}`,
    entrypoint: [node, ...operatorLaunch.nodeOptions, ...hardeningHere(), '/app/perennial.mjs'],
    user: imageUser,
    environment: { NODE_ENV: 'production', ...operatorLaunch.environment },
  },
  contents: {
    files: {
      [node]: process.execPath,
      [roots]: roots,
      ...Object.fromEntries(imageFiles.map(({ source, target }) => [target, source])),
    },
  },
}

/** Bundles the small ingress controller, so that Node runs it without its sources. */
async function bundleController(outfile: string): Promise<void> {
  const ended = await run({
    command: process.execPath,
    args: [
      'node_modules/esbuild/bin/esbuild',
      'test/e2e/nginx/main.ts',
      '--bundle',
      '--platform=node',
      '--format=esm',
      '--log-level=warning',
      `--outfile=${outfile}`,
    ],
  })
  if (!ended.ok) throw new Error(`the ingress controller cannot be bundled: ${ended.output}`)
}

function partsOf(controller: string): { readonly image: Image; readonly contents: Contents } {
  const acme = locate(['pebble', 'pebble-challtestsrv'])
  return {
    image: { name: partsImage, entrypoint: [node], user: imageUser, environment: {} },
    contents: {
      files: {
        [node]: process.execPath,
        '/app/ingress.mjs': controller,
        '/usr/bin/nginx': programOfSystem('nginx'),
        '/usr/bin/openssl': programOfSystem('openssl'),
        '/usr/bin/curl': programOfSystem('curl'),
        '/usr/sbin/named': programOfSystem('named'),
        '/usr/bin/pebble': acme.pebble,
        '/usr/bin/pebble-challtestsrv': acme['pebble-challtestsrv'],
      },
      texts: { '/etc/ssl/openssl.cnf': '' },
    },
  }
}

/**
 * Packs the images and has them loaded into the nodes of the cluster.
 *
 * @param loader - a command that takes the path of an archive as its last argument
 * @param which - `parts` where the operator's image is in the cluster already
 */
export async function loadImages(loader: string, which: 'all' | 'parts'): Promise<void> {
  const scratch = scratchDirectory('images')
  try {
    const controller = join(scratch.path, 'ingress.mjs')
    await bundleController(controller)
    const parts = partsOf(controller)
    for (const [index, { image, contents }] of (which === 'all' ? [operator, parts] : [parts]).entries()) {
      const folder = join(scratch.path, String(index))
      const root = join(folder, 'root')
      mkdirSync(root, { recursive: true })
      await layOut(root, contents)
      await load(loader, await archive(root, folder, image))
    }
  } finally {
    scratch.remove()
  }
}
