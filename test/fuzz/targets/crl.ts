import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { readRevocationList } from '../../../src/pki/crl.ts'
import { shownTo } from '../support.ts'

export const target: FuzzTarget = {
  about: 'revocation lists, from Secrets',
  form: 'der',
  longest: 16_384,
  run: (input) => {
    const list = readRevocationList(input)
    if (!list.ok) shownTo(list.error)
  },
}
