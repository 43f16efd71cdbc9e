import { promise } from '../../../scripts/fuzz/target.ts'
import type { FuzzTarget } from '../../../scripts/fuzz/target.ts'
import { certificateFacts } from '../../../src/pki/certificate.ts'
import { assembleChain } from '../../../src/pki/chain.ts'
import { readElements } from '../../../src/pki/der.ts'

export const target: FuzzTarget = {
  about: 'chains: certificates in any order, with strangers among them',
  form: 'der',
  longest: 16_384,
  run: (input) => {
    const elements = readElements(input)
    const certificates = elements.ok ? elements.value.slice(0, 12).map(({ encoded }) => encoded) : []
    const [leaf, ...others] = certificates
    const facts = leaf === undefined ? undefined : certificateFacts(leaf)
    if (facts?.ok !== true) return
    const { publicKeyHash } = facts.value
    const chain = assembleChain({ certificates, publicKeyHash, roots: others.slice(-2) })
    if (!chain.ok) return promise(chain.error !== '', 'a refusal has words')
    const { intermediates, root } = chain.value
    const all = [chain.value.leaf, ...intermediates, ...(root === undefined ? [] : [root])]
    promise(
      all.every((der) => certificates.some((one) => Buffer.compare(one, der) === 0)),
      'a chain is made of what was sent',
    )
  },
}
