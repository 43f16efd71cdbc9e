import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { keyFacts, readPrivateKey } from '../../../src/pki/key.ts'
import { publicPartOf } from '../../../src/pki/publicpart.ts'
import { asDer } from '../../../src/std/bytes.ts'
import { tags } from '../../../src/pki/der.ts'
import { firstElement, samePlain } from '../support.ts'

const labels = ['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'] as const

export const target: FuzzTarget = {
  about: 'private keys: the public half that lies beside, and what OpenSSL makes of the whole',
  form: 'der',
  longest: 4096,
  run: (input) => {
    // What a PEM block holds is one SEQUENCE, which its reader has seen to.
    const whole = firstElement(input)
    if (whole?.tag !== tags.sequence || whole.encoded.length !== input.length) return
    const der = asDer(input)
    for (const label of labels) {
      const beside = publicPartOf(label, der)
      if (beside === undefined) continue
      const text = `-----BEGIN ${label}-----\n${Buffer.from(input).toString('base64')}\n-----END ${label}-----\n`
      const [facts, key] = [keyFacts(text), readPrivateKey(text)]
      promise(facts.ok || text.length > 13_000, 'a key whose public half was read has facts')
      if (facts.ok && key.ok) samePlain(facts.value.shape, key.value.shape, 'the shape of a key')
    }
  },
}
