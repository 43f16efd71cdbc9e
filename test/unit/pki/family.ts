/** Certificates that sign each other, for chains to be made of. */
import type { Wanted } from '../../../src/domain/wanted.ts'
import { assembleChain } from '../../../src/pki/chain.ts'
import type { ChainRequest } from '../../../src/pki/chain.ts'
import { issueCertificate } from '../../../src/pki/issue.ts'
import { generateKey } from '../../../src/pki/key.ts'
import type { PrivateKey } from '../../../src/pki/key.ts'
import { readSigner, selfSigner } from '../../../src/pki/signer.ts'
import type { Signer } from '../../../src/pki/signer.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { days, instant, plus } from '../../../src/std/time.ts'
import type { Instant } from '../../../src/std/time.ts'
import { unwrap } from '../../support/unwrap.ts'

export const begins = instant(Date.UTC(2026, 0, 1))

export interface Subject {
  readonly name: string
  readonly key: PrivateKey
  readonly isCA?: boolean
  readonly names?: Wanted['names']
  readonly notBefore?: Instant
}

export const wish = ({ name, key, isCA = false, names = [] }: Subject): Wanted => ({
  subject: [[{ oid: '2.5.4.3', value: name }]],
  names,
  key: key.shape,
  lifetime: days(1),
  usages: isCA ? ['cert sign'] : ['server auth'],
  encodeUsagesInRequest: true,
  isCA,
})

export function certify(subject: Subject, signer: Signer): Promise<Der> {
  const notBefore = subject.notBefore ?? begins
  const dates = { notBefore, notAfter: plus(notBefore, days(3650)) }
  return issueCertificate({ wanted: wish(subject), publicKey: subject.key.publicKey, signer, ...dates })
}

export const selfSigned = (subject: Subject): Promise<Der> =>
  certify(subject, selfSigner({ wanted: wish(subject), key: subject.key }))

/** Signs by the name and key of a certificate. */
export const by = (certificate: Der, key: PrivateKey): Signer => unwrap(readSigner({ certificate, key }))

/** The same without an authority key identifier, as old CAs sign. */
export const namelessly = (certificate: Der, key: PrivateKey): Signer => ({ ...by(certificate, key), extensions: [] })

const newKey = (): Promise<PrivateKey> => generateKey({ algorithm: 'ECDSA', size: 256 })

export const ca = (name: string, key: PrivateKey): Subject => ({ name, key, isCA: true })

type Keys = Readonly<Record<'leaf' | 'one' | 'two' | 'root' | 'other', PrivateKey>>

/** leaf ← one ← two ← root, and `two` cross-signed by `other`. */
export interface Family {
  readonly keys: Keys
  readonly leaf: Der
  readonly one: Der
  readonly two: Der
  readonly crossed: Der
  readonly root: Der
  readonly other: Der
}

export async function makeFamily(): Promise<Family> {
  const keys: Keys = {
    leaf: await newKey(),
    one: await newKey(),
    two: await newKey(),
    root: await newKey(),
    other: await newKey(),
  }
  const root = await selfSigned(ca('Root', keys.root))
  const other = await selfSigned(ca('Other Root', keys.other))
  const two = await certify(ca('Two', keys.two), by(root, keys.root))
  const crossed = await certify(ca('Two', keys.two), by(other, keys.other))
  const one = await certify(ca('One', keys.one), by(two, keys.two))
  const leaf = await certify({ name: 'leaf', key: keys.leaf }, by(one, keys.one))
  return { keys, leaf, one, two, crossed, root, other }
}

/** A chain by the names of its members. */
export interface Named {
  readonly leaf: string
  readonly intermediates: readonly string[]
  readonly root?: string
}

export type Assemble = (certificates: readonly Der[], rest?: Partial<ChainRequest>) => Named | string

/** @returns assembleChain for the leaf of a family, with its answer in names: `?` for certificates outside the family */
export function assembler({ keys, ...members }: Family): Assemble {
  const nameOf = (der: Der): string =>
    Object.entries(members).find(([, known]) => Buffer.compare(known, der) === 0)?.[0] ?? '?'
  return (certificates, rest = {}) => {
    const chain = assembleChain({ certificates, publicKeyHash: keys.leaf.publicKeyHash, ...rest })
    if (!chain.ok) return chain.error
    const { leaf, intermediates, root } = chain.value
    const top = root === undefined ? {} : { root: nameOf(root) }
    return { leaf: nameOf(leaf), intermediates: intermediates.map(nameOf), ...top }
  }
}
