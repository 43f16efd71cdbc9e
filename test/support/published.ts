/** Kinds of other projects as they publish them, from their Go modules. */
import { execFile } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ControlPlane } from './controlplane.ts'
import { scratchDirectory } from './scratch.ts'

interface Publication {
  /** With its version. */
  readonly module: string
  /** Where the manifests lie in the module. */
  readonly folder: string
  readonly files: RegExp
}

export const certManagerKinds: Publication = {
  module: 'github.com/cert-manager/cert-manager@v1.21.2',
  folder: 'deploy/crds',
  files: /\.yaml$/,
}

export const prometheusOperatorKinds: Publication = {
  module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
  folder: 'example/prometheus-operator-crd',
  files: /_(podmonitors|servicemonitors|prometheusrules)\.yaml$/,
}

/** @throws when the module proxy cannot be reached and the module was never downloaded */
export async function installPublished(plane: ControlPlane, publication: Publication): Promise<void> {
  const scratch = scratchDirectory('published')
  try {
    const env = { ...process.env, GOFLAGS: '-mod=mod', GOWORK: 'off' }
    const args = ['mod', 'download', '-json', publication.module]
    const { stdout } = await promisify(execFile)('go', args, { cwd: scratch.path, env })
    const { Dir } = JSON.parse(stdout) as { readonly Dir: string }
    await plane.kubectl(['apply', '--server-side', '-f', '-'], manifests(join(Dir, publication.folder), publication))
    await plane.kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all'])
  } finally {
    scratch.remove()
  }
}

function manifests(folder: string, { files }: Publication): string {
  const names = readdirSync(folder).filter((name) => files.test(name))
  return names.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n---\n')
}
