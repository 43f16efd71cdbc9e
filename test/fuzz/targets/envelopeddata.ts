import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { promise } from '../../../scripts/fuzz/target.ts'
import { readAsymmetricKeyPackage } from '../../../src/pki/cms/asymkey.ts'
import { berToDer } from '../../../src/pki/cms/ber.ts'
import { openEnvelopedData } from '../../../src/pki/cms/envelopeddata.ts'
import type { Opener } from '../../../src/pki/cms/envelopeddata.ts'
import { SecretText } from '../../../src/std/secret.ts'
import { holderOf, shownTo } from '../support.ts'

/** The password and the key that the seeds are encrypted with. */
export const password = new SecretText('fuzz')
export const symmetric = Buffer.alloc(32, 7)

const openers: readonly Opener[] = [
  { kind: 'key', ...holderOf('rsa') },
  { kind: 'key', ...holderOf('ec') },
  { kind: 'password', password },
  { kind: 'symmetric', key: symmetric },
]

export const target: FuzzTarget = {
  about: 'CMS EnvelopedData and AuthEnvelopedData for keys, passwords and shared keys; AsymmetricKeyPackage',
  form: 'der',
  longest: 8192,
  // As many iterations as a message may ask for take a tenth of a second on an idle machine.
  milliseconds: 300,
  run: (input) => {
    const der = berToDer(input)
    if (!der.ok) return
    readAsymmetricKeyPackage(der.value)
    for (const opener of openers) {
      const opened = openEnvelopedData(der.value, opener, { des: true })
      if (!opened.ok) shownTo(opened.error)
      else promise(opened.value.content.length <= input.length, 'nothing is longer than what it was encrypted to')
    }
  },
}
