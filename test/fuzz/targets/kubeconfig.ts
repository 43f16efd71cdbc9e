import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { loadIdentity } from '../../../src/kube/identity.ts'
import { FakeClock } from '../../support/clock.ts'
import { shownTo, textOf } from '../support.ts'

const clock = new FakeClock()
/** What the corpus has where a kubeconfig has its secrets. */
const secret = 'sEcReT'

/** The library reads the file, and we what it has read. Credentials are not asked for: a kubeconfig may name a program for them. */
export const target: FuzzTarget = {
  about: 'kubeconfig files: server, context and namespace',
  form: 'text',
  longest: 16_384,
  words: [
    'clusters:\n',
    'contexts:\n',
    'users:\n',
    'current-context: a\n',
    'cluster:\n',
    'server: https://a\n',
    '{',
    '- ',
  ],
  run: async (input) => {
    const folder = mkdtempSync(join(tmpdir(), 'perennial-fuzz-kubeconfig-'))
    try {
      const kubeconfig = join(folder, 'config')
      writeFileSync(kubeconfig, textOf(input))
      const identity = await loadIdentity({ kubeconfig, clock })
      if (!identity.ok) {
        promise(!identity.error.includes(secret), 'a refusal tells no secret')
        return shownTo(identity.error)
      }
      const { server, namespace } = identity.value
      promise(!server.endsWith('/'), 'a server has no slash at its end')
      promise(namespace === undefined || typeof namespace === 'string', 'a namespace is text')
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
}
