import { beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Wanted } from '../../../src/domain/wanted.ts'
import { assembleChain } from '../../../src/pki/chain.ts'
import type { ChainRequest } from '../../../src/pki/chain.ts'
import { sha256Hex } from '../../../src/pki/hash.ts'
import { issueCertificate } from '../../../src/pki/issue.ts'
import { generateKey } from '../../../src/pki/key.ts'
import type { PrivateKey } from '../../../src/pki/key.ts'
import { readSigner, selfSigner } from '../../../src/pki/signer.ts'
import type { Signer } from '../../../src/pki/signer.ts'
import { asDer } from '../../../src/std/bytes.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { days, instant, plus } from '../../../src/std/time.ts'
import type { Instant } from '../../../src/std/time.ts'
import { unwrap } from '../../support/unwrap.ts'

const begins = instant(Date.UTC(2026, 0, 1))

interface Subject {
  readonly name: string
  readonly key: PrivateKey
  readonly isCA?: boolean
  readonly names?: Wanted['names']
  readonly notBefore?: Instant
}

const wish = ({ name, key, isCA = false, names = [] }: Subject): Wanted => ({
  subject: [[{ oid: '2.5.4.3', value: name }]],
  names,
  key: key.shape,
  lifetime: days(1),
  usages: isCA ? ['cert sign'] : ['server auth'],
  encodeUsagesInRequest: true,
  isCA,
})

function certify(subject: Subject, signer: Signer): Promise<Der> {
  const notBefore = subject.notBefore ?? begins
  const dates = { notBefore, notAfter: plus(notBefore, days(3650)) }
  return issueCertificate({ wanted: wish(subject), publicKey: subject.key.publicKey, signer, ...dates })
}

const selfSigned = (subject: Subject): Promise<Der> =>
  certify(subject, selfSigner({ wanted: wish(subject), key: subject.key }))

/** Signs by the name and key of a certificate. */
const by = (certificate: Der, key: PrivateKey): Signer => unwrap(readSigner({ certificate, key }))

/** The same without an authority key identifier, as old CAs sign. */
const namelessly = (certificate: Der, key: PrivateKey): Signer => ({ ...by(certificate, key), extensions: [] })

const newKey = (): Promise<PrivateKey> => generateKey({ algorithm: 'ECDSA', size: 256 })

const ca = (name: string, key: PrivateKey): Subject => ({ name, key, isCA: true })

let keys: {
  readonly leaf: PrivateKey
  readonly one: PrivateKey
  readonly two: PrivateKey
  readonly root: PrivateKey
  readonly other: PrivateKey
}
/** leaf ← one ← two ← root, and `two` cross-signed by `other`. */
let leaf: Der
let one: Der
let two: Der
let root: Der
let other: Der
let crossed: Der

beforeAll(async () => {
  keys = { leaf: await newKey(), one: await newKey(), two: await newKey(), root: await newKey(), other: await newKey() }
  root = await selfSigned(ca('Root', keys.root))
  other = await selfSigned(ca('Other Root', keys.other))
  two = await certify(ca('Two', keys.two), by(root, keys.root))
  crossed = await certify(ca('Two', keys.two), by(other, keys.other))
  one = await certify(ca('One', keys.one), by(two, keys.two))
  leaf = await certify({ name: 'leaf', key: keys.leaf }, by(one, keys.one))
})

interface Named {
  readonly leaf: string
  readonly intermediates: readonly string[]
  readonly root?: string
}

const nameOf = (der: Der): string =>
  Object.entries({ leaf, one, two, root, other, crossed }).find(([, known]) => Buffer.compare(known, der) === 0)?.[0] ??
  '?'

function assembled(certificates: readonly Der[], rest: Partial<ChainRequest> = {}): Named | string {
  const chain = assembleChain({ certificates, publicKeyHash: keys.leaf.publicKeyHash, ...rest })
  if (!chain.ok) return chain.error
  const { value } = chain
  const top = value.root === undefined ? {} : { root: nameOf(value.root) }
  return { leaf: nameOf(value.leaf), intermediates: value.intermediates.map(nameOf), ...top }
}

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
