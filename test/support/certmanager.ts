/** The kinds of cert-manager as it publishes them, from its Go module. */
import { execFile } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ControlPlane } from './controlplane.ts'
import { scratchDirectory } from './scratch.ts'

const certManagerModule = 'github.com/cert-manager/cert-manager@v1.21.2'

/** @throws when the module proxy cannot be reached and the module was never downloaded */
export async function installCertManagerKinds(plane: ControlPlane): Promise<void> {
  const scratch = scratchDirectory('certmanager')
  try {
    const env = { ...process.env, GOFLAGS: '-mod=mod', GOWORK: 'off' }
    const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', certManagerModule], {
      cwd: scratch.path,
      env,
    })
    const { Dir } = JSON.parse(stdout) as { readonly Dir: string }
    await plane.kubectl(['apply', '--server-side', '-f', '-'], publishedKinds(Dir))
    await plane.kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all'])
  } finally {
    scratch.remove()
  }
}

function publishedKinds(directory: string): string {
  const folder = join(directory, 'deploy', 'crds')
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
  return files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n---\n')
}
