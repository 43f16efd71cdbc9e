/** Certification requests as a SCEP server sees them (RFC 2986). */
import { createPublicKey, verify } from 'node:crypto'
import type { DistinguishedName, SubjectName } from '../../../src/domain/wanted.ts'
import { sha256Hex } from '../../../src/pki/hash.ts'
import { readOid } from '../../../src/pki/readder.ts'
import { readGeneralNames, readName } from '../../../src/pki/readnames.ts'
import type { Der } from '../../../src/std/bytes.ts'
import { elementOf, inside } from './cms.ts'

export interface Csr {
  readonly subject: DistinguishedName
  readonly names: readonly SubjectName[]
  readonly publicKey: Der
  readonly publicKeyHash: string
  readonly challenge: string | undefined
  /** Whether it is signed by its own key. */
  readonly isProven: boolean
}

/** @returns undefined for what is no request */
export function readCsr(der: Uint8Array): Csr | undefined {
  const [info, algorithm, signature] = inside(elementOf(der))
  const [, subject, publicKey, attributes] = inside(info)
  if (info === undefined || subject === undefined || publicKey === undefined || signature === undefined)
    return undefined
  const values = new Map(
    inside(attributes).map((one) => {
      const [id, set] = inside(one)
      return [readOid(id, 'attribute'), inside(set)[0]] as const
    }),
  )
  const challenge = values.get('1.2.840.113549.1.9.7')
  const extensions = inside(values.get('1.2.840.113549.1.9.14'))
  const names = extensions.find((one) => readOid(inside(one)[0], 'extension') === '2.5.29.17')
  const general = elementOf(inside(names).at(-1)?.content ?? new Uint8Array())
  const key = createPublicKey({ key: Buffer.from(publicKey.encoded), format: 'der', type: 'spki' })
  return {
    subject: readName(subject, 'subject'),
    names: general === undefined ? [] : readGeneralNames(general, 'names'),
    publicKey: publicKey.encoded,
    publicKeyHash: sha256Hex(publicKey.encoded),
    challenge: challenge && Buffer.from(challenge.content).toString('utf8'),
    isProven: verify(
      hashOf(readOid(inside(algorithm)[0], 'algorithm')),
      info.encoded,
      key,
      signature.content.subarray(1),
    ),
  }
}

const hashes: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.5': 'sha1',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
}

const hashOf = (algorithm: string): string | null =>
  algorithm === '1.3.101.112' ? null : (hashes[algorithm] ?? 'sha256')
