import { beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { assembleChain } from '../../../src/pki/chain.ts'
import type { ChainRequest } from '../../../src/pki/chain.ts'
import { sha256Hex } from '../../../src/pki/hash.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { days, plus } from '../../../src/std/time.ts'
import { unwrap } from '../../support/unwrap.ts'
import { assembler, begins, by, ca, certify, makeFamily, selfSigned } from './family.ts'
import type { Assemble, Family, Named } from './family.ts'

let keys: Family['keys']
let leaf: Der
let one: Der
let two: Der
let root: Der
let other: Der
let crossed: Der
let assembled: Assemble
beforeAll(async () => {
  const family = await makeFamily()
  ;({ keys, leaf, one, two, root, other, crossed } = family)
  assembled = assembler(family)
})

const whole: Named = { leaf: 'leaf', intermediates: ['one', 'two'], root: 'root' }

describe('assembleChain', () => {
  it('orders the certificates, in whatever order and however often they were sent', () => {
    const sent = fc.array(fc.constantFrom(0, 1, 2, 3), { maxLength: 8 })
    fc.assert(
      fc.property(sent, fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), (extra, order) => {
        const known = [leaf, one, two, root]
        expect(assembled([...extra, ...order].flatMap((index) => known[index] ?? []))).toEqual(whole)
      }),
      { numRuns: 30 },
    )
  })

  const answers: readonly (readonly [string, () => readonly Der[], () => Partial<ChainRequest>, Named])[] = [
    ['a leaf alone', () => [leaf], () => ({}), { leaf: 'leaf', intermediates: [] }],
    ['no root', () => [leaf, one, two], () => ({}), { leaf: 'leaf', intermediates: ['one', 'two'] }],
    ['a gap', () => [leaf, two, root], () => ({}), { leaf: 'leaf', intermediates: [] }],
    ['a stranger', () => [other, leaf, one], () => ({}), { leaf: 'leaf', intermediates: ['one'] }],
    ['the root apart', () => [leaf, one, two], () => ({ roots: [root] }), whole],
    ['the root and intermediates apart', () => [leaf], () => ({ roots: [two, root, one] }), whole],
    [
      'roots that have nothing to do with it',
      () => [leaf, one, two],
      () => ({ roots: [other] }),
      { leaf: 'leaf', intermediates: ['one', 'two'] },
    ],
    [
      'a root that is no anchor',
      () => [leaf, one, two, root],
      () => ({ roots: [other] }),
      { leaf: 'leaf', intermediates: ['one', 'two'] },
    ],
    [
      'two paths, of which one leads to the anchor',
      () => [leaf, one, two, crossed, root, other],
      () => ({ roots: [other] }),
      { leaf: 'leaf', intermediates: ['one', 'crossed'], root: 'other' },
    ],
    ['two paths, of which one ends at a root', () => [leaf, one, crossed, two, root], () => ({}), whole],
    [
      'two paths, of which the first leads somewhere',
      () => [leaf, one, crossed, other, two, root],
      () => ({}),
      { leaf: 'leaf', intermediates: ['one', 'crossed'], root: 'other' },
    ],
    ['two open paths', () => [leaf, one, crossed, two], () => ({}), { leaf: 'leaf', intermediates: ['one', 'two'] }],
    [
      'an anchor that is not self-signed',
      () => [leaf, one],
      () => ({ roots: [two] }),
      { leaf: 'leaf', intermediates: ['one', 'two'], root: 'two' },
    ],
  ]
  it.each(answers)('makes the best of %s', (_words, certificates, rest, chain) => {
    expect(assembled(certificates(), rest())).toEqual(chain)
  })

  it('takes a self-signed leaf for its own root', async () => {
    const alone = await selfSigned({ name: 'alone', key: keys.leaf })
    expect(assembleChain({ certificates: [other, alone], publicKeyHash: keys.leaf.publicKeyHash })).toEqual({
      ok: true,
      value: { leaf: alone, intermediates: [], root: alone },
    })
  })

  it('takes the newest certificate of the key for the leaf', async () => {
    const renewed = await certify(
      { name: 'leaf', key: keys.leaf, notBefore: plus(begins, days(30)) },
      by(one, keys.one),
    )
    for (const certificates of [
      [leaf, renewed, one],
      [renewed, leaf, one],
    ]) {
      const chain = unwrap(assembleChain({ certificates, publicKeyHash: keys.leaf.publicKeyHash }))
      expect(sha256Hex(chain.leaf)).toBe(sha256Hex(renewed))
    }
  })

  it('goes round in no circle of CAs that sign each other', async () => {
    const there = await certify(ca('One', keys.one), by(other, keys.other))
    const back = await certify(ca('Other Root', keys.other), by(one, keys.one))
    expect(assembled([leaf, there, back])).toEqual({ leaf: 'leaf', intermediates: ['?', '?'] })
  })

  it('finds an issuer that spells itself with other capitals and spaces', async () => {
    const spelled = await certify(
      { name: 'leaf', key: keys.leaf },
      by(await selfSigned(ca('ONE  ca', keys.one)), keys.one),
    )
    const issuer = await certify(ca('One CA', keys.one), by(two, keys.two))
    const chain = unwrap(
      assembleChain({ certificates: [spelled, issuer, two], publicKeyHash: keys.leaf.publicKeyHash }),
    )
    expect(chain.intermediates.map(sha256Hex)).toEqual([issuer, two].map(sha256Hex))
  })
})
