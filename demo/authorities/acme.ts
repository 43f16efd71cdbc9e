/** Pebble, for the ACME issuer of examples/: Let's Encrypt cannot reach this machine. */
import { startPebble } from '../../test/support/pebble.ts'
import type { Pebble } from '../../test/support/pebble.ts'
import type { Authority, Manifest } from './authority.ts'

/** Lifetime of what Pebble issues, in seconds: it renews at two thirds of that. */
const lifetime = 120

export interface AcmeAuthority extends Authority {
  /** An ACME issuer for this server instead of the one that it names; everything else as it is. */
  retargeted(manifest: Manifest): Manifest
  /** Where it says what it has issued and revoked. */
  readonly pebble: Pick<Pebble, 'managementUrl' | 'caBundle'>
}

/** @param httpPort - where the operator answers HTTP-01 */
export async function startAcme(httpPort: number): Promise<AcmeAuthority> {
  const pebble = await startPebble({ httpPort, profiles: { default: lifetime } })
  const tls = { caBundle: Buffer.from(pebble.caBundle).toString('base64') }
  return {
    who: 'ACME: Pebble, in the place of letsencrypt-staging; its certificates live two minutes',
    manifests: [],
    asked: [],
    pebble,
    roots: () => pebble.roots(),
    stop: () => pebble.stop(),
    retargeted: (manifest) => {
      const acme = manifest.spec?.['acme']
      if (!manifest.kind.endsWith('Issuer') || typeof acme !== 'object') return manifest
      return { ...manifest, spec: { ...manifest.spec, acme: { ...acme, server: pebble.directoryUrl }, tls } }
    },
  }
}
