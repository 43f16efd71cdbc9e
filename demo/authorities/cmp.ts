/** The project's own CMP server: `openssl cmp -port` hands out one certificate that was made before, whoever asks. */
import { systemClock } from '../../src/runtime/clock.ts'
import { CmpServer } from '../../test/support/cmp-server/fake.ts'
import { certificateOf, issuerOf, secretOf } from './authority.ts'
import type { Authority } from './authority.ts'

const reference = '4711'
const secret = 'correct-horse-battery-staple'

/** It certifies for as long as it is asked to. */
export async function startCmp(): Promise<Authority> {
  const server = await CmpServer.start({ secrets: { [reference]: secret }, now: () => systemClock.now() })
  const sharedSecret = { reference, secretRef: { name: 'cmp-secret', key: 'secret' } }
  return {
    who: 'CMP: a server of this repository, two minutes',
    manifests: [
      secretOf('cmp-secret', { secret }),
      issuerOf('own-cmp', { cmp: { url: server.url, sharedSecret } }),
      certificateOf({ name: 'press', issuer: 'own-cmp', spec: { duration: '2m' } }),
    ],
    asked: [],
    roots: () => Promise.resolve([]),
    stop: () => server.stop(),
  }
}
