/** Asks for renewals, as a person would, where a CA issues for so long that nobody would see one. */
import type { ControlPlane } from '../test/support/controlplane.ts'
import { isReady } from './cluster.ts'
import type { CertificateView } from './cluster.ts'
import { namespace } from './manifests.ts'

/** How long a certificate is left alone first, in milliseconds. */
const calm = 20_000

export interface Asking {
  readonly plane: ControlPlane
  /** Names of the Certificates. */
  readonly names: readonly string[]
  readonly say: (text: string) => void
}

/** @returns what looks at the Certificates now and then, and asks once for each that has been Ready for a while */
export function asker({ plane, names, say }: Asking): (seen: readonly CertificateView[]) => Promise<void> {
  const readySince = new Map<string, number>()
  const asked = new Set<string>()
  return async (seen) => {
    for (const { metadata } of seen.filter((one) => isReady(one) && names.includes(one.metadata.name))) {
      const since = readySince.get(metadata.name) ?? performance.now()
      readySince.set(metadata.name, since)
      if (asked.has(metadata.name) || performance.now() - since < calm) continue
      asked.add(metadata.name)
      const command = ['annotate', 'certificates.perennial.dev', metadata.name, 'perennial.dev/renew=now']
      say(`  ✓ kubectl ${command.join(' ')}    # its CA issues for a day at least`)
      await plane.kubectl([...command, '-n', namespace])
    }
  }
}
