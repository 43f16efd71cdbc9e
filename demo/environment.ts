/** What another terminal needs to look around in the demo, as a file that its shell reads: docs/tour.md begins with it. */
import { rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { locate } from '../scripts/toolchain/find.ts'
import type { World } from './world.ts'

export const environmentFile = 'dist/demo.env'

/** Holds the token of the throw-away cluster, so nobody else may read it. @returns how to take it away */
export function writeEnvironment({ plane, page, alerts, pebble }: World): { stop(): Promise<void> } {
  const pebbleCa = join(plane.directory, 'pebble.pem')
  writeFileSync(pebbleCa, pebble.caBundle)
  const { kubectl } = locate(['kubectl'])
  const lines = [
    `export KUBECONFIG=${plane.kubeconfig}`,
    `export PATH=${resolve('dist')}:${dirname(kubectl)}:$PATH`,
    `export PAGE=${page} TOKEN=${plane.token}`,
    `export PEBBLE=${pebble.managementUrl} PEBBLE_CA=${pebbleCa}`,
    `export ALERTS=${alerts}`,
  ]
  writeFileSync(environmentFile, `${lines.join('\n')}\n`, { mode: 0o600 })
  return {
    stop: async () => {
      rmSync(environmentFile, { force: true })
    },
  }
}
