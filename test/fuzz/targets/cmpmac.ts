import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { isMac, macOf } from '../../../src/enroll/cmp/mac.ts'
import { SecretText } from '../../../src/std/secret.ts'
import { firstElement, unlessMalformed } from '../support.ts'

const secret = new SecretText('fuzz')

export const target: FuzzTarget = {
  about: 'parameters of MACs by a shared secret, PBM and PBMAC1, that a reply of CMP asks to be computed',
  form: 'der',
  longest: 1024,
  // As much as a message may ask for takes a tenth of a second on an idle machine.
  milliseconds: 300,
  run: (input) => {
    const identifier = firstElement(input)
    if (identifier === undefined) return
    unlessMalformed(() => isMac(identifier) && macOf(identifier, secret).compute(input))
  },
}
