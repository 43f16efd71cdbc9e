import { beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Wanted } from '../../../src/domain/wanted.ts'
import { assembleChain } from '../../../src/pki/chain.ts'
import { selfSigner } from '../../../src/pki/signer.ts'
import { asDer } from '../../../src/std/bytes.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { days, plus } from '../../../src/std/time.ts'
import { assembler, begins, by, ca, certify, makeFamily, namelessly, selfSigned, wish } from './family.ts'
import type { Assemble, Family } from './family.ts'

let keys: Family['keys']
let leaf: Der
let one: Der
let two: Der
let root: Der
let assembled: Assemble
beforeAll(async () => {
  const family = await makeFamily()
  ;({ keys, leaf, one, two, root } = family)
  assembled = assembler(family)
})

/** The same certificate with the last octet of its signature changed. */
function tampered(der: Der): Der {
  const out = Buffer.from(der)
  out.writeUInt8(out.readUInt8(out.length - 1) ^ 1, out.length - 1)
  return asDer(out)
}

/** The same certificate with other names in it, still under the old signature. */
function renamed(der: Der, from: string, to: string): Der {
  const out = Buffer.from(der)
  out.write(to, out.indexOf(from), 'latin1')
  return asDer(out)
}

describe('a chain', () => {
  it('is refused when the signature of the leaf is wrong', () => {
    expect(assembled([tampered(leaf), one, two, root])).toBe(
      'the signature of certificate "CN=leaf" is not that of its issuer "CN=One"',
    )
  })

  it('is refused when the leaf was changed after it was signed', async () => {
    const names: Wanted['names'] = [{ type: 'dns', value: 'good.test' }]
    const named = await certify({ name: 'leaf', key: keys.leaf, names }, by(one, keys.one))
    expect(assembled([renamed(named, 'good.test', 'evil.test'), one])).toContain('is not that of its issuer')
  })

  it('is refused when the signature of an intermediate is wrong', () => {
    expect(assembled([leaf, one, tampered(two), root])).toBe(
      'the signature of certificate "CN=Two" is not that of its issuer "CN=Root"',
    )
  })

  it('links by keys, not by names: a namesake of the issuer is no issuer', async () => {
    const impostor = await selfSigned(ca('One', keys.other))
    expect(assembled([leaf, impostor])).toEqual({ leaf: 'leaf', intermediates: [] })
    expect(assembled([leaf, impostor, one])).toEqual({ leaf: 'leaf', intermediates: ['one'] })
  })

  it('is refused when no namesake of the issuer signed, and key identifiers do not say which should have', async () => {
    const old = await certify({ name: 'leaf', key: keys.leaf }, namelessly(one, keys.one))
    expect(assembled([old, await selfSigned(ca('One', keys.other))])).toContain('is not that of its issuer "CN=One"')
    expect(assembled([old, one])).toEqual({ leaf: '?', intermediates: ['one'] })
  })

  it('does not go through a certificate that is no CA', async () => {
    const endEntity = await certify({ name: 'One', key: keys.one }, by(two, keys.two))
    expect(assembled([leaf, endEntity, two])).toEqual({ leaf: 'leaf', intermediates: [] })
  })

  it('without our key is refused', () => {
    expect(assembled([one, two, root])).toBe('none of the certificates is for our key')
    expect(assembled([])).toBe('none of the certificates is for our key')
  })

  it('with something unreadable in it is refused, and tells which', () => {
    expect(assembled([leaf, asDer(Buffer.from('hello'))])).toMatch(
      /^number 2 of the certificates cannot be read: its encoding/,
    )
    expect(assembled([leaf], { roots: [asDer(Buffer.of())] })).toMatch(/^number 1 of the roots cannot be read/)
  })
})

describe('a hostile reply', () => {
  it('of very many certificates is refused before they are read', () => {
    expect(assembled(Array.from({ length: 51 }, () => leaf))).toBe('there are 51 certificates, and at most 50 are read')
    expect(assembled([leaf], { roots: Array.from({ length: 301 }, () => root) })).toBe(
      'there are 301 roots, and at most 300 are read',
    )
  })

  it('with a giant among its certificates is refused before that is read', () => {
    expect(assembled([leaf, asDer(new Uint8Array(10_000_000))])).toBe(
      'number 2 of the certificates is larger than any certificate',
    )
  })

  it('of many namesakes costs a limited number of signature checks', async () => {
    const namesakes: Der[] = []
    for (let count = 0; count < 49; count += 1) namesakes.push(await namesake(count))
    const old = await certify({ name: 'leaf', key: keys.leaf }, namelessly(await namesake(0), keys.one))
    expect(assembled([old, ...namesakes])).toBe('it takes too many signature checks to find the path in it')
  })

  /** CAs that all have one name and one key, and seem to have been signed by each other. */
  const namesake = (count: number): Promise<Der> =>
    certify(
      { ...ca('Same', keys.one), notBefore: plus(begins, days(count)) },
      { ...selfSigner({ wanted: wish(ca('Same', keys.one)), key: keys.other }) },
    )

  it('whose chain would not fit into the Secret is refused', async () => {
    const names: Wanted['names'] = Array.from({ length: 400 }, (_, index) => ({
      type: 'dns',
      value: `${'x'.repeat(40)}${index}.test`,
    }))
    let signer = by(root, keys.root)
    const above: Der[] = []
    for (const name of ['A', 'B', 'C', 'D']) {
      const large = await certify({ ...ca(name, keys.one), names }, signer)
      above.push(large)
      signer = by(large, keys.one)
    }
    const below = await certify({ name: 'leaf', key: keys.leaf }, signer)
    expect(assembled([below, ...above])).toMatch(/^the chain takes \d+ bytes of PEM, and at most 95000 are stored$/)
  })

  it('gives a chain or a sentence, whatever octets are changed in it', () => {
    const change = fc.record({ which: fc.nat(3), at: fc.nat(300), octet: fc.nat(255) })
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const reply = [leaf, one, two, root].map((der) => Buffer.from(der))
        for (const { which, at, octet } of changes) reply[which]?.writeUInt8(octet, at)
        const chain = assembleChain({ certificates: reply.map(asDer), publicKeyHash: keys.leaf.publicKeyHash })
        expect(chain.ok || /^\S.{5,500}$/.test(chain.error)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})
